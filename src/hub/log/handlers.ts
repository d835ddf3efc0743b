import type { Selectable } from "kysely";
import * as contract from "../../contract/log.ts";
import type { Context } from "../context.ts";
import { read, write } from "../handle.ts";
import { type Asked, cursorOf, cut, limitOf, pieces } from "../page.ts";
import { windowOf } from "../window.ts";
import { entryOf } from "./entry.ts";
import type { LogTable } from "./schema.ts";

/** Characters of an entry that its feed event repeats. */
const SUMMARY = 120;
const INSERT = "insert into log (id, timestamp, text, agent, facts) values (?, ?, ?, ?, ?)";

export const append = write(contract.append, async ({ input, author, tx, stamp: { id, timestamp } }) => {
	const text = input.text.trim();
	const agent = author.unnamed === true ? null : author.name;
	const facts = input.facts === undefined ? null : JSON.stringify(input.facts);
	const row = { id, timestamp, text, agent, facts };
	tx.gate.connection.run(INSERT, id, timestamp, text, agent, facts);
	await tx.publish({
		type: "log_appended",
		by: author,
		summary: text.slice(0, SUMMARY),
		detail: { entry: id, ...(input.facts?.mark === undefined ? {} : { mark: input.facts.mark }) },
	});
	return entryOf(row);
});

interface Found {
	readonly rows: contract.LogEntry[];
	readonly next?: string;
}

interface Query {
	readonly since?: string;
	readonly until?: string;
	readonly last?: string;
	readonly limit?: number;
	readonly cursor?: string;
}

/**
 * Entries of a window in the order in which they were written. By the index on time alone SQLite would sort all of the
 * window for each page; by rows alone it would read all before the window. So the index gives the window's first and last
 * row, and the rows between them are read in order. A clock that was set back puts rows of other times between them.
 */
const FIRST = "(select min(seq) from log where timestamp >= ?1 and timestamp <= ?2)";
const LAST = "(select max(seq) from log where timestamp >= ?1 and timestamp <= ?2)";
/** Before and after every moment that is written in four digits of a year. */
const [EARLIEST, LATEST] = ["", "~"];

function entries({ database }: Pick<Context, "database">, input: Query, now: number): Found {
	const window = windowOf(input, now);
	const after = cursorOf(input.cursor);
	const limit = limitOf(input.limit);
	if (window === undefined) return { rows: [] };
	const { from, to } = window;
	const found = database.reader.all<Selectable<LogTable>>(
		`select * from log where +timestamp >= ?1 and +timestamp <= ?2
		and seq > ${after === undefined && from !== undefined ? `max(?4, ${FIRST} - 1)` : "?4"}
		${from === undefined || to === undefined ? "" : `and seq <= ${LAST}`}
		order by seq limit ?3`,
		...[from ?? EARLIEST, to ?? LATEST, limit + 1, after ?? 0],
	);
	const { rows, next } = cut(found, limit, (row) => row.seq);
	return { rows: rows.map(entryOf), ...next };
}

export const query = read(contract.query, ({ input, hub, now }) => {
	const { rows, ...next } = entries(hub, input, now);
	return { entries: rows, count: rows.length, ...next };
});

export const raw = read(contract.raw, async ({ input, hub, now }) => {
	const lines: string[] = [];
	const piece = (asked: Asked) => hub.database.together(() => entries(hub, { ...input, ...asked }, now));
	for await (const { rows } of pieces(input, (one) => one.rows.length, piece)) {
		for (const row of rows) lines.push(contract.rawLine(row));
	}
	return lines.join("\n");
});
