/** Room on the disks that lieutenants write to: how much there is, and what it means. */
import type { Cause } from "../../contract/cause.ts";
import type { Files } from "../../world.ts";
import type { LivenessSettings } from "./settings.ts";

const MB = 1024 * 1024;

/** `low`: no new work. `full`: what runs is paused, until there is as much room as new work needs. */
export type Room = "ample" | "low" | "full";

export interface Free {
	/** The path that was asked about. */
	readonly path: string;
	readonly freeMb: number;
}

/** Bytes free on the volume that holds `path`; a path that is not there has no room. */
export const freeOn = (files: Pick<Files, "free" | "stat">, path: string): number =>
	files.stat(path) === undefined ? 0 : files.free(path);

/** The tightest of the volumes that hold these paths; a folder that somebody removed is no matter of space. */
export function tightest(files: Pick<Files, "free" | "stat">, paths: readonly string[]): Free {
	return paths
		.filter((path) => files.stat(path) !== undefined)
		.map((path) => ({ path, freeMb: Math.floor(files.free(path) / MB) }))
		.reduce((least, one) => (one.freeMb < least.freeMb ? one : least), {
			path: paths[0] ?? "/",
			freeMb: Number.MAX_SAFE_INTEGER,
		});
}

type Thresholds = Pick<LivenessSettings, "diskLowMb" | "diskStopMb">;

/** With a margin on the way back: a disk that wavers around a threshold is not told again and again. */
export function roomOf(freeMb: number, was: Room, { diskLowMb, diskStopMb }: Thresholds): Room {
	const low = Math.max(diskLowMb, diskStopMb);
	if (freeMb < diskStopMb) return "full";
	if (was !== "ample" && freeMb < low * 1.1) return was;
	return freeMb < low ? "low" : "ample";
}

export const diskCause = ({ path, freeMb }: Free): Cause => ({ type: "disk-full", path, freeMb });

export const fullText = ({ path, freeMb }: Free): string => `the disk of ${path} is nearly full, ${freeMb} MB free`;

const list = (names: readonly string[]): string => names.join(", ");

/** One sentence for all of an owner's lieutenants that are concerned. */
export function roomText(room: Room, names: readonly string[], free: Free, { diskLowMb }: Thresholds): string {
	const at = `${free.freeMb} MB free on the disk of ${free.path}`;
	const go = names.length === 1 ? "goes" : "go";
	switch (room) {
		case "low":
			return `The disk is getting full: ${at}, new work needs ${diskLowMb} MB and is refused. ${list(names)} ${go} on with what there is.\nNext: free space, or have one of them remove what it can make again (builds, caches).`;
		case "full":
			return `The disk is nearly full: ${at}. ${list(names)} ${names.length === 1 ? "was" : "were"} paused; sessions and messages are kept.\nNext: free space. With ${diskLowMb} MB free ${list(names)} ${go} on by ${names.length === 1 ? "itself" : "themselves"}.`;
		case "ample":
			return `There is room again: ${at}. ${list(names)} ${go} on.`;
	}
}
