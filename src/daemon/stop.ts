/** Ends a daemon and its loop, in order if they can, by force if they do not. */
import type { ProcessId, World } from "../world.ts";
import { type Daemon, type Home, loopFolder } from "./home.ts";
import { endProcess, gone, readHolder } from "./lock.ts";
import { livingDaemon } from "./run-file.ts";

export type Stopped = "was not running" | "stopped" | "killed: it did not end by itself";

/** Longer than a daemon takes for its own end in order. */
const STOP_WITHIN = 35_000;

/** The loop goes first, or it would start the daemon again. `within` is in ms, per process. */
export async function stopDaemon(
	world: World,
	home: Home,
	daemon: Daemon,
	dataFolder: string,
	within = STOP_WITHIN,
): Promise<Stopped> {
	const loop = living(world, loopFolder(home, daemon));
	const work = livingDaemon(world, home, daemon) ?? living(world, dataFolder);
	const victims = [loop, work].filter((one) => one !== undefined);
	if (victims.length === 0) return "was not running";
	let forced = false;
	for (const victim of victims) world.spawn.kill(victim, "SIGTERM");
	for (const victim of victims) {
		if (await gone(world, victim, within)) continue;
		forced = true;
		await endProcess(world, victim);
	}
	// A loop in its last moment may have started one more: it is named by now, or it never came up.
	const late = livingDaemon(world, home, daemon) ?? living(world, dataFolder);
	if (late !== undefined && !(world.spawn.kill(late, "SIGTERM") && (await gone(world, late, within)))) {
		forced = true;
		await endProcess(world, late);
	}
	return forced ? "killed: it did not end by itself" : "stopped";
}

function living(world: World, folder: string): ProcessId | undefined {
	const holder = readHolder(world.files, folder);
	return holder !== undefined && world.spawn.alive(holder) ? holder : undefined;
}
