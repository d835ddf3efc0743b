/**
 * A backup put in the place of a hub's data. What was there is kept beside it. Whoever followed the hub learns that it
 * went back: `feed.seq` goes on above all that was ever given, with an event that says up to where the records are those
 * of the backup.
 */
import { copyFileSync, linkSync } from "node:fs";
import { basename, join } from "node:path";
import { tryLock } from "../daemon/lock.ts";
import { packageVersion } from "../daemon/version.ts";
import { fault } from "../errors.ts";
import { Connection } from "../hub/database/connection.ts";
import { openStorage } from "../hub/database/database.ts";
import { Gate } from "../hub/database/tx.ts";
import { createPublisher } from "../hub/feed/event.ts";
import { createIds } from "../hub/ids.ts";
import { loadModules } from "../hub/modules.ts";
import type { TokenRow } from "../hub/tokens/schema.ts";
import type { World } from "../world.ts";
import type { Manifest } from "./manifest.ts";
import { unpack } from "./read.ts";
import { inRoom, needSpace } from "./room.ts";
import { tryRestore } from "./trial.ts";

export interface Restored {
	readonly manifest: Manifest;
	/** Where the former data is; absent where there was none. */
	readonly former?: string;
	/** Of the event that tells of it; all that follows is above it. */
	readonly seq: number;
	/** Tokens that changed after the backup, as the former data has them. Absent where it could not be read. */
	readonly tokens?: { readonly revoked: number; readonly rotated: number; readonly made: number };
}

/**
 * The place of an age in `seq`: a hub that was restored goes on at a multiple above all that it ever gave. No hub has so
 * many events in one age.
 */
const AGE = 1_000_000_000;
/** Where nobody can say what was given: an age by the calendar, which is above every age that was counted. */
const FIRST_YEAR = Date.UTC(2020, 0);
const HOUR = 3_600_000;

/** Throws `already_running` while a hub works there, `backup_damaged`, `newer_data`, `backup_failed`; then all is as it was. */
export async function restoreBackup(world: World, file: string, dataFolder: string): Promise<Restored> {
	const lock = tryLock(world, dataFolder, packageVersion());
	if (lock === undefined) throw fault("already_running", "hub", dataFolder, "or a restore");
	try {
		return await inRoom(world, join(dataFolder, "restore"), "restored", async (folder) => {
			const { bytes } = await tryRestore(world, file, folder);
			world.files.remove(join(folder, "trial"));
			needSpace(world, folder, bytes);
			const fresh = join(folder, "fresh");
			world.files.makeFolder(fresh);
			const manifest = await unpack(file, join(fresh, "hub.db"));
			const former = readFormer(world, dataFolder);
			const told = await prepare(world, fresh, manifest, former);
			return { manifest, ...exchange(world, dataFolder, fresh), ...told };
		});
	} finally {
		lock.release();
	}
}

interface Former {
	/** The greatest that it gave. */
	readonly seq: number;
	readonly tokens: readonly TokenRow[];
}

/** What the new one needs of the former database, which is then all in its one file; undefined where it cannot say. */
function readFormer({ files }: World, dataFolder: string): Former | undefined {
	const file = join(dataFolder, "hub.db");
	if (files.stat(file) === undefined) return undefined;
	const database = new Connection(files.database(file));
	try {
		database.script("pragma busy_timeout = 5000; pragma wal_checkpoint(truncate);");
		return { seq: greatest(database).seq, tokens: database.all<TokenRow>("select * from tokens order by id") };
	} catch {
		// Damaged, which may be why a backup is put back: it is kept as it is.
		return undefined;
	} finally {
		database.close();
	}
}

const greatest = (database: Connection): { readonly seq: number; readonly id: string | undefined } => {
	const row = database.get<{ seq: number | null; id: string | null }>(
		"select max(seq) as seq, max(id) as id from feed",
	);
	return { seq: row?.seq ?? 0, id: row?.id ?? undefined };
};

/** Brings the database up to this Flagship's schema, and on to a new age. */
async function prepare(
	world: World,
	folder: string,
	manifest: Manifest,
	former: Former | undefined,
): Promise<Pick<Restored, "seq" | "tokens">> {
	const storage = openStorage(world, folder, (await loadModules(world)).schemas);
	const { writing } = storage;
	const now = world.clock.now();
	try {
		writing.run("begin immediate");
		const tokens = former === undefined ? undefined : carryTokens(writing, former.tokens);
		endSessions(writing, now);
		// The hub was not there from then until now: who holds a task has the time that was left.
		const away = Math.max(0, now - Date.parse(manifest.madeAt));
		writing.run("update tasks set claimed_until = claimed_until + ? where claimed_by is not null", away);
		const last = former?.seq ?? Math.floor((now - FIRST_YEAR) / HOUR) * AGE;
		const seq = (Math.floor(Math.max(last, manifest.seq) / AGE) + 1) * AGE;
		tell(world, writing, { manifest, seq });
		writing.run("commit");
		return { seq, ...(tokens === undefined ? {} : { tokens }) };
	} finally {
		storage.close();
	}
}

/**
 * A token that was revoked stays so, and a secret that was replaced stays dead: whoever lost it must not have it back.
 * Those made since go on working. The former data may be of an older schema, or of a newer one: what both know is taken.
 */
function carryTokens(writing: Connection, former: readonly TokenRow[]): Restored["tokens"] {
	const known = new Map(writing.all<TokenRow>("select * from tokens").map((row) => [row.id, row]));
	const columns = writing.all<{ name: string }>("select name from pragma_table_info('tokens')").map(({ name }) => name);
	const carried = { revoked: 0, rotated: 0, made: 0 };
	for (const row of former) {
		const entries = Object.entries(row).filter(([name]) => columns.includes(name));
		const before = known.get(row.id);
		// Nothing brings one back that the backup already has as revoked.
		if (before !== undefined && before.revoked_at !== null) continue;
		const names = entries.map(([name]) => name);
		writing.run(
			`insert into tokens (${names.join(", ")}) values (${names.map(() => "?").join(", ")})
				on conflict (id) do update set ${names.map((name) => `${name} = excluded.${name}`).join(", ")}`,
			...entries.map(([, value]) => value),
		);
		if (before === undefined) carried.made++;
		else if (row.revoked_at !== null) carried.revoked++;
		else if (row.hash !== before.hash) carried.rotated++;
	}
	return carried;
}

/** Which of them were ended since, nobody knows: a person logs in again, and who was thrown out stays out. */
function endSessions(writing: Connection, now: number): void {
	writing.run("update browser_sessions set ended_at = ? where ended_at is null", new Date(now).toISOString());
	writing.run("delete from login_links");
}

function tell(world: World, writing: Connection, { manifest, seq }: { manifest: Manifest; seq: number }): void {
	const ids = createIds(world, greatest(writing).id);
	const event = createPublisher(world, ids)(new Gate(writing), {
		type: "hub_restored",
		by: { name: "hub", role: "admin" },
		summary: `The records are those of ${manifest.madeAt}; what was written between then and now is not among them`,
		detail: { madeAt: manifest.madeAt, upto: manifest.seq, version: manifest.version },
	});
	writing.run("update feed set seq = ? where seq = ?", seq, event.seq);
}

/**
 * The former database gets a second name first, then the new one takes its place by one rename: whatever ends this
 * half-way, a whole database is there.
 */
function exchange({ files, clock }: World, dataFolder: string, fresh: string): Pick<Restored, "former"> {
	const at = (name: string): string => join(dataFolder, name);
	const stamp = new Date(clock.now()).toISOString().replaceAll(/[:.]/g, "-");
	const kept = at(`before-restore-${stamp}`);
	const there = files.stat(at("hub.db")) !== undefined;
	if (there) {
		files.makeFolder(kept);
		secondName(at("hub.db"), join(kept, "hub.db"));
		// Left only by a database that could not be opened; beside the new one they would be taken for its own.
		for (const name of ["hub.db-wal", "hub.db-shm"].filter((one) => files.stat(at(one)) !== undefined))
			files.rename(at(name), join(kept, name));
	}
	files.sync(join(fresh, "hub.db"));
	files.rename(join(fresh, "hub.db"), at("hub.db"));
	// A copy of records that are not there any more, made anew when it is asked for.
	for (const name of files.list(dataFolder).filter((one) => /^analytics\.duckdb/.test(basename(one))))
		files.remove(at(name));
	return there ? { former: kept } : {};
}

function secondName(file: string, name: string): void {
	try {
		linkSync(file, name);
	} catch {
		// A volume without links.
		copyFileSync(file, name);
	}
}
