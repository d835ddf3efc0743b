/** The one ssh to a machine, and what is done over it until lieutenants can run there. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { packageFolder } from "../../../src/daemon/version.ts";
import { bootstrap, type Ready } from "../../../src/host/machines/bootstrap.ts";
import { openSsh, type Ssh, type SshParts } from "../../../src/host/machines/ssh.ts";
import { realWorld } from "../../../src/world/real.ts";
import { atEnd } from "../../support/cleanup.ts";
import { makeFolder } from "../../support/folder.ts";
import { makeHome } from "../../support/home.ts";
import { endProcessesNaming, processesNaming } from "../../support/leftovers.ts";
import { pis } from "../../support/pis.ts";
import { type SshMachine, sshMachine } from "../../support/ssh-machine.ts";
import { until } from "../../support/until.ts";
import { startSim, Visitor } from "../../support/vers-sim/visitor.ts";

// Node and this package are sent in some of these, as a slow line would: megabytes through a server of this process.
vi.setConfig({ testTimeout: 120_000 });
const world = realWorld();
const sim = await startSim({ slots: 40 });
const [pi] = await pis();
const model = { url: "http://127.0.0.1:9/" };
const never = new AbortController().signal;

const partsOf = (box: SshMachine, folder: string): SshParts => ({
	...{ world, place: box.place, address: { type: "ssh", destination: box.place.slice("ssh:".length) } },
	...{ sockets: folder, folder, config: box.config, env: { PATH: process.env.PATH ?? "", HOME: folder } },
});

async function connect(
	bare = false,
): Promise<{ readonly ssh: Ssh; readonly box: SshMachine; readonly folder: string }> {
	const folder = makeFolder();
	const box = await sshMachine(sim, makeHome(), bare || pi === undefined ? { model } : { model, pi });
	const ssh = await openSsh(partsOf(box, folder), never);
	atEnd(() => ssh.close());
	return { ssh, box, folder };
}

test("a command's exit code, both outputs and its input come as they are", async () => {
	const { ssh } = await connect();
	const lines = ["$(touch owned) `id` \"'", "ünïcödé \\n"];
	const ran = await ssh.run("cat; printf bad >&2; exit 7", { lines, timeout: 10_000 });
	expect(ran).toMatchObject({ code: 7, stdout: `${lines.join("\n")}\n`, stderr: "bad" });
	expect(await ssh.run('printf "%s" "$1.$2"', { timeout: 10_000 }, ["a-1", "b_2"])).toMatchObject({
		stdout: "a-1.b_2",
	});
	// Its own word for a lost connection is also a command's: that one is over a connection that stands.
	expect(await ssh.run("exit 255", { timeout: 10_000 })).toMatchObject({ code: 255 });
	const both = await Promise.all(["a", "b"].map((word) => ssh.run("sleep 0.2; echo $1", { timeout: 10_000 }, [word])));
	expect(both.map(({ stdout }) => stdout)).toEqual(["a\n", "b\n"]);
	await expect(ssh.run("true", { timeout: 10_000 }, ["$(id)"])).rejects.toMatchObject({ code: "name_invalid" });
});

test("a file of any size goes there whole", async () => {
	const { ssh, folder } = await connect();
	const bytes = Buffer.from(Array.from({ length: 3_000_000 }, (_, at) => (at * 31) % 256));
	writeFileSync(join(folder, "big"), bytes);
	const ran = await ssh.run('cat > "$HOME/big"; wc -c < "$HOME/big"', { file: join(folder, "big"), timeout: 30_000 });
	expect(Number(ran.stdout)).toBe(bytes.length);
});

test("a key that does not fit, a machine with another identity, and a way that hangs are told in ssh's words", async () => {
	const { box, folder, ssh } = await connect();
	ssh.close();
	await ssh.closed;
	sim.vms.get(box.id).machine.userKey = sim.vms.get(await new Visitor(sim).boot()).machine.userKey;
	await expect(openSsh(partsOf(box, folder), never)).rejects.toMatchObject({
		code: "machine_unreachable",
		message: expect.stringContaining("Permission denied"),
	});

	const known = join(folder, "known_hosts");
	const other = readFileSync(known, "utf8").replace(/AAAA\S+$/m, (key) => `${key.slice(0, -6)}AAAAAA`);
	writeFileSync(known, other);
	await expect(openSsh(partsOf(box, folder), never)).rejects.toMatchObject({
		message: expect.stringMatching(/[Hh]ost key verification failed|HOST IDENTIFICATION/),
	});

	sim.faults.add({ type: "link_hangs" }, { vm: box.id });
	const stop = new AbortController();
	const opening = openSsh(partsOf(box, folder), stop.signal);
	setTimeout(() => stop.abort(new Error("no longer wanted")), 300);
	await expect(opening).rejects.toThrow("no longer wanted");
	await until(() => processesNaming(folder).length === 0, "the end of every ssh");
});

test("without an ssh it is named as what is missing", async () => {
	const { box } = await connect();
	const parts = { ...partsOf(box, makeFolder()), env: { PATH: "/nowhere" } };
	await expect(openSsh(parts, never)).rejects.toMatchObject({ code: "cannot_start" });
});

test("a broken way is told by its end, and calls over it say so", async () => {
	const { ssh, box } = await connect();
	const running = ssh.run("sleep 30", { timeout: 40_000 });
	await until(() => sim.links(box.id) > 0, "the link");
	sim.cutLinks("reset", box.id);
	await expect(running).rejects.toMatchObject({ code: "machine_unreachable" });
	expect(await ssh.closed).not.toBe("");
	await expect(ssh.run("true", { timeout: 5_000 })).rejects.toMatchObject({ code: "machine_unreachable" });
});

test("a command that does not answer ends at its deadline", async () => {
	const { ssh } = await connect();
	await expect(ssh.run("sleep 30", { timeout: 300 })).rejects.toMatchObject({
		message: expect.stringContaining("did not answer within"),
	});
});

async function ready(ssh: Ssh, box: SshMachine, more: { pi?: string; signal?: AbortSignal } = {}) {
	const steps: string[] = [];
	const node = { path: process.execPath, platform: process.platform, arch: process.arch };
	const cache = join(makeFolder(), "cache");
	const parts = { world, place: box.place, cache, packageFolder, node, signal: more.signal ?? never };
	const made: Ready = await bootstrap(ssh, { ...parts, pi: more.pi, step: (what) => steps.push(what) });
	atEnd(() => endProcessesNaming(box.home));
	return { steps, made };
}

test("a bare machine gets Node, Flagship and pi; the second time nothing is sent", async () => {
	const { ssh, box } = await connect(true);
	const first = await ready(ssh, box, pi === undefined ? {} : { pi: pi.cli });
	expect(first.steps).toEqual([
		...["looking at the machine", "sending Node", "sending Flagship", "sending pi", "starting its host"],
	]);
	const [node = "", script = ""] = first.made.pi;
	expect(node).toBe(`${box.home}/.flagship/node/bin/node`);
	expect((await world.spawn.run(node, [script, "--version"])).stdout).toContain(pi?.version);
	const again = await ready(ssh, box, pi === undefined ? {} : { pi: pi.cli });
	expect(again.steps).toEqual(["looking at the machine", "starting its host"]);
	expect(again.made).toEqual(first.made);
	expect(existsSync(first.made.socket)).toBe(true);
});

test("what broke off in the middle leaves nothing that looks whole", async () => {
	const { ssh, box } = await connect();
	const stop = new AbortController();
	const steps: string[] = [];
	const parts = { world, place: box.place, cache: join(makeFolder(), "cache"), packageFolder, pi: undefined };
	const node = { path: process.execPath, platform: process.platform, arch: process.arch };
	const step = (what: string) => {
		steps.push(what);
		if (what === "sending Flagship") setTimeout(() => stop.abort(new Error("no longer wanted")), 50);
	};
	await expect(bootstrap(ssh, { ...parts, node, step, signal: stop.signal })).rejects.toThrow("no longer wanted");
	expect(steps.at(-1)).toBe("sending Flagship");
	const packs = join(box.home, ".flagship/pack");
	await until(() => !existsSync(packs) || readdirSync(packs).length === 0, "the end of what was half unpacked");
	expect((await ready(ssh, box)).steps).toContain("sending Flagship");
});

test("a machine without pi, where none can be sent, is refused before anything is begun", async () => {
	const { ssh, box } = await connect();
	rmSync(join(box.home, "bin/pi"));
	await expect(ready(ssh, box)).rejects.toMatchObject({
		code: "machine_unfit",
		message: expect.stringContaining("no pi"),
	});
	expect(processesNaming(`${box.home}/.flagship`)).toEqual([]);
});

test("a shell that greets, and a home with blanks and quotes in it, change nothing", async () => {
	const { ssh, box } = await connect();
	writeFileSync(
		join(box.home, ".profile"),
		`echo "Welcome, flagship:home=/nowhere"; export PATH="${box.home}/a b'c:$PATH"\n`,
	);
	mkdirSync(join(box.home, "a b'c"));
	for (const name of ["node", "pi"]) symlinkSync(join(box.home, "bin", name), join(box.home, "a b'c", name));
	const { made } = await ready(ssh, box);
	expect(made.folder).toBe(box.home);
	expect(made.pi[0]).toBe(join(box.home, "a b'c/node"));
});

test("a clock that is off is set right, and said", async () => {
	const { ssh, box } = await connect();
	const { clock } = sim.vms.get(box.id).machine;
	clock.set(-18 * 3_600);
	const { steps } = await ready(ssh, box);
	expect(steps.find((step) => step.includes("its clock is"))).toMatch(/6480\d s behind; set right/);
	expect(Math.abs(clock.skew)).toBeLessThan(30);
});
