/** Backups from elsewhere: over HTTP through a wire that breaks, and by ssh. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { hubSource } from "../../src/backup/from-hub.ts";
import { sshSource } from "../../src/backup/from-ssh.ts";
import { takeBackup } from "../../src/backup/take.ts";
import { verifyBackup } from "../../src/backup/trial.ts";
import { homeOf } from "../../src/daemon/home.ts";
import { realWorld } from "../../src/world/real.ts";
import { ADMIN, testHub } from "../hub/support.ts";
import { makeFolder } from "../support/folder.ts";

const world = realWorld();
const version = "0.1.0";

/** Each connection is cut after so many bytes of the hub's; once it broke so often, no byte comes through. */
async function breakingWire(port: number, after: number, deadAfter = Number.POSITIVE_INFINITY) {
	const wire = { cuts: 0, url: "" };
	const server = createServer((near) => {
		near.on("error", () => near.destroy());
		if (wire.cuts >= deadAfter) {
			near.resetAndDestroy();
			return;
		}
		const far = connect(port, "127.0.0.1");
		let passed = 0;
		far.on("data", (chunk: Buffer) => {
			passed += chunk.length;
			near.write(chunk);
			if (passed < after) return;
			wire.cuts++;
			near.resetAndDestroy();
			far.destroy();
		});
		near.pipe(far);
		for (const [one, other] of [
			[near, far],
			[far, near],
		] as const) {
			one.on("error", () => other.destroy());
			one.on("close", () => other.end());
		}
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	afterAll(() => void server.close());
	const address = server.address();
	wire.url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
	return wire;
}

function here(token: string | undefined) {
	const folder = makeFolder();
	const env = { FLAGSHIP_HOME: join(folder, "f"), ...(token === undefined ? {} : { VERS_AUTH_TOKEN: token }) };
	return { world, version, env, home: homeOf(env, { uid: 0, folder }), target: join(folder, "hub.backup") };
}

async function largeHub() {
	const made = await testHub();
	for (let n = 0; n < 90; n++) {
		const text = Buffer.from(world.random.bytes(12_000)).toString("base64");
		await made.done("POST", "/log", { text, agent: "ada" });
	}
	return { ...made, port: Number(new URL(made.hub.address).port) };
}

describe("over HTTP", () => {
	test("a file that is cut again and again is taken up where it was, and is the same", async () => {
		const { port, folder } = await largeHub();
		const at = here(ADMIN);
		const wire = await breakingWire(port, 400_000);
		const { size, manifest } = await takeBackup(at, at.target, hubSource(at, wire.url));
		expect(wire.cuts).toBeGreaterThan(1);
		expect(manifest.counts.log).toBe(90);
		const [name = ""] = readdirSync(join(folder, "backups"));
		expect(readFileSync(at.target).equals(readFileSync(join(folder, "backups", name)))).toBe(true);
		expect(size).toBeGreaterThan(1_000_000);
		expect(readdirSync(dirname(at.target))).toEqual(["hub.backup"]);
	}, 90_000);

	test("a wire that breaks for good, a token that may not, no token: each is refused, nothing is left", async () => {
		const { hub, port, mint } = await largeHub();
		const take = (at: ReturnType<typeof here>, url: string) => takeBackup(at, at.target, hubSource(at, url));
		const dead = await breakingWire(port, 400_000, 2);
		const lost = here(ADMIN);
		await expect(take(lost, dead.url)).rejects.toThrow(/not fetched: .* was cut off at byte \d{6,} of \d+/);
		expect(readdirSync(dirname(lost.target))).toEqual([]);
		await expect(take(here(await mint("orchestrator", "o")), hub.address)).rejects.toMatchObject({ code: "forbidden" });
		await expect(take(here(undefined), hub.address)).rejects.toMatchObject({ code: "unauthorized" });
		const at = here("wrong");
		await expect(take(at, hub.address)).rejects.toMatchObject({ code: "unauthorized" });
		expect(readdirSync(dirname(at.target))).toEqual([]);
		expect(() => hubSource(at, "ftp://x")).toThrow(/--from is 'ftp:\/\/x'/);
		expect(() => hubSource(at, "http://user:secret@x")).toThrow(/must be ssh:/);
	}, 90_000);
});

/**
 * The machine that runs the tests has no sshd: an `ssh` of the test's own, which takes its arguments as ssh does and gives
 * the command to a shell as sshd does.
 */
function fakeSsh(flagship: string) {
	const folder = makeFolder();
	const remote = join(folder, "remote");
	mkdirSync(remote);
	const write = (path: string, text: string) => {
		writeFileSync(path, text);
		chmodSync(path, 0o755);
	};
	write(join(remote, "flagship"), flagship);
	write(
		join(folder, "ssh"),
		`#!/bin/sh
printf '%s\\n' "$@" > "${folder}/asked"
while [ "$1" != "--" ]; do shift; done
shift; host="$1"; shift
[ "$host" = away ] && { echo "ssh: connect to host away port 22: Connection refused" >&2; exit 255; }
PATH="${remote}:$PATH" exec sh -c "$*"
`,
	);
	return {
		env: { PATH: `${folder}:${process.env.PATH}` },
		asked: () => readFileSync(join(folder, "asked"), "utf8").split("\n"),
	};
}

describe("over ssh", () => {
	const bin = join(import.meta.dirname, "../../bin/flagship.mjs");

	test("the other side's own command writes it, ssh carries it, it is tried here", async () => {
		const { folder, done } = await testHub();
		await done("POST", "/log", { text: "over there", agent: "ada" });
		const { env, asked } = fakeSsh(`#!/bin/sh
DATA_DIR="${folder}" HOME="${folder}" exec "${process.execPath}" "${bin}" "$@"
`);
		const target = join(makeFolder(), "hub.backup");
		const { manifest } = await takeBackup({ world }, target, sshSource("person@machine.example", env, false));
		expect(manifest.counts.log).toBe(1);
		await expect(verifyBackup(world, target, dirname(target))).resolves.toMatchObject({ seq: manifest.seq });
		expect(asked()).toEqual([
			...[
				"-T",
				"-o",
				"BatchMode=yes",
				"-o",
				"ServerAliveInterval=15",
				"--",
				"person@machine.example",
				"flagship backup -",
				"",
			],
		]);
	}, 60_000);

	test("what fails there is told in its words, and what is cut on the way is no backup", async () => {
		const target = join(makeFolder(), "hub.backup");
		const take = (host: string, flagship: string) =>
			takeBackup({ world }, target, sshSource(host, fakeSsh(flagship).env, false));
		await expect(take("away", "")).rejects.toThrow(/ssh away ended with 255: ssh: connect to host away .*refused/);
		await expect(take("x", "#!/bin/sh\necho 'no hub here' >&2; exit 1\n")).rejects.toThrow(/ended with 1: no hub here/);
		await expect(take("x", "#!/bin/sh\nhead -c 5000 /dev/zero\n")).rejects.toMatchObject({ code: "backup_damaged" });
		await expect(take("x", "#!/bin/sh\nexit 0\n")).rejects.toMatchObject({ code: "backup_damaged" });
		expect(readdirSync(dirname(target))).toEqual([]);
	});

	test("a host is a host: neither an option nor words of a shell", () => {
		const mark = join(makeFolder(), "mark");
		for (const host of ["-oProxyCommand=x", `a;touch ${mark}`, "$(id)", "a b", "", "a@-b", "a@b@c", "../x", "a\nb"])
			expect(() => sshSource(host, {}, false), host).toThrow(/cannot be a host of ssh/);
		for (const host of ["a", "build-1.example.org", "10.0.0.1", "me@a", "me.too_1@a"])
			expect(() => sshSource(host, {}, false), host).not.toThrow();
		expect(existsSync(mark)).toBe(false);
	});
});
