/**
 * Guards a host's lieutenants against a disk that fills up: new work is refused while it is low, running work is told
 * once, and paused before it fails in the middle of a write. How each stands is stored with it, so that it is told once.
 */
import { fault } from "../../errors.ts";
import type { Files } from "../../world.ts";
import { shouldRun } from "../lifecycle.ts";
import type { Standing } from "../store/roster.ts";
import { type Free, type Room, roomOf, roomText, tightest } from "./disk.ts";
import type { LivenessSettings } from "./settings.ts";

/** A lieutenant, as far as the guard is concerned. */
export interface Guarded {
	readonly standing: Standing;
	/** Stores how it stands and does what follows; `text` is told when given, in the same transaction. */
	room(room: Room, free: Free, text: string | undefined): void;
}

export interface DiskGuardParts {
	readonly files: Pick<Files, "free" | "stat">;
	readonly settings: LivenessSettings;
	/** `FLAGSHIP_HOME`: sessions, records and worktrees are there. */
	readonly home: string;
	fleet(): readonly Guarded[];
}

interface Change {
	readonly one: Guarded;
	readonly room: Room;
	readonly free: Free;
}

export class DiskGuard {
	readonly #parts: DiskGuardParts;

	constructor(parts: DiskGuardParts) {
		this.#parts = parts;
	}

	/** Throws `disk_low` when there is no room for new work in these folders. */
	refuse(...folders: readonly string[]): void {
		const { settings } = this.#parts;
		const free = this.#free(folders);
		// New work needs what the settings say, whatever margin those have that run.
		if (roomOf(free.freeMb, "ample", settings) === "ample") return;
		throw fault("disk_low", free.path, free.freeMb, Math.max(settings.diskLowMb, settings.diskStopMb));
	}

	/** Looked at every few seconds. */
	tick(): void {
		const groups = Map.groupBy(this.#changes(), ({ one, room }) => JSON.stringify([one.standing.owner, room]));
		for (const group of groups.values()) {
			const [first, ...others] = group;
			if (first === undefined) continue;
			const names = group.map(({ one }) => one.standing.spec.name).sort();
			// With the first, which tells it for all: told and not noted it would be told again.
			first.one.room(first.room, first.free, roomText(first.room, names, first.free, this.#parts.settings));
			for (const { one, room, free } of others) one.room(room, free, undefined);
		}
	}

	#changes(): readonly Change[] {
		const { fleet, settings } = this.#parts;
		return fleet().flatMap((one) => {
			const { state, disk: was = "ample", spec } = one.standing;
			if (!shouldRun(state) && was !== "full") return [];
			const free = this.#free([spec.cwd]);
			const room = roomOf(free.freeMb, was, settings);
			return room === was ? [] : [{ one, room, free }];
		});
	}

	#free(folders: readonly string[]): Free {
		return tightest(this.#parts.files, [this.#parts.home, ...folders]);
	}
}
