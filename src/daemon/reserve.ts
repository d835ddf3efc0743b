/**
 * Space kept for a full disk. Locks, databases and run files take a little of it, so on a disk without a byte a daemon
 * could not even start to say that it is full. What is kept is given up then, and kept anew when there is room.
 */
import type { World } from "../world.ts";
import type { Home } from "./home.ts";

type Seam = Pick<World, "files" | "random">;

const MIB = 1024 * 1024;
/** Locks, run files and some hundred records. */
const SIZE = 4 * MIB;
/** Below this much free a daemon does not come up, or not for long. */
const NEEDED = MIB;
/** What must be free for the space to be kept: it must not be what fills the disk. */
const PLENTY = 4 * SIZE;
const PIECE = 64 * 1024;

export const reserveFile = (home: Home): string => `${home.root}/reserve`;

/** Keeps it, unless it is kept or there is not enough room. */
export function keepReserve({ files, random }: Seam, home: Home): void {
	const path = reserveFile(home);
	const kept = files.stat(path)?.size ?? 0;
	if (kept >= SIZE || files.free(home.root) < PLENTY) return;
	// Of chance: a file system that packs its files would keep nothing of a row of zeros.
	for (let size = kept; size < SIZE; size += PIECE)
		files.append(path, Buffer.from(random.bytes((PIECE / 4) * 3)).toString("base64"));
}

/** Gives it up when the disk is full; false when there is room, or nothing to give. */
export function spendReserve({ files }: Seam, home: Home): boolean {
	if (files.free(home.root) >= NEEDED || files.stat(reserveFile(home)) === undefined) return false;
	files.remove(reserveFile(home));
	return true;
}
