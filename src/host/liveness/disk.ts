/** Room on the disks that lieutenants write to. */
import type { Files } from "../../world.ts";

/** Bytes free on the volume that holds `path`; a path that is not there has no room. */
export const freeOn = (files: Pick<Files, "free" | "stat">, path: string): number =>
	files.stat(path) === undefined ? 0 : files.free(path);
