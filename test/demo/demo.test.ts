import { execFileSync, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import type { LogEntry } from "../../src/contract/log.ts";
import { atEnd } from "../support/cleanup.ts";
import { makeFolder } from "../support/folder.ts";
import { endProcessesNaming, processesNaming } from "../support/leftovers.ts";
import { until } from "../support/until.ts";

vi.setConfig({ testTimeout: 150_000 });

const BIN = join(import.meta.dirname, "../../bin/flagship.mjs");

/** The command as a person's shell runs it, with a home and a folder for temporary files of its own. */
function demo(...args: string[]) {
	const home = makeFolder();
	const temporary = makeFolder();
	atEnd(() => endProcessesNaming(temporary));
	const env = { PATH: process.env.PATH ?? "", HOME: home, TMPDIR: temporary };
	const child = spawn(process.execPath, [BIN, "demo", ...args], { env, cwd: home, stdio: "pipe" });
	const said = { out: "", err: "" };
	child.stdout.on("data", (bytes) => {
		said.out += String(bytes);
	});
	child.stderr.on("data", (bytes) => {
		said.err += String(bytes);
	});
	const end = new Promise<number | null>((resolve) => child.once("close", resolve));
	return { child, said, end, home, temporary };
}

const FIGURES = [
	...["ok", "lieutenants", "tasksDone", "logEntries", "feedEvents"],
	...["usageSessions", "gateNags", "tokens", "costUsd", "seconds"],
];

const linesOf = (text: string): string[] => text.trimEnd().split("\n");
/** What the demo has made there; asking pi for its version leaves Node's cache of pi's code. */
const foldersOf = (temporary: string): string[] =>
	readdirSync(temporary).filter((name) => name !== "node-compile-cache");
const lastLine = (text: string) => JSON.parse(linesOf(text).at(-1) ?? "");

test("the demo ends well, touches nothing of the person's, and what it keeps bears its figures out", async () => {
	const run = demo("--keep");
	expect(await run.end, run.said.out + run.said.err).toBe(0);
	const figures = lastLine(run.said.out);
	expect(figures).toMatchObject({ ok: true, lieutenants: 3, tasksDone: 3, usageSessions: 4 });
	expect(Object.keys(figures)).toEqual(FIGURES);
	expect(figures.gateNags).toBeGreaterThanOrEqual(2);
	expect(run.said.err).toBe("");
	expect(readdirSync(run.home)).toEqual([]);

	const { kept } = JSON.parse(linesOf(run.said.out).at(-2) ?? "");
	const answer = await fetch(`${kept.hubUrl}/log`, { headers: { authorization: `Bearer ${kept.token}` } });
	const { entries }: { entries: LogEntry[] } = JSON.parse(await answer.text());
	expect(entries).toHaveLength(figures.logEntries);
	const logged = entries.flatMap((entry) => entry.facts?.commits ?? []);
	for (const name of ["ada", "ben", "cleo"]) {
		const list = execFileSync("git", ["rev-list", `HEAD..lt/${name}`], { cwd: kept.repo, encoding: "utf8" });
		expect(logged).toEqual(expect.arrayContaining(linesOf(list)));
	}
	const requests = linesOf(readFileSync(kept.requests, "utf8")).map((line) => JSON.parse(line));
	expect(requests.reduce((sum, request) => sum + request.usage.total_tokens, 0)).toBe(figures.tokens);
	for (const forgetful of ["orchestrator", "ben"]) {
		const own = requests.filter(({ model }) => model === forgetful);
		const told = own.findIndex(({ last }) => last.includes("not in the work log"));
		const logs = own.findIndex(({ body }) => JSON.stringify(body.messages).includes('"name":"log_append"'));
		expect(told).toBeGreaterThan(0);
		expect(logs).toBeGreaterThan(told);
	}

	const env = { ...process.env, FLAGSHIP_HOME: kept.home, XDG_RUNTIME_DIR: join(kept.home, "..", "r") };
	execFileSync(process.execPath, [BIN, "stop"], { env });
	expect(processesNaming(run.temporary)).toEqual([]);
});

test("without its gate the demo fails, says why, and leaves no process and no file", async () => {
	const run = demo("--set", "gates.workLog=off");
	expect(await run.end, run.said.out + run.said.err).toBe(1);
	expect(lastLine(run.said.out)).toMatchObject({ ok: false, lieutenants: 3, tasksDone: 3, gateNags: 0 });
	expect(run.said.out).toContain("no log entry by orchestrator and ben");
	expect(run.said.out).toContain("no log entry accounts for commit");
	expect(processesNaming(run.temporary)).toEqual([]);
	expect(foldersOf(run.temporary)).toEqual([]);
});

test("stopped by hand in the middle it ends everything that it has started", async () => {
	const run = demo();
	// Whether it comes that far or ends before, what it said shows.
	await Promise.race([until(() => run.said.out.includes("is created"), "a lieutenant", 90_000), run.end]);
	expect(run.said.out).toContain("is created");
	run.child.kill("SIGINT");
	expect(await run.end).toBe(1);
	expect(run.said.out).toContain("stopped by hand");
	expect(lastLine(run.said.out)).toMatchObject({ ok: false });
	expect(processesNaming(run.temporary)).toEqual([]);
	expect(foldersOf(run.temporary)).toEqual([]);
});

test.each([
	[["--kep"], "Unknown option '--kep'"],
	[["more"], "more"],
	[["--set", "gates.workLog"], "--set takes gates.workLog or gates.pushToMain or"],
	[["--set", "gates.workLog=loud"], "gates.workLog must be one of off, warn, enforce"],
	[["--set", "idleMinutes=3"], "--set takes"],
])("%j is answered with a sentence before anything is started", async (args, sentence) => {
	const run = demo(...args);
	expect(await run.end).toBe(2);
	expect(run.said.err).toContain(sentence);
	expect(run.said.err).toContain("Usage: flagship demo");
	expect(run.said.err).not.toContain("    at ");
	expect(foldersOf(run.temporary)).toEqual([]);
});
