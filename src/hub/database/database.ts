/** The hub's one SQLite file: a writer, and a second connection that only reads. */
import { dirname } from "node:path";
import { Kysely } from "kysely";
import type { FeedEvent } from "../../contract/feed.ts";
import type { World } from "../../world.ts";
import { Connection } from "./connection.ts";
import { refusalOf } from "./damage.ts";
import { propsFor } from "./dialect.ts";
import { createReads, type Reads } from "./reads.ts";
import { migrate, type Schema } from "./schema.ts";
import type { Tables } from "./tables.ts";
import type { Publisher } from "./tx.ts";
import { readWal } from "./wal.ts";
import { createWriter, type Writer } from "./writer.ts";

/** The open file, its schema up to date. */
export interface Storage {
	readonly writing: Connection;
	readonly reading: Connection;
	/** Commits that a damaged write-ahead log could not give back. */
	readonly lost: number;
	/** Empties the write-ahead log into the file. */
	close(): void;
}

export interface Database {
	readonly write: Writer["write"];
	/** What a caller waits for: gathered with what others ask in the same turn. */
	readonly together: Reads;
	/** Typed reads of what is committed. Each statement sees the newest commit. */
	readonly read: Kysely<Tables>;
	/** The same connection, synchronously, where a read must not be parted from what follows it. */
	readonly reader: Connection;
	/** Answers what was begun, then closes the file. */
	close(): Promise<void>;
}

/** Throws `newer_data` when a newer Flagship wrote this folder, `hub_damaged` or `home_unusable` when it cannot be used. */
export function openStorage({ files }: Pick<World, "files">, folder: string, schemas: readonly Schema[]): Storage {
	files.makeFolder(folder);
	const file = `${folder}/hub.db`;
	const { lost } = readWal(files.readFrom(`${file}-wal`, 0));
	try {
		return opened(files, file, schemas, lost);
	} catch (thrown) {
		throw refusalOf(thrown, file, files);
	}
}

function opened(files: World["files"], file: string, schemas: readonly Schema[], lost: number): Storage {
	const writing = new Connection(files.database(file));
	try {
		// FULL: an answered write survives also a power cut; NORMAL may lose the last commits in WAL mode.
		writing.script("pragma busy_timeout = 5000; pragma journal_mode = wal; pragma synchronous = full;");
		writing.script("pragma foreign_keys = on; pragma temp_store = memory;");
		migrate(writing, schemas, dirname(file));
		const reading = new Connection(files.database(file));
		reading.script("pragma busy_timeout = 5000; pragma query_only = on; pragma temp_store = memory;");
		return {
			writing,
			reading,
			lost,
			close() {
				reading.close();
				writing.script("pragma wal_checkpoint(truncate);");
				writing.close();
			},
		};
	} catch (thrown) {
		writing.close();
		throw thrown;
	}
}

export interface DatabaseOptions {
	readonly world: Pick<World, "clock">;
	readonly storage: Storage;
	readonly publisher: Publisher;
	readonly deliver: (events: readonly FeedEvent[]) => void;
}

export function createDatabase({ world, storage, publisher, deliver }: DatabaseOptions): Database {
	const writer = createWriter({ world, connection: storage.writing, publisher, deliver });
	return {
		write: writer.write,
		together: createReads({ world, connection: storage.reading, first: writer.hurry }),
		read: new Kysely<Tables>(propsFor(storage.reading)),
		reader: storage.reading,
		async close() {
			await writer.close();
			storage.close();
		},
	};
}
