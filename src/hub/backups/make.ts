/**
 * The hub makes a backup of itself: in a process of its own, which copies, packs and tries it while the hub serves. Its
 * end is an event, good or bad.
 */
import { join } from "node:path";
import type { Backup } from "../../contract/backups.ts";
import { entryFile } from "../../daemon/version.ts";
import { type ErrorCode, errors, Fault, fault } from "../../errors.ts";
import type { Author } from "../author.ts";
import type { Context } from "../context.ts";
import { environment } from "../own-process.ts";
import { backupsOf, dataFolderOf, folderOf, nameAt, rotate } from "./shelf.ts";

export interface Job {
	readonly dataFolder: string;
	readonly target: string;
}

/** What the process says of a refusal, on its only line. */
export interface Refused {
	readonly code: string;
	readonly error: string;
	readonly remedy: string;
}

/** ms for the process: a hub of many gigabytes on a slow disk. */
const WITHIN = 840_000;

/** One at a time: who asks while one is made waits for that one. */
const making = new WeakMap<Context["database"], Promise<Backup>>();

/** Throws `backup_failed` and the like, after the event that tells of it. */
export function makeBackup(hub: Context, by: Author): Promise<Backup> {
	const known = making.get(hub.database);
	if (known !== undefined) return known;
	const made = make(hub, by).finally(() => making.delete(hub.database));
	making.set(hub.database, made);
	return made;
}

export const isMaking = (database: Context["database"]): boolean => making.has(database);

async function make(hub: Context, by: Author): Promise<Backup> {
	const name = nameAt(hub.world.clock.now());
	try {
		await run(hub, { dataFolder: dataFolderOf(hub), target: join(folderOf(hub), name) });
		const backup = backupsOf(hub).find((one) => one.name === name);
		if (backup === undefined) throw fault("backup_failed", "made", `${name} is not in ${folderOf(hub)}`);
		const removed = rotate(hub);
		await hub.database.write((tx) =>
			tx.publish({ type: "backup_made", by, summary: name, detail: { ...backup, removed } }),
		);
		return backup;
	} catch (thrown) {
		const known = thrown instanceof Fault ? thrown : fault("backup_failed", "made", String(thrown));
		await hub.database.write((tx) =>
			tx.publish({ type: "backup_failed", by, summary: known.message, detail: { why: known.message } }),
		);
		throw known;
	}
}

async function run({ world }: Context, job: Job): Promise<void> {
	const ran = await world.spawn.run(process.execPath, [entryFile, "hub", "backup"], {
		...{ input: JSON.stringify(job), env: environment(), timeout: WITHIN, endsGroup: true },
	});
	if (ran.code === 0) return;
	if (ran.timedOut) throw fault("backup_failed", "made", `it took longer than ${WITHIN / 60_000} minutes`);
	throw (
		refusalIn(ran.stdout) ??
		fault("backup_failed", "made", `its process ended with ${ran.code}: ${ran.stderr.slice(0, 300)}`)
	);
}

function refusalIn(said: string): Fault | undefined {
	try {
		const { code, error, remedy }: Refused = JSON.parse(said);
		return Object.hasOwn(errors, code) ? new Fault(code as ErrorCode, error, remedy) : undefined;
	} catch {
		// It came to no word: how it ended says the rest.
		return undefined;
	}
}
