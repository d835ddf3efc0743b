/** What a backup is judged by: rows as they are stored, and the database that is packed in it. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { gunzipSync, gzipSync } from "node:zlib";
import { Digests, lineOf, manifestOf } from "../../src/backup/manifest.ts";
import { makeFolder } from "../support/folder.ts";

/** Every row of every table, with its row id where it has one: cursors are row ids. */
export function rowsOf(file: string): Record<string, unknown[]> {
	const database = new DatabaseSync(file, { readOnly: true });
	const tables = database
		.prepare(
			"select name, wr from pragma_table_list where schema = 'main' and type = 'table' and name not like 'sqlite%'",
		)
		.all() as { name: string; wr: number }[];
	const rows = tables.map(({ name, wr }) => {
		const sql = wr === 1 ? `select * from "${name}"` : `select rowid as "row id", * from "${name}" order by rowid`;
		return [name, database.prepare(sql).all()] as const;
	});
	database.close();
	return Object.fromEntries(rows.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The database in a backup, by the way that needs no Flagship. */
export function databaseIn(backup: string): string {
	const bytes = readFileSync(backup);
	const file = join(makeFolder(), "hub.db");
	writeFileSync(file, gunzipSync(bytes.subarray(bytes.indexOf("\n") + 1)));
	return file;
}

/** The backup with its database changed, and all its sums made to fit: only what is in it can tell. */
export function forged(backup: string, change: (database: DatabaseSync, file: string) => void): string {
	const file = databaseIn(backup);
	const database = new DatabaseSync(file);
	change(database, file);
	database.close();
	const made = readFileSync(backup, "utf8");
	const digests = new Digests();
	digests.add(readFileSync(file));
	const manifest = { ...manifestOf(made.slice(0, made.indexOf("\n")), backup), ...digests.end() };
	writeFileSync(`${backup}.forged`, Buffer.concat([Buffer.from(lineOf(manifest)), gzipSync(readFileSync(file))]));
	return `${backup}.forged`;
}
