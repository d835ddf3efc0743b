/** Ends the commands that a dead pi left running: the groups noted by its shells (`src/pi/pack/groups.ts`). */
import { notedIn } from "../../pi/pack/groups.ts";
import type { World } from "../../world.ts";

/** A note without a start time is believed for so long, ms: pi adds the time within moments of the command's start. */
const FRESH = 60_000;

/**
 * Kills the noted groups and removes their notes. A group is ended when its leader is the process that was noted, by
 * start time. One whose leader has ended has nothing to compare: it is ended only when this host saw pi alive
 * (`witnessed`), for a note that outlived a reboot names a stranger. Returns how many groups were signalled.
 */
export function endGroups(world: World, folder: string, witnessed: boolean): number {
	let ended = 0;
	for (const pid of notedIn(world, folder)) {
		const started = startOf(world, folder, pid);
		const leads = world.spawn.started(pid) === started && started !== undefined;
		const orphaned = witnessed && world.spawn.started(pid) === undefined;
		if (leads || orphaned) {
			if (world.spawn.kill({ pid, started: started ?? "unknown" }, "SIGKILL", "group")) ended += 1;
		}
		world.files.remove(`${folder}/${pid}`);
	}
	return ended;
}

/** The noted start time; where pi had no time to write it, that of the process which has the number now. */
function startOf(world: World, folder: string, pid: number): string | undefined {
	const noted = world.files.read(`${folder}/${pid}`)?.trim() ?? "";
	if (noted !== "") return noted;
	const age = world.clock.now() - (world.files.stat(`${folder}/${pid}`)?.changed ?? 0);
	return Math.abs(age) < FRESH ? world.spawn.started(pid) : undefined;
}
