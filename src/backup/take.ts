/** A backup of a hub elsewhere: fetched into the room, tried here, and only then named. */
import { join } from "node:path";
import type { World } from "../world.ts";
import { type Made, mayReplace } from "./make.ts";
import { readManifest } from "./read.ts";
import { inRoom } from "./room.ts";
import { tryRestore } from "./trial.ts";

/** Writes a backup to a new file, 0600 and on the disk. Throws `backup_failed` and what the other side refuses. */
export type Source = (file: string) => Promise<void>;

export async function takeBackup({ world }: { readonly world: World }, target: string, source: Source): Promise<Made> {
	await mayReplace(world, target);
	return await inRoom(world, target, "fetched", async (folder) => {
		const packed = join(folder, "packed");
		await source(packed);
		await tryRestore(world, packed, folder);
		const manifest = await readManifest(packed);
		world.files.rename(packed, target);
		return { file: target, size: world.files.stat(target)?.size ?? 0, manifest };
	});
}
