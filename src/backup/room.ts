/**
 * Where a backup is made before it has its name: a private folder beside the target, so that the last step is one
 * rename. Whatever ends the work half-way leaves this folder at most, and the next backup to the same place removes it.
 */
import { basename, dirname, join } from "node:path";
import { BACKUP_NAME } from "../contract/backups.ts";
import { Fault, fault, isDiskFull, reason } from "../errors.ts";
import type { World } from "../world.ts";

type Seams = Pick<World, "files" | "spawn" | "random">;

const HUBS_OWN = new RegExp(BACKUP_NAME);
const PATTERN = /^(.+)\.(\d+)-[0-9a-f]{8}\.tmp$/;

/** What is done in the room, for the sentence when it fails. */
export type Doing = "made" | "tried" | "fetched" | "restored";

/** Runs `work` with such a folder and removes it afterwards. What the file system refuses becomes `backup_failed`. */
export async function inRoom<T>(
	world: Seams,
	target: string,
	doing: Doing,
	work: (folder: string) => Promise<T>,
): Promise<T> {
	const { files, random } = world;
	const mark = Buffer.from(random.bytes(4)).toString("hex");
	const folder = `${target}.${process.pid}-${mark}.tmp`;
	try {
		files.makeFolder(dirname(target));
		sweep(world, target);
		files.makeFolder(folder);
		return await work(folder);
	} catch (thrown) {
		throw asFailed(thrown, doing, dirname(target));
	} finally {
		files.remove(folder);
	}
}

class NoSpace extends Error {}

function asFailed(thrown: unknown, doing: Doing, folder: string): unknown {
	if (thrown instanceof Fault) return thrown;
	if (isDiskFull(thrown)) return fault("backup_failed", doing, `the disk of ${folder} is full`);
	const ofTheSystem = thrown instanceof Error && ("errcode" in thrown || "code" in thrown);
	return thrown instanceof NoSpace || ofTheSystem ? fault("backup_failed", doing, reason(thrown)) : thrown;
}

/** Of one target; a hub's own all are, since each has another name. */
const isKin = (one: string, other: string): boolean => one === other || (HUBS_OWN.test(one) && HUBS_OWN.test(other));

/** What was left by processes that are gone. */
function sweep({ files, spawn }: Seams, target: string): void {
	for (const name of files.list(dirname(target))) {
		const [, of, pid] = PATTERN.exec(name) ?? [];
		if (of !== undefined && isKin(of, basename(target)) && spawn.started(Number(pid)) === undefined)
			files.remove(join(dirname(target), name));
	}
}

/** Bytes beyond what is counted: the hub goes on writing while the backup is made. */
const SPARE = 8 * 1024 * 1024;

/** Throws where `bytes` would not fit: a backup must not fill the disk that the hub writes to. Only in a room. */
export function needSpace({ files }: Pick<World, "files">, folder: string, bytes: number): void {
	const free = files.free(folder);
	const megabytes = (size: number): number => Math.ceil(size / 1024 / 1024);
	if (free >= bytes + SPARE) return;
	const has = `the disk of ${dirname(folder)} has ${megabytes(free)} MB free`;
	throw new NoSpace(`${has}, and this takes up to ${megabytes(bytes + SPARE)} MB`);
}
