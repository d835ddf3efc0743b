import * as contract from "../../contract/transcripts.ts";
import { fault } from "../../errors.ts";
import type { Caller } from "../author.ts";
import type { Connection } from "../database/connection.ts";
import { read, write } from "../handle.ts";
import { cursorOf, cut } from "../page.ts";
import { matchOf } from "../words.ts";
import { visible } from "./rights.ts";
import type { TranscriptTable } from "./schema.ts";

const PAGE = 50;
/** Characters of one page: its last entry may be longer. */
const PAGE_CHARACTERS = 500_000;
/** Words around what was found. */
const AROUND = 24;

const KEEP = `insert into transcript_entries (lieutenant, entry, timestamp, role, text) values (?, ?, ?, ?, ?)
	on conflict do nothing returning n`;

/** A host says the same again whenever it is not sure: an entry that is there stays as it is. */
export const append = write(contract.append, async ({ input, author, caller, tx }) => {
	const { lieutenant, name, owner, entries } = input;
	const host = caller.host ?? caller.name;
	const known = await tx.selectFrom("transcripts").selectAll().where("lieutenant", "=", lieutenant).executeTakeFirst();
	if (known !== undefined && known.host !== host)
		throw fault("forbidden", caller.role, "add to another host's transcript");
	const [first, last] = [entries[0], entries.at(-1)];
	if (first === undefined || last === undefined) return { added: 0 };
	if (known === undefined) {
		const row = { lieutenant, name, owner, host, entries: 0, first_at: first.timestamp, last_at: last.timestamp };
		await tx.insertInto("transcripts").values(row).execute();
	}
	let added = 0;
	for (const { entry, timestamp, role, text } of entries) {
		if (tx.gate.connection.get(KEEP, lieutenant, entry, timestamp, role, text) !== undefined) added++;
	}
	if (added === 0) return { added };
	await tx
		.updateTable("transcripts")
		.set((row) => ({ name, owner, last_at: last.timestamp, entries: row("entries", "+", added) }))
		.where("lieutenant", "=", lieutenant)
		.execute();
	await tx.publish({
		type: "transcript_kept",
		by: author,
		summary: `${added} entries of ${name}`,
		detail: { lieutenant, entries: added },
	});
	return { added };
});

type TranscriptRow = TranscriptTable & { readonly n: number };

export const list = read(contract.list, ({ input, caller, hub }) => {
	const { sql, values } = visible(caller);
	const limit = input.limit ?? PAGE;
	const before = cursorOf(input.cursor) ?? Number.MAX_SAFE_INTEGER;
	const found = hub.database.reader.all<TranscriptRow>(
		`select t.*, t.rowid as n from transcripts t where t.rowid < ? and ${sql} order by t.rowid desc limit ?`,
		before,
		...values,
		limit + 1,
	);
	const { rows, next } = cut(found, limit, (row) => row.n);
	const transcripts = rows.map(({ lieutenant, name, owner, host, entries, first_at, last_at }) => ({
		...{ lieutenant, name, owner, host, entries, firstAt: first_at, lastAt: last_at },
	}));
	return { transcripts, count: rows.length, ...next };
});

/** By id or name. One that may not be read is as one that is not there. */
function rowOf(reader: Connection, caller: Caller, named: string): TranscriptTable {
	const { sql, values } = visible(caller);
	const row = reader.get<TranscriptTable>(
		`select t.* from transcripts t where (t.lieutenant = ? or t.name = ?) and ${sql} order by t.lieutenant desc limit 1`,
		named,
		named,
		...values,
	);
	if (row === undefined) throw fault("not_found", "transcript");
	return row;
}

interface EntryRow {
	readonly n: number;
	readonly lieutenant: string;
	readonly name: string;
	readonly entry: string;
	readonly timestamp: string;
	readonly role: contract.TranscriptEntry["role"];
	readonly text: string;
}

/** A cursor is the number of the last one that was seen. */
const cursorTo = ({ n }: EntryRow): string => String(n - 1);

export const search = read(contract.search, ({ input, caller, hub }) => {
	const { reader } = hub.database;
	const match = matchOf(input.words);
	const one = input.lieutenant === undefined ? undefined : rowOf(reader, caller, input.lieutenant).lieutenant;
	const { sql, values } = visible(caller);
	const limit = input.limit ?? PAGE;
	const filters: readonly [string, string | number | undefined][] = [
		["transcript_words match ?", match],
		["transcript_words.rowid < ?", cursorOf(input.cursor)],
		["e.lieutenant = ?", one],
		["e.role = ?", input.role],
	];
	const given = filters.flatMap(([where, value]) => (value === undefined ? [] : [{ where, value }]));
	const rows = reader.all<EntryRow>(
		`select e.n, e.lieutenant, t.name, e.entry, e.timestamp, e.role,
			snippet(transcript_words, 0, '«', '»', '…', ${AROUND}) as text
		from transcript_words join transcript_entries e on e.n = transcript_words.rowid
		join transcripts t on t.lieutenant = e.lieutenant
		where ${given.map(({ where }) => where).join(" and ")} and ${sql}
		order by transcript_words.rowid desc limit ${limit + 1}`,
		...given.map(({ value }) => value),
		...values,
	);
	const shown = cut(rows, limit, (row) => row.n);
	const found = shown.rows.map((row) => ({
		...{ lieutenant: row.lieutenant, name: row.name, timestamp: row.timestamp, role: row.role },
		...{ excerpt: row.text, cursor: cursorTo(row) },
	}));
	return { found, count: found.length, ...shown.next };
});

/** Rows until the page holds as many characters as it may; one at least. */
function within(rows: readonly EntryRow[]): readonly EntryRow[] {
	let characters = 0;
	const end = rows.findIndex(({ text }) => {
		characters += text.length;
		return characters > PAGE_CHARACTERS;
	});
	return end === -1 ? rows : rows.slice(0, Math.max(1, end));
}

export const readOne = read(contract.read, ({ input, caller, hub }) => {
	const { reader } = hub.database;
	const { lieutenant, name } = rowOf(reader, caller, input.lieutenant);
	if (input.last !== undefined) return { lieutenant, name, ...lastOf(reader, lieutenant, input.last) };
	const limit = input.limit ?? PAGE;
	const found = reader.all<EntryRow>(
		"select * from transcript_entries where lieutenant = ? and n > ? order by n limit ?",
		lieutenant,
		cursorOf(input.cursor) ?? 0,
		limit + 1,
	);
	const fit = within(found);
	const { rows, next } = cut(found, Math.min(limit, fit.length), (row) => row.n);
	return { lieutenant, name, entries: rows.map(entryOf), count: rows.length, ...next };
});

const entryOf = (row: EntryRow): contract.TranscriptEntry => ({
	...{ entry: row.entry, timestamp: row.timestamp, role: row.role, text: row.text, cursor: cursorTo(row) },
});

/** The end of a session, oldest first; as long as one page may be, the newest entries first of all. */
function lastOf(reader: Connection, lieutenant: string, last: number) {
	const found = reader.all<EntryRow>(
		"select * from transcript_entries where lieutenant = ? order by n desc limit ?",
		lieutenant,
		last,
	);
	const entries = within(found).map(entryOf).reverse();
	return { entries, count: entries.length };
}
