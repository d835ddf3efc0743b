/** `kill -9` of a daemon, and its return, which its restart loop sees to. */
import { type EnsureOptions, findDaemon } from "../daemon/ensure.ts";
import type { Daemon } from "../daemon/home.ts";
import { livingDaemon, type RunFile } from "../daemon/run-file.ts";
import { fault } from "../errors.ts";
import type { Patience } from "./patience.ts";

/** Resolves with the process that was killed. Throws `not_connected` when there is none. */
export function strike(daemon: Daemon, { world, home }: EnsureOptions): RunFile {
	const victim = livingDaemon(world, home, daemon);
	if (victim === undefined || !world.spawn.kill(victim, "SIGKILL")) throw fault("not_connected", daemon, "it is gone");
	return victim;
}

/** Resolves with the process that answers in its place. */
export const comeback = (
	victim: RunFile,
	daemon: Daemon,
	options: EnsureOptions,
	patience: Patience,
): Promise<RunFile> =>
	patience.until(`the ${daemon} to come back`, async () => {
		const found = await findDaemon(daemon, options);
		return found !== undefined && found.pid !== victim.pid && found;
	});
