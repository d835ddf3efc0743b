import { spawn as spawnChild } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { processesNaming } from "./leftovers.ts";
import { describeEachPi, makeHome, makeModel, printPi, RpcPi, until } from "./pi.ts";
import { Lines } from "./rpc.ts";

const model = await makeModel({
	script: {
		agents: {
			tool: { cursor: "turns", steps: [{ toolCalls: [{ name: "bash", arguments: { command: "echo $HOME" } }] }] },
		},
	},
});

await describeEachPi("the drivers", (pi) => {
	test("a prompt over rpc is answered by the scripted model, and pi ends in order", async () => {
		const home = makeHome({ model });
		const driven = new RpcPi(pi, home);
		expect(await driven.prompt("[[agent:tool]] where?")).toContain(`echo: ${home.root}`);
		expect(await driven.prompt("[[agent:none]] good morning")).toBe("echo: [[agent:none]] good morning");
		expect((await driven.ask({ type: "no_such_command" })).success).toBe(false);
		expect(await driven.stop()).toBe("pi ended with 0");
		await home.end();
		expect(existsSync(home.root)).toBe(false);
	});

	test("a pi that cannot start is told with its own words", async () => {
		const driven = new RpcPi(pi, makeHome({ model }), { args: ["-e", "/no/such/extension.ts"] });
		await expect(driven.prompt("hello")).rejects.toThrow("/no/such/extension.ts");
	});

	test("one prompt is printed", async () => {
		const ran = await printPi(pi, makeHome({ model }), "good evening");
		expect(ran).toMatchObject({ code: 0, stdout: "echo: good evening\n" });
	});
});

test("ending a home kills every process of it, also one that was let go", async () => {
	const home = makeHome();
	const pidFile = join(home.root, "pid");
	const script = `setsid sleep 600 & echo $! > ${pidFile}`;
	spawnChild("sh", ["-c", script], { env: { ...home.env }, stdio: "ignore" });
	const pid = await until(() => Number(readFileSync(pidFile, "utf8")) || undefined, "the pid");
	expect(processesNaming(home.root)).toContain(pid);
	await home.end();
	expect(processesNaming(home.root)).toEqual([]);
});

test("records are split at LF only, and characters that arrive in halves are joined", () => {
	const lines = new Lines();
	const bytes = Buffer.from('{"a":"x\u2028y"}\n{"b":"ö"}\n');
	const cut = bytes.length - 4;
	expect(lines.take(bytes.subarray(0, cut))).toEqual(['{"a":"x\u2028y"}']);
	expect(lines.take(bytes.subarray(cut))).toEqual(['{"b":"ö"}']);
});
