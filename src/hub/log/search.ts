/**
 * The words of the log. An entry's words are indexed some seconds after it, many at once: one by one that costs three
 * times what keeping the entry does. A search first indexes what is not in yet, so it misses nothing.
 */

import type { Selectable } from "kysely";
import * as contract from "../../contract/log.ts";
import type { Database } from "../database/database.ts";
import { type Chore, read } from "../handle.ts";
import { cursorOf, cut, limitOf } from "../page.ts";
import { windowOf } from "../window.ts";
import { bringIn, matchOf } from "../words.ts";
import { entryOf } from "./entry.ts";
import type { LogTable } from "./schema.ts";

/** Entries indexed in one mutation: everyone else's writes wait for it. */
const BATCH = 500;
const EVERY = 5_000;

const UPTO = "select upto from log_indexed";
const BEHIND = `select max(seq) as last from (select seq from log where seq > (${UPTO}) order by seq limit ${BATCH})`;
const INDEX = `insert into log_words (rowid, text) select seq, text from log where seq > (${UPTO}) and seq <= ?`;

export async function indexLog(database: Database): Promise<void> {
	while (lastOf(database.reader.get(BEHIND)) !== undefined) {
		await database.write(async ({ gate: { connection } }) => {
			// Another search may have done it while this one waited for its turn.
			const last = lastOf(connection.get(BEHIND));
			if (last === undefined) return;
			connection.run(INDEX, last);
			connection.run("update log_indexed set upto = ?", last);
		});
	}
}

const lastOf = (row: { last: number | null } | undefined): number | undefined => row?.last ?? undefined;

export const indexing: Chore = { type: "chore", every: EVERY, run: ({ database }) => indexLog(database) };

export const search = read(contract.search, async ({ input, now, hub }) => {
	const { words, agent, since, until } = input;
	const match = matchOf(words);
	const before = cursorOf(input.cursor);
	const limit = limitOf(input.limit);
	const window = since === undefined && until === undefined ? {} : windowOf(input, now);
	if (window === undefined) return { entries: [], count: 0 };
	await bringIn(hub, indexLog);
	const filters: readonly [string, string | number | undefined][] = [
		["log_words match ?", match],
		["log_words.rowid < ?", before],
		["agent = ?", agent],
		["timestamp >= ?", window.from],
		["timestamp <= ?", window.to],
	];
	const given = filters.flatMap(([where, value]) => (value === undefined ? [] : [{ where, value }]));
	const found = hub.database.reader.all<Selectable<LogTable>>(
		`select log.* from log_words join log on log.seq = log_words.rowid
		where ${given.map(({ where }) => where).join(" and ")} order by log_words.rowid desc limit ${limit + 1}`,
		...given.map(({ value }) => value),
	);
	const { rows, next } = cut(found, limit, (row) => row.seq);
	return { entries: rows.map(entryOf), count: rows.length, ...next };
});
