/** Start, stop and status of the daemons. */
import { ensure, findDaemon, loopAlive } from "../daemon/ensure.ts";
import { DAEMONS, type Daemon, type Home } from "../daemon/home.ts";
import { livingDaemon, type RunFile } from "../daemon/run-file.ts";
import { stopDaemon } from "../daemon/stop.ts";
import { Fault, fault } from "../errors.ts";
import type { Context } from "./context.ts";

/** The exit code of `status` for what does not run, as service managers use it. */
const NOT_RUNNING = 3;

const dataFolder = (home: Home, daemon: Daemon): string => (daemon === "hub" ? home.hub : home.host);

export function noMore(args: readonly string[]): void {
	if (args.length > 0) throw fault("usage", `'${args[0]}' is one word too many.`);
}

export async function startOne(context: Context, daemon: Daemon, args: readonly string[]): Promise<number> {
	noMore(args);
	const found = await ensure(daemon, context);
	context.out(`The ${daemon} ${found.version} answers at ${found.address} (process ${found.pid}).`);
	return 0;
}

export async function stopOne(context: Context, daemon: Daemon, args: readonly string[]): Promise<number> {
	noMore(args);
	const { world, home, out } = context;
	out(`The ${daemon} ${await stopDaemon(world, home, daemon, dataFolder(home, daemon))}.`);
	return 0;
}

/** The host goes first: what it still has to tell, the hub can take. */
export async function stop(context: Context, args: readonly string[]): Promise<number> {
	noMore(args);
	for (const daemon of DAEMONS.toReversed()) await stopOne(context, daemon, []);
	return 0;
}

export async function statusOne(context: Context, daemon: Daemon, args: readonly string[]): Promise<number> {
	noMore(args);
	const { runs, line } = await standing(context, daemon);
	context.out(line);
	return runs ? 0 : NOT_RUNNING;
}

/** One line about a daemon. Starts nothing. */
export async function standing(context: Context, daemon: Daemon): Promise<{ runs: boolean; line: string }> {
	const { world, home } = context;
	const name = daemon.padEnd(5);
	const silent = livingDaemon(world, home, daemon);
	let found: RunFile | undefined;
	try {
		found = await findDaemon(daemon, context);
	} catch (error) {
		// It answers in another protocol: that is what there is to say of it.
		if (!(error instanceof Fault)) throw error;
		return { runs: true, line: `${name} ${error.message} ${error.remedy}` };
	}
	if (found !== undefined) {
		const by =
			found.foreground === true ? ", typed by a person" : loopAlive(world, home, daemon) ? "" : ", no restart loop";
		return { runs: true, line: `${name} ${found.version} at ${found.address}, process ${found.pid}${by}` };
	}
	if (silent === undefined) return { runs: false, line: `${name} not running; it starts when it is needed` };
	return { runs: false, line: `${name} process ${silent.pid} lives and does not answer; \`flagship doctor\` mends it` };
}
