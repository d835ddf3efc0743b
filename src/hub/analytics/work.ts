/**
 * One query, in a process of its own: bring the copy up to date, lock everything but reading it, let DuckDB's own parser
 * say that it is one SELECT, run it within bounds of time, memory and rows.
 */
import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { reason } from "../../errors.ts";
import type { World } from "../../world.ts";
import { Connection } from "../database/connection.ts";
import { refresh } from "./copy.ts";

export interface Job {
	/** The hub's file, and where its copy is. */
	readonly file: string;
	readonly copy: string;
	readonly sql: string;
	readonly rows: number;
	/** MB that DuckDB may take for the query. */
	readonly memory: number;
	/** ms that the query may take. */
	readonly within: number;
}

export type Done =
	| {
			readonly type: "rows";
			readonly columns: readonly string[];
			readonly rows: readonly (readonly unknown[])[];
			readonly truncated: boolean;
			readonly seq: number;
	  }
	| { readonly type: "refused"; readonly why: string }
	| { readonly type: "cut"; readonly limit: "time" | "memory" }
	| { readonly type: "absent" };

type Duck = typeof import("@duckdb/node-api");

/** Characters of an answer, beyond which rows are left out. */
const TEXT_MAX = 200_000;

export async function work(world: Pick<World, "clock" | "files">, job: Job, load: () => Promise<Duck>): Promise<Done> {
	let duck: Duck;
	try {
		duck = await load();
	} catch (thrown) {
		if (thrown instanceof Error && /@duckdb|Cannot find/.test(thrown.message)) return { type: "absent" };
		throw thrown;
	}
	const seq = await current(world, job, duck);
	const instance = await duck.DuckDBInstance.create(job.copy, { ...LOCKED, memory_limit: `${job.memory}MB` });
	try {
		return await ask(world, await instance.connect(), job, seq);
	} finally {
		instance.closeSync();
		// A folder that it may make, and put nothing into, before it gives up for want of memory.
		world.files.remove(`${job.copy}.tmp`);
	}
}

/** Nothing but reading this file: no other files, no network, no extensions, and no way to say otherwise. */
export const LOCKED = {
	access_mode: "READ_ONLY",
	enable_external_access: "false",
	autoinstall_known_extensions: "false",
	autoload_known_extensions: "false",
	allow_community_extensions: "false",
	allow_persistent_secrets: "false",
	max_temp_directory_size: "0KiB",
	threads: "1",
	lock_configuration: "true",
} as const;

async function current({ files }: Pick<World, "files">, { file, copy }: Job, duck: Duck): Promise<number> {
	const source = new Connection(files.database(file));
	source.script("pragma busy_timeout = 5000; pragma query_only = on; pragma temp_store = memory;");
	try {
		try {
			return await refreshed(source, copy, duck);
		} catch {
			// A copy that was cut off in the middle, or that another version made: it is only a copy.
			for (const path of [copy, `${copy}.wal`]) files.remove(path);
			return await refreshed(source, copy, duck);
		}
	} finally {
		source.close();
	}
}

async function refreshed(source: Connection, copy: string, duck: Duck): Promise<number> {
	const instance: DuckDBInstance = await duck.DuckDBInstance.create(copy, { threads: "1", memory_limit: "256MB" });
	try {
		const connection = await instance.connect();
		const seq = await refresh(source, connection, duck);
		connection.closeSync();
		return seq;
	} finally {
		instance.closeSync();
	}
}

async function ask({ clock }: Pick<World, "clock">, copy: DuckDBConnection, job: Job, seq: number): Promise<Done> {
	const wrong = await notOneSelect(copy, job.sql);
	if (wrong !== undefined) return { type: "refused", why: wrong };
	let late = false;
	const timer = clock.after(job.within, () => {
		late = true;
		copy.interrupt();
	});
	try {
		const reader = await copy.streamAndReadUntil(job.sql, job.rows + 1);
		const found = reader.getRowsJson() as unknown[][];
		const rows = fitting(found.slice(0, job.rows));
		return { type: "rows", columns: reader.columnNames(), rows, truncated: rows.length < found.length, seq };
	} catch (thrown) {
		if (late) return { type: "cut", limit: "time" };
		const why = reason(thrown);
		return /^Out of Memory Error/i.test(why) ? { type: "cut", limit: "memory" } : { type: "refused", why };
	} finally {
		timer.cancel();
	}
}

/** What DuckDB's parser says against it: it can write down nothing but SELECT statements. */
async function notOneSelect(copy: DuckDBConnection, sql: string): Promise<string | undefined> {
	const parsed = await copy.runAndReadAll("select json_serialize_sql($1::varchar)", [sql]);
	const tree: { error?: boolean; error_message?: string; statements?: unknown[] } = JSON.parse(
		String(parsed.getRows()[0]?.[0]),
	);
	if (tree.error === true) {
		const why = tree.error_message ?? "it cannot be read";
		return why.startsWith("Only SELECT") ? "only a SELECT may be asked." : why;
	}
	return tree.statements?.length === 1 ? undefined : `it holds ${tree.statements?.length ?? 0} statements, not one.`;
}

function fitting(rows: readonly unknown[][]): readonly unknown[][] {
	let left = TEXT_MAX;
	const over = rows.findIndex((row) => {
		left -= JSON.stringify(row).length;
		return left < 0;
	});
	return over === -1 ? rows : rows.slice(0, over);
}
