/** Machines that lack something: each is told in words, or does not matter. */
import { execFileSync } from "node:child_process";
import { readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { makeFolder } from "../support/folder.ts";
import { makeHome } from "../support/home.ts";
import { TestHost } from "../support/host.ts";
import { makeModel } from "../support/model.ts";
import { describeEachPi, PACKAGE, printPi } from "../support/pi.ts";
import { smallDisk } from "../support/small-disk.ts";

/** A PATH with every program of the system but node. */
function programsWithoutNode(): string {
	const folder = makeFolder();
	for (const program of readdirSync("/usr/bin")) {
		if (!/^(node|nodejs|npm|npx|corepack)$/.test(program)) symlinkSync(`/usr/bin/${program}`, `${folder}/${program}`);
	}
	return folder;
}

const hosts: TestHost[] = [];
afterEach(() => {
	for (const host of hosts.splice(0)) host.end();
});

await describeEachPi("on a machine", (pi) => {
	test("without node on the PATH, daemons and lieutenants start with the session's own", async () => {
		const model = await makeModel({
			script: {
				agents: {
					orc: [
						{
							toolCalls: [
								{ name: "vers_lt_create", arguments: { name: "ada", role: "[[agent:ada]] x", task: "Do it" } },
							],
						},
						{ text: "I wait." },
						{ text: "heard: ${last}" },
					],
					ada: [{ text: "Done without node." }],
				},
			},
		});
		const home = makeHome({ model, env: { PATH: programsWithoutNode(), FLAGSHIP_SET: "gates.workLog=off" } });
		expect(() => execFileSync("/usr/bin/env", ["node", "-v"], { env: home.env, stdio: "ignore" })).toThrow();
		const ran = await printPi(pi, home, "[[agent:orc]] go", { args: ["-e", PACKAGE] });
		expect(ran.stdout).toContain("Done without node.");
	});

	test("whose disk is full, a message is refused in words and those before it are kept", async (context) => {
		const disk = smallDisk(12);
		if (disk === undefined) return context.skip("a small disk cannot be mounted here");
		const model = await makeModel({ script: { default: { hang: true } } });
		const home = makeHome({ model });
		writeFileSync(`${disk.folder}/settings.json`, '{"liveness": {"diskLowMb": 0, "diskStopMb": 0}}');
		const host = new TestHost({ ...home, flagship: disk.folder }, pi);
		hosts.push(host);
		await host.start();
		await host.create({ name: "ada" });
		await host.send("ada", "first");
		disk.fill();
		let refused: unknown;
		for (let i = 0; refused === undefined && i < 200; i++) {
			refused = await host.send("ada", `${i} ${"x".repeat(50_000)}`).then(
				() => undefined,
				(thrown: unknown) => thrown,
			);
		}
		expect(String(refused)).toContain("cannot write its records");
		const kept = await host.messages("ada");
		disk.free();
		await host.send("ada", "last");
		const now = await host.messages("ada");
		expect(now.map((message) => message.id).slice(1)).toEqual(kept.map((message) => message.id));
		host.end();
	});
});
