/** A loop works unattended for hours: it does not begin, nor begin a round, where the disk is nearly full. */
import type { Files } from "../../world.ts";

/** Bytes. A build, its caches and a session need some room; a hub that finds none refuses to write. */
const ROOM = 512 * 1024 * 1024;
const MIB = 1024 * 1024;

/** The first of these folders with too little room, and how much there is in words. */
export function lowDisk(
	files: Pick<Files, "free">,
	paths: readonly string[],
): { readonly path: string; readonly free: string } | undefined {
	const path = paths.find((one) => files.free(one) < ROOM);
	return path === undefined ? undefined : { path, free: `${Math.floor(files.free(path) / MIB)} MiB` };
}
