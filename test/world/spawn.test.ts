import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { parsePs, parseStat } from "../../src/world/processes.ts";
import { spawn } from "../../src/world/spawn.ts";
import type { ProcessId } from "../../src/world.ts";
import { makeFolder } from "../support/folder.ts";
import { until } from "../support/until.ts";

const folder = makeFolder();
const begun: ProcessId[] = [];
afterAll(() => {
	for (const process of begun) spawn.kill(process, "SIGKILL", "group");
});

/** A shell script as a process of its own; its output in `<name>.out`. */
function background(name: string, script: string): ProcessId {
	const stdout = join(folder, `${name}.out`);
	const env = { PATH: process.env.PATH ?? "" };
	const args = ["-c", script];
	const child = spawn.detached({ command: "sh", args, cwd: folder, env, stdin: null, stdout, stderr: null });
	begun.push(child);
	return child;
}

const output = (name: string): string => readFileSync(join(folder, `${name}.out`), "utf8");

describe("run", () => {
	test("gives code, output and errors, and takes its input; arguments are not read by a shell", async () => {
		const ran = await spawn.run("sh", ["-c", 'cat; echo "$1" >&2; exit 3', "sh", "$(id); *"], { input: "héllo" });
		expect(ran).toEqual({ code: 3, stdout: "héllo", stderr: "$(id); *\n", timedOut: false });
	});

	test("a command that does not read its input ends as it says; one without any finds the end of it", async () => {
		const ran = await spawn.run("sh", ["-c", "exec <&-; sleep 0.1; exit 4"], { input: "x".repeat(5_000_000) });
		expect(ran.code).toBe(4);
		expect(await spawn.run("cat", [])).toMatchObject({ code: 0, stdout: "" });
	});

	test("uses exactly the environment that it is given", async () => {
		const ran = await spawn.run("/usr/bin/env", [], { env: { ONLY: "this" } });
		expect(ran.stdout).toBe("ONLY=this\n");
	});

	test.each([
		["a program that is not there", "no-such-program", undefined, "no-such-program"],
		["a folder that is not there", "ls", "/no/such/folder", "cwd"],
		["a path through a file", "ls", "/dev/null/x", "cwd"],
		["a name that no system takes", "ls\0", undefined, "null bytes"],
		["more than a system takes", "x".repeat(10_000_000), undefined, "E"],
	])("says why for %s, with code 127", async (_, command, cwd, why) => {
		const ran = await spawn.run(command, [], cwd === undefined ? {} : { cwd });
		expect(ran.code).toBe(127);
		expect(ran.stderr).toContain(why);
	});

	test("at the timeout the children of the command end with it", async () => {
		const ran = await spawn.run("sh", ["-c", "sleep 600 & echo $!; wait"], { timeout: 300 });
		expect(ran).toMatchObject({ code: 128, timedOut: true });
		const child = Number(ran.stdout);
		expect(child).toBeGreaterThan(1);
		await until(() => spawn.started(child) === undefined, "the end of the child");
	});

	test("does not wait for a child that the command leaves behind with its streams open", async () => {
		const ran = await spawn.run("sh", ["-c", "sleep 600 & echo $!"], { timeout: 60_000 });
		expect(ran).toMatchObject({ code: 0, timedOut: false });
		const pid = Number(ran.stdout);
		const started = spawn.started(pid);
		expect(started).toBeDefined();
		expect(spawn.kill({ pid, started: started ?? "" }, "SIGKILL")).toBe(true);
	});

	test("keeps the beginning of a long output and drops the rest without stopping the command", async () => {
		const ran = await spawn.run("sh", ["-c", "printf begin; head -c 3000000 /dev/zero; printf e >&2"], {
			maxOutput: 7,
		});
		expect(ran).toMatchObject({ code: 0, stdout: "begin\0\0", stderr: "e" });
	});
});

describe("detached", () => {
	test("a process is found alive by pid and start time, and its end is told once", async () => {
		const child = background("once", "echo on; sleep 600");
		const ends: unknown[] = [];
		spawn.onExit(child, (code, signal) => ends.push([code, signal]));
		expect(spawn.alive(child)).toBe(true);
		expect(spawn.alive({ ...child, started: "another life" })).toBe(false);
		expect(spawn.kill({ ...child, started: "another life" }, "SIGKILL", "group")).toBe(false);
		await until(() => output("once") === "on\n", "output");
		expect(spawn.kill(child, "SIGKILL")).toBe(true);
		await until(() => ends.length > 0, "the exit");
		expect(ends).toEqual([[null, "SIGKILL"]]);
		expect(spawn.alive(child)).toBe(false);
		expect(spawn.kill(child, "SIGKILL")).toBe(false);
	});

	test("an exit that came before anyone asked is told too", async () => {
		const child = background("early", "exit 7");
		await until(() => !spawn.alive(child), "the end");
		const ends: unknown[] = [];
		await until(() => {
			if (ends.length === 0) spawn.onExit(child, (code) => ends.push(code));
			return ends.length > 0;
		}, "the exit");
		expect(ends[0]).toBe(7);
	});

	test("a group is reached after its leader has ended", async () => {
		const leader = background("group", "sleep 600 & echo $!");
		const member = await until(() => Number(output("group")) || undefined, "the member's pid");
		await until(() => !spawn.alive(leader), "the leader's end");
		expect(spawn.kill(leader, "SIGKILL", "group")).toBe(true);
		await until(() => spawn.started(member) === undefined, "the member's end");
	});

	test("a stopped process is alive, a zombie is not", async () => {
		const child = background("stopped", "sleep 600");
		expect(spawn.stopped(child)).toBe(false);
		expect(spawn.kill(child, "SIGSTOP")).toBe(true);
		await until(() => spawn.stopped(child), "the stop");
		expect(spawn.stopped({ ...child, started: "another life" })).toBe(false);
		expect(spawn.alive(child)).toBe(true);
		// `exec` makes sleep a parent that never collects its child, which must not end before that: a shell would.
		background("zombie", "sleep 0.5 & echo $!; exec sleep 600");
		const zombie = await until(() => Number(output("zombie")) || undefined, "the zombie's pid");
		await until(() => spawn.started(zombie) === undefined, "the zombie to count as dead");
		if (process.platform === "linux") {
			const row = parseStat(readFileSync(`/proc/${zombie}/stat`, "utf8"));
			expect(row?.zombie).toBe(true);
		}
	});

	test("what cannot start throws in words, at once", () => {
		const stdio = { stdin: null, stdout: null, stderr: null };
		const missing = { command: "no-such-program", args: [], cwd: folder, env: {}, ...stdio };
		expect(() => spawn.detached(missing)).toThrow("'no-such-program' cannot be started");
		const nowhere = { ...missing, command: "/bin/sh", cwd: join(folder, "nowhere") };
		expect(() => spawn.detached(nowhere)).toThrow("'/bin/sh' cannot be started");
	});

	test("the environment is the given one, standard input comes from a file", async () => {
		const stdin = join(folder, "input");
		const stdout = join(folder, "env.out");
		writeFileSync(stdin, "from the file\n");
		const args = ["-c", "cat; /usr/bin/env | sort"];
		const env = { FLAGSHIP: "1", PWD: folder, SHLVL: "1", _: "x" };
		begun.push(spawn.detached({ command: "/bin/sh", args, cwd: folder, env, stdin, stdout, stderr: null }));
		const text = await until(() => output("env").includes("FLAGSHIP=1") && output("env"), "the output");
		expect(text).toContain("from the file\n");
		expect(text).not.toContain("PATH=");
	});
});

describe("the process table", () => {
	test("a command's name may hold spaces and parentheses", () => {
		const tail = "S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 424242 20 21";
		expect(parseStat(`77 (a) Z 9 (b) ${tail}`)).toEqual({ started: "424242", zombie: false, stopped: false });
		expect(parseStat("77 (sleep) T 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 424242")?.stopped).toBe(true);
		expect(parseStat("")).toBeUndefined();
	});

	test("a line of ps is one comparable text", () => {
		const started = "Mon-Nov-9-10:11:12-2026";
		expect(parsePs("Ss+  Mon Nov  9 10:11:12 2026\n")).toEqual({ started, zombie: false, stopped: false });
		expect(parsePs("T    Mon Nov  9 10:11:12 2026")?.stopped).toBe(true);
		expect(parsePs("Z    Mon Nov  9 10:11:12 2026")?.zombie).toBe(true);
		expect(parsePs("\n")).toBeUndefined();
	});
});
