/**
 * A backup of a data folder, with or without a hub at work on it. SQLite copies one snapshot of the database (`vacuum
 * into`: writers go on, and what was deleted does not come along); what is in it is counted and summed, packed behind
 * its manifest, and tried before it gets its name.
 */
import { createReadStream, createWriteStream } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { constants, createGzip } from "node:zlib";
import { packageVersion } from "../daemon/version.ts";
import { fault } from "../errors.ts";
import type { World } from "../world.ts";
import { countsOf, Digests, lineOf, type Manifest } from "./manifest.ts";
import { readManifest } from "./read.ts";
import { inRoom, needSpace } from "./room.ts";
import { tryRestore } from "./trial.ts";

export interface Made {
	readonly file: string;
	/** Of the file. */
	readonly size: number;
	readonly manifest: Manifest;
}

const CHUNK = 1024 * 1024;
/** Bytes after which what was written goes to the disk: at once it would keep the hub's own commits waiting. */
const SYNC_EVERY = 8 * 1024 * 1024;

/** Throws `not_found` without data, `backup_failed`, `conflict` where `target` is something else than a backup. */
export async function makeBackup(world: World, dataFolder: string, target: string): Promise<Made> {
	await mayReplace(world, target);
	return await inRoom(world, target, "made", async (folder) => {
		const packed = join(folder, "packed");
		const manifest = await pack(world, dataFolder, packed);
		await tryRestore(world, packed, folder);
		world.files.rename(packed, target);
		return { file: target, size: world.files.stat(target)?.size ?? 0, manifest };
	});
}

/** An earlier backup of that name is replaced by a whole one; any other file is somebody's. */
export async function mayReplace({ files }: Pick<World, "files">, target: string): Promise<void> {
	if (files.stat(target) === undefined) return;
	try {
		await readManifest(target);
	} catch {
		throw fault("conflict", `${target} is there already and is no backup; name another file.`);
	}
}

/** Writes the backup of a data folder to `file`, untried. */
export async function pack(world: World, dataFolder: string, file: string): Promise<Manifest> {
	const source = join(dataFolder, "hub.db");
	const size = world.files.stat(source)?.size;
	if (size === undefined) throw fault("not_found", `A hub's data in ${dataFolder}`);
	// The copy, and at worst as much again for what is packed; later for what is packed and its trial.
	needSpace(world, dirname(file), 2 * (size + (world.files.stat(`${source}-wal`)?.size ?? 0)));
	const snapshot = join(dirname(file), "snapshot.db");
	const madeAt = new Date(world.clock.now()).toISOString();
	copy(world, source, snapshot);
	const counted = counts(world, snapshot);
	const manifest = { version: packageVersion(), madeAt, ...counted, ...(await digestsOf(snapshot)) };
	await write(manifest, snapshot, file);
	world.files.remove(snapshot);
	return manifest;
}

function copy({ files }: World, from: string, to: string): void {
	const database = files.database(from);
	try {
		// Not synced: it is read back from memory, and a flood to the disk would keep the hub's commits waiting.
		database.exec("pragma busy_timeout = 5000; pragma synchronous = off; pragma temp_store = memory;");
		database.prepare("vacuum into ?").run(to);
	} finally {
		database.close();
	}
}

function counts({ files }: World, file: string): ReturnType<typeof countsOf> {
	const database = files.database(file);
	try {
		return countsOf(database);
	} finally {
		database.close();
	}
}

async function digestsOf(file: string): Promise<ReturnType<Digests["end"]>> {
	const digests = new Digests();
	for await (const chunk of createReadStream(file, { highWaterMark: CHUNK })) digests.add(chunk);
	return digests.end();
}

async function write(manifest: Manifest, snapshot: string, file: string): Promise<void> {
	const handle = await open(file, "wx", 0o600);
	try {
		await handle.writeFile(lineOf(manifest));
		const sink = createWriteStream("", { fd: handle.fd, autoClose: false, flush: false });
		let since = 0;
		await pipeline(
			createReadStream(snapshot, { highWaterMark: CHUNK }),
			createGzip({ level: constants.Z_BEST_SPEED, chunkSize: CHUNK }),
			async function* (chunks: AsyncIterable<Buffer>) {
				for await (const chunk of chunks) {
					yield chunk;
					since += chunk.length;
					if (since < SYNC_EVERY) continue;
					since = 0;
					await handle.datasync();
				}
			},
			sink,
		);
		await handle.sync();
	} finally {
		await handle.close();
	}
}
