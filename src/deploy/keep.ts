/**
 * The records as the old hub left them, beside the data: to put them back takes one rename, and no room on the disk. Both
 * are done by the holder of the data folder's lock, so that no hub can be started meanwhile.
 */
import { constants, copyFileSync, linkSync } from "node:fs";
import { join } from "node:path";
import { inRoom, needSpace } from "../backup/room.ts";
import { type Lock, tryLock } from "../daemon/lock.ts";
import { packageVersion } from "../daemon/version.ts";
import { pause } from "../daemon/wait.ts";
import { fault } from "../errors.ts";
import type { World } from "../world.ts";
import { holdingsOf, isUntouched } from "./holdings.ts";
import type { Holdings } from "./state.ts";

const COPY = "before-deploy.db";
/** ms for a hub that is on its way out. */
const WITHIN = 10_000;

/** Keeps a copy; undefined where there are no records yet. Throws `backup_failed` on a full disk: nothing was changed. */
export const keepCopy = (world: World, dataFolder: string): Promise<Holdings | undefined> =>
	alone(world, dataFolder, async () => {
		const { files } = world;
		const [file, copy] = [join(dataFolder, "hub.db"), join(dataFolder, COPY)];
		files.remove(copy);
		const size = files.stat(file)?.size;
		if (size === undefined) return undefined;
		checkpoint(world, file);
		await inRoom(world, copy, "made", async (folder) => {
			needSpace(world, folder, size);
			copyFileSync(file, join(folder, "hub.db"), constants.COPYFILE_FICLONE);
			files.sync(join(folder, "hub.db"));
			files.rename(join(folder, "hub.db"), copy);
		});
		return holdingsOf(files, dataFolder);
	});

/** All of it is in the one file then. */
function checkpoint({ files }: World, file: string): void {
	const database = files.database(file);
	try {
		database.exec("pragma busy_timeout = 5000; pragma wal_checkpoint(truncate);");
	} finally {
		database.close();
	}
}

/** `kept`: where what the newer version had made of them is. Absent: it had not touched them, and they were left. */
export interface PutBack {
	readonly kept?: string;
}

export const putBack = (world: World, dataFolder: string, before: Holdings): Promise<PutBack> =>
	alone(world, dataFolder, async () => {
		const { files } = world;
		const copy = join(dataFolder, COPY);
		if (isAsItWas(world, dataFolder, before)) {
			files.remove(copy);
			return {};
		}
		if (files.stat(copy) === undefined) throw fault("not_found", copy);
		const kept = setAside(world, dataFolder);
		files.rename(copy, join(dataFolder, "hub.db"));
		// A copy of records that are not there any more, made anew when it is asked for.
		for (const name of files.list(dataFolder).filter((one) => /^analytics\.duckdb/.test(one)))
			files.remove(join(dataFolder, name));
		return { kept };
	});

function isAsItWas({ files }: World, dataFolder: string, before: Holdings): boolean {
	try {
		const now = holdingsOf(files, dataFolder);
		return now !== undefined && isUntouched(before, now);
	} catch {
		// It cannot even be read.
		return false;
	}
}

/** The database gets a second name first: whatever ends this half-way, a whole one is in its place. */
function setAside({ files, clock }: World, dataFolder: string): string {
	const stamp = new Date(clock.now()).toISOString().replaceAll(/[:.]/g, "-");
	const kept = join(dataFolder, `failed-deploy-${stamp}`);
	files.makeFolder(kept);
	for (const name of ["hub.db-wal", "hub.db-shm"].filter((one) => files.stat(join(dataFolder, one)) !== undefined))
		files.rename(join(dataFolder, name), join(kept, name));
	if (files.stat(join(dataFolder, "hub.db")) !== undefined)
		secondName(files, join(dataFolder, "hub.db"), join(kept, "hub.db"));
	return kept;
}

function secondName(files: World["files"], file: string, name: string): void {
	try {
		linkSync(file, name);
	} catch {
		// A volume without links.
		files.rename(file, name);
	}
}

export const dropCopy = ({ files }: World, dataFolder: string): void => files.remove(join(dataFolder, COPY));

/** Throws `already_running` where a hub does not let go. */
async function alone<T>(world: World, dataFolder: string, work: () => Promise<T>): Promise<T> {
	const lock = await take(world, dataFolder);
	try {
		return await work();
	} finally {
		lock.release();
	}
}

async function take(world: World, dataFolder: string): Promise<Lock> {
	const until = world.clock.elapsed() + WITHIN;
	for (;;) {
		const lock = tryLock(world, dataFolder, packageVersion());
		if (lock !== undefined) return lock;
		if (world.clock.elapsed() > until) throw fault("already_running", "hub", dataFolder, "started meanwhile");
		await pause(world, 100);
	}
}
