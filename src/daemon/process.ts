/** A daemon or a loop as a process: signals in, exit code out, the reason on stderr, which is its log. */
import { type ErrorCode, Fault } from "../errors.ts";
import { EXIT } from "./course.ts";

/** What would be refused in the same words at the next start: the loop ends instead of trying again. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set([
	"newer_data",
	"home_unusable",
	"hub_damaged",
	"socket_path_too_long",
	"node_too_old",
	"hub_unprotected",
	"usage",
]);

/** The exit code for a daemon that could not start. Anything that is no refusal is a crash, and tried again. */
export function exitCodeOf(error: unknown): number {
	if (!(error instanceof Fault)) return 1;
	if (error.code === "already_running") return EXIT.held;
	return REFUSALS.has(error.code) ? EXIT.refused : 1;
}

/**
 * Calls back at SIGTERM, each time: a second one must not cut off the end in order that the first began. Also at the
 * first SIGINT; a second one, typed by an impatient person, ends the process.
 */
export function onStopSignal(run: () => void): void {
	process.on("SIGTERM", run);
	process.once("SIGINT", run);
}

/** Runs to an exit code and leaves the process with it, whatever sockets or timers are still open. */
export async function runAsProcess(who: string, run: () => Promise<number>): Promise<never> {
	// Timers of a `World` keep no process alive, and a loop has nothing else.
	setInterval(() => undefined, 2 ** 30);
	let code: number;
	try {
		code = await run();
	} catch (error) {
		const text =
			error instanceof Fault
				? `${error.message} ${error.remedy}`
				: String(error instanceof Error ? error.stack : error);
		await new Promise<void>((resolve) => void process.stderr.write(`${who}: ${text}\n`, () => resolve()));
		code = exitCodeOf(error);
	}
	process.exit(code);
}
