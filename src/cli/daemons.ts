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

/** For a verb that takes nothing but `--json`: whether it was said. Throws `usage`. */
export function onlyJson(args: readonly string[]): boolean {
	noMore(args.filter((word) => word !== "--json"));
	return args.length > 0;
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
	const json = onlyJson(args);
	const found = await standing(context, daemon);
	context.out(json ? JSON.stringify(found, null, 2) : lineOf(daemon, found));
	return found.runs ? 0 : NOT_RUNNING;
}

export interface Standing {
	readonly runs: boolean;
	/** Where it answers, as what. */
	readonly at?: Pick<RunFile, "version" | "address" | "pid">;
	/** A sentence for people. */
	readonly says: string;
}

export const lineOf = (daemon: Daemon, { says }: Standing): string => `${daemon.padEnd(5)} ${says}`;

/** How a daemon stands. Starts nothing. */
export async function standing(context: Context, daemon: Daemon): Promise<Standing> {
	const { world, home } = context;
	const silent = livingDaemon(world, home, daemon);
	let found: RunFile | undefined;
	try {
		found = await findDaemon(daemon, context);
	} catch (error) {
		// It answers in another protocol: that is what there is to say of it.
		if (!(error instanceof Fault)) throw error;
		return { runs: true, says: `${error.message} ${error.remedy}` };
	}
	if (found !== undefined) {
		const { version, address, pid } = found;
		const by =
			found.foreground === true ? ", typed by a person" : loopAlive(world, home, daemon) ? "" : ", no restart loop";
		return { runs: true, at: { version, address, pid }, says: `${version} at ${address}, process ${pid}${by}` };
	}
	if (silent === undefined) return { runs: false, says: "not running; it starts when it is needed" };
	return { runs: false, says: `process ${silent.pid} lives and does not answer; \`flagship doctor\` mends it` };
}
