import type { Kysely } from "kysely";
import * as contract from "../../contract/log.ts";
import type { Tables } from "../database/tables.ts";
import { read, write } from "../handle.ts";
import { cursorOf, cut, limitOf } from "../page.ts";
import { windowOf } from "../window.ts";
import { entryOf } from "./entry.ts";

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

interface Query {
	readonly since?: string;
	readonly until?: string;
	readonly last?: string;
	readonly limit?: number;
	readonly cursor?: string;
}

async function entries(db: Kysely<Tables>, input: Query, now: number) {
	const window = windowOf(input, now);
	const after = cursorOf(input.cursor);
	const limit = limitOf(input.limit);
	if (window === undefined) return { rows: [], next: {} };
	let query = db
		.selectFrom("log")
		.selectAll()
		.orderBy("seq")
		.limit(limit + 1);
	if (window.from !== undefined) query = query.where("timestamp", ">=", window.from);
	if (window.to !== undefined) query = query.where("timestamp", "<=", window.to);
	if (after !== undefined) query = query.where("seq", ">", after);
	const { rows, next } = cut(await query.execute(), limit, (row) => row.seq);
	return { rows: rows.map(entryOf), next };
}

export const query = read(contract.query, async ({ input, db, now }) => {
	const { rows, next } = await entries(db, input, now);
	return { entries: rows, count: rows.length, ...next };
});

export const raw = read(contract.raw, async ({ input, db, now }) => {
	const { rows } = await entries(db, input, now);
	return rows.map(contract.rawLine).join("\n");
});
