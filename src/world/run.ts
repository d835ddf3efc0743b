/** A command run to its end, by `execa`: no shell, bounded in time and output. */
import type { Readable } from "node:stream";
import type { Ran, RunOptions } from "../world.ts";

const DEFAULT_TIMEOUT = 30_000;
const DEFAULT_OUTPUT = 1024 * 1024;
/** How long output may still come after the exit: a program may leave a child (`ssh -f`) that holds the streams open. */
const LINGER = 250;
const CANNOT_START = 127;

/** Keeps the first `limit` bytes and reads the rest away, so that the program is never blocked. */
function collect(stream: Readable, limit: number): () => string {
	const chunks: Buffer[] = [];
	let room = limit;
	stream.on("data", (chunk: Buffer) => {
		if (room <= 0) return;
		chunks.push(chunk.subarray(0, room));
		room -= chunk.length;
	});
	return () => Buffer.concat(chunks).toString("utf8");
}

function killGroup(pid: number): void {
	try {
		process.kill(-pid, "SIGKILL");
	} catch (thrown) {
		if (!(thrown instanceof Error && "code" in thrown && thrown.code === "ESRCH")) throw thrown;
	}
}

export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
	// Loaded at first use: pi loads this file with every extension, and most sessions run no command.
	const { execa } = await import("execa");
	const child = execa(command, args, {
		...(options.cwd === undefined ? {} : { cwd: options.cwd }),
		...(options.env === undefined ? {} : { env: { ...options.env }, extendEnv: false }),
		...(options.input === undefined ? { stdin: "ignore" as const } : { input: options.input }),
		// A group of its own: at the timeout its children end with it.
		detached: true,
		reject: false,
		buffer: false,
		encoding: "buffer",
	});
	const { pid } = child;
	if (pid === undefined)
		return { code: CANNOT_START, stdout: "", stderr: (await child).originalMessage ?? "", timedOut: false };
	options.began?.(pid);

	const limit = options.maxOutput ?? DEFAULT_OUTPUT;
	const stdout = collect(child.stdout, limit);
	const stderr = collect(child.stderr, limit);
	let timedOut = false;
	const deadline = setTimeout(() => {
		timedOut = true;
		killGroup(pid);
	}, options.timeout ?? DEFAULT_TIMEOUT);
	const exit = await new Promise<number | null>((resolve) => child.once("exit", resolve));
	clearTimeout(deadline);
	if (options.endsGroup === true) killGroup(pid);
	await Promise.race([child, new Promise((resolve) => setTimeout(resolve, LINGER).unref())]);
	child.stdout.destroy();
	child.stderr.destroy();
	// Ended by a signal: the shells' convention for "not by itself".
	return { code: exit ?? 128, stdout: stdout(), stderr: stderr(), timedOut };
}
