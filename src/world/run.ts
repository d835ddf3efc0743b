/**
 * A command run to its end: no shell, bounded in time and output. Plain `child_process`: deadline, group and bounds are
 * ours anyhow, and the library that hub and host loaded for the rest cost each of them its 150 modules for as long as it
 * lived.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, statSync } from "node:fs";
import type { Readable } from "node:stream";
import { reason } from "../errors.ts";
import type { Ran, RunOptions } from "../world.ts";

const DEFAULT_TIMEOUT = 30_000;
const DEFAULT_OUTPUT = 1024 * 1024;
/** How long output may still come after the exit: a program may leave a child (`ssh -f`) that holds the streams open. */
const LINGER = 250;
const CANNOT_START = 127;

/** Keeps the first `limit` bytes and reads the rest away, so that the program is never blocked. */
function collect(stream: Readable | null, limit: number): () => string {
	const chunks: Buffer[] = [];
	let room = limit;
	stream?.on("data", (chunk: Buffer) => {
		if (room <= 0) return;
		chunks.push(chunk.subarray(0, room));
		room -= chunk.length;
	});
	return () => Buffer.concat(chunks).toString("utf8");
}

/** A letter of several bytes may come in two pieces. */
function follow(stream: Readable | null, heard: (text: string) => void): void {
	const decoder = new TextDecoder();
	stream?.on("data", (chunk: Buffer) => heard(decoder.decode(chunk, { stream: true })));
}

function killGroup(pid: number): void {
	try {
		process.kill(-pid, "SIGKILL");
	} catch (thrown) {
		if (!(thrown instanceof Error && "code" in thrown && thrown.code === "ESRCH")) throw thrown;
	}
}

/** Throws, or emits `error` later, when the command cannot start: Node does either, by the kind of failure. */
function start(command: string, args: readonly string[], options: RunOptions): ChildProcess {
	const { input, inputFile } = options;
	const file = inputFile === undefined ? undefined : openSync(inputFile, "r");
	try {
		return startOn(command, args, options, file ?? (input === undefined ? "ignore" : "pipe"));
	} finally {
		if (file !== undefined) closeSync(file);
	}
}

function startOn(
	command: string,
	args: readonly string[],
	{ cwd, env }: RunOptions,
	stdin: number | "ignore" | "pipe",
): ChildProcess {
	return spawn(command, [...args], {
		cwd,
		env: env === undefined ? process.env : { ...env },
		// A group of its own: at the timeout its children end with it.
		detached: true,
		stdio: [stdin, "pipe", "pipe"],
	});
}

/** Node says of a missing folder that the command is missing. */
function cannotStart(why: unknown, cwd: string | undefined): Ran {
	const isFolder = cwd === undefined || statSync(cwd, { throwIfNoEntry: false })?.isDirectory() === true;
	const stderr = isFolder ? reason(why) : `cwd ${cwd} is no folder`;
	return { code: CANNOT_START, stdout: "", stderr, timedOut: false };
}

const next = <T>(child: ChildProcess, event: "exit" | "close" | "error"): Promise<T> =>
	new Promise((resolve) => child.once(event, resolve));

export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
	let child: ChildProcess;
	try {
		child = start(command, args, options);
	} catch (thrown) {
		return cannotStart(thrown, options.cwd);
	}
	const failed = next<Error>(child, "error");
	const { pid } = child;
	if (pid === undefined) return cannotStart(await failed, options.cwd);
	const [exited, closed] = [next<number | null>(child, "exit"), next(child, "close")];
	options.began?.(pid);

	// One that ends without reading all of it says by its exit whether it should have.
	child.stdin?.on("error", () => undefined);
	child.stdin?.end(options.input);
	const limit = options.maxOutput ?? DEFAULT_OUTPUT;
	const stdout = collect(child.stdout, limit);
	const { heard } = options;
	if (heard !== undefined) follow(child.stdout, heard);
	const stderr = collect(child.stderr, limit);
	let timedOut = false;
	const deadline = setTimeout(() => {
		timedOut = true;
		killGroup(pid);
	}, options.timeout ?? DEFAULT_TIMEOUT);
	const abort = () => killGroup(pid);
	options.signal?.addEventListener("abort", abort, { once: true });
	if (options.signal?.aborted === true) abort();
	const exit = await exited;
	options.signal?.removeEventListener("abort", abort);
	clearTimeout(deadline);
	if (options.endsGroup === true) killGroup(pid);
	await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, LINGER).unref())]);
	child.stdout?.destroy();
	child.stderr?.destroy();
	// Ended by a signal: the shells' convention for "not by itself".
	return { code: exit ?? 128, stdout: stdout(), stderr: stderr(), timedOut };
}
