/** The restart loop behind a daemon. A file of its own: two of these run all the time, and need nothing of the rest. */
import type { Daemon } from "../daemon/home.ts";
import { runLoop } from "../daemon/loop.ts";
import { onStopSignal, runAsProcess } from "../daemon/process.ts";
import { entryFile } from "../daemon/version.ts";
import type { Context } from "./context.ts";

/** Does not return: the process ends with the loop. */
export async function loop(context: Context, daemon: Daemon): Promise<number> {
	const { world, home, env, speaks } = context;
	const entry = { version: speaks.version, entry: entryFile };
	return await runAsProcess(`${daemon} loop`, () => runLoop({ world, home, daemon, entry, env, onStop: onStopSignal }));
}
