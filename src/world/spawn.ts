/** Real processes. Arguments are data: nothing here goes through a shell. */
import { type ChildProcess, type StdioOptions, spawn as spawnProcess } from "node:child_process";
import { closeSync, constants, openSync, statSync } from "node:fs";
import { fault, reason } from "../errors.ts";
import type { DetachedOptions, ProcessId, Signal, Spawn } from "../world.ts";
import { processRow } from "./processes.ts";
import { run } from "./run.ts";

interface Ending {
	readonly code: number | null;
	readonly signal: string | null;
}

interface Life {
	ending: Ending | undefined;
	readonly waiting: ((code: number | null, signal: string | null) => void)[];
}

const lives = new Map<string, Life>();
const keyOf = (process: ProcessId): string => `${process.pid}@${process.started}`;

/** What a child gets for a path; a FIFO opened read-write neither blocks here nor ends when its other side dies. */
function openFor(path: string | null, direction: "read" | "write"): number {
	if (path === null) return openSync("/dev/null", "r+");
	if (statSync(path, { throwIfNoEntry: false })?.isFIFO() === true) return openSync(path, constants.O_RDWR);
	return direction === "read" ? openSync(path, "r") : openSync(path, "a", 0o600);
}

function openAll(options: DetachedOptions): number[] {
	const opened: number[] = [];
	try {
		opened.push(openFor(options.stdin, "read"));
		opened.push(openFor(options.stdout, "write"));
		opened.push(openFor(options.stderr, "write"));
		return opened;
	} catch (thrown) {
		for (const fd of opened) closeSync(fd);
		throw thrown;
	}
}

function start(options: DetachedOptions, stdio: StdioOptions): ChildProcess {
	return spawnProcess(options.command, [...options.args], {
		cwd: options.cwd,
		env: { ...options.env },
		stdio,
		detached: true,
	});
}

function follow(child: ChildProcess, process: ProcessId): void {
	const life: Life = { ending: undefined, waiting: [] };
	lives.set(keyOf(process), life);
	child.on("exit", (code, signal) => {
		life.ending = { code, signal };
		for (const run of life.waiting.splice(0)) run(code, signal);
	});
	child.unref();
}

function detached(options: DetachedOptions): ProcessId {
	const stdio = openAll(options);
	let failure: string | undefined;
	let child: ChildProcess;
	try {
		child = start(options, stdio);
		// Node tells a missing command here, later; without a listener that would end this whole process.
		child.on("error", (thrown) => {
			failure = reason(thrown);
		});
	} finally {
		for (const fd of stdio) closeSync(fd);
	}
	const { pid } = child;
	if (pid === undefined) throw fault("cannot_start", options.command, failure ?? "no such program, or no such folder");
	// A child that has already ended still has its row until this process collects it.
	const process = { pid, started: processRow(pid)?.started ?? "unknown" };
	follow(child, process);
	return process;
}

function onExit(process: ProcessId, run: (code: number | null, signal: string | null) => void): void {
	const life = lives.get(keyOf(process));
	if (life === undefined) return;
	const { ending } = life;
	if (ending === undefined) life.waiting.push(run);
	else queueMicrotask(() => run(ending.code, ending.signal));
}

function started(pid: number): string | undefined {
	const row = processRow(pid);
	return row === undefined || row.zombie ? undefined : row.started;
}

function send(pid: number, signal: Signal): boolean {
	try {
		process.kill(pid, signal);
		return true;
	} catch (thrown) {
		if (thrown instanceof Error && "code" in thrown && thrown.code === "ESRCH") return false;
		throw thrown;
	}
}

/**
 * The system gives no new process the number of a group that still has members. So a group whose leader has ended
 * (no row, or a zombie's) is still the old one; only another life under the leader's number means that it is gone.
 */
function kill(target: ProcessId, signal: Signal, group?: "group"): boolean {
	const row = processRow(target.pid);
	const over = group === "group" && row?.zombie === true;
	if (row !== undefined && row.started !== target.started && !over) return false;
	if (group === "group") return send(-target.pid, signal);
	return row !== undefined && !row.zombie && send(target.pid, signal);
}

export const spawn: Spawn = {
	run,
	detached,
	onExit,
	started,
	alive: (process) => started(process.pid) === process.started,
	stopped: ({ pid, started: since }) => {
		const row = processRow(pid);
		return row?.started === since && row.stopped;
	},
	kill,
};
