import type { Static } from "@sinclair/typebox";
import { type Kysely, type Selectable, sql } from "kysely";
import * as contract from "../../contract/journal.ts";
import type { Tables } from "../database/tables.ts";
import { read, write } from "../handle.ts";
import { cursorOf, cut, limitOf } from "../page.ts";
import { windowOf } from "../window.ts";
import { matchOf } from "../words.ts";
import type { JournalTable } from "./schema.ts";

/** Characters of an entry that its feed event repeats. */
const SUMMARY = 120;

/** Authors and tags are found in any case. */
const folded = (text: string): string => text.trim().toLowerCase();

export const append = write(contract.append, async ({ input, author: by, tx, stamp: { id, timestamp } }) => {
	const author = by.unnamed === true ? null : by.name;
	const text = input.text.trim();
	const mood = input.mood?.trim() || null;
	const tags = (input.tags ?? []).map((tag) => tag.trim()).filter((tag) => tag !== "");
	const row = {
		...{ id, timestamp, text, mood },
		author,
		author_folded: author === null ? null : folded(author),
		tags: tags.length === 0 ? null : JSON.stringify(tags),
	};
	const { seq } = await tx.insertInto("journal").values(row).returning("seq").executeTakeFirstOrThrow();
	for (const tag of new Set(tags.map(folded))) await tx.insertInto("journal_tags").values({ tag, seq }).execute();
	await tx.publish({ type: "journal_written", by, summary: text.slice(0, SUMMARY), detail: { entry: id } });
	return entryOf(row);
});

const entryOf = ({
	id,
	timestamp,
	text,
	author,
	mood,
	tags,
}: Omit<Selectable<JournalTable>, "seq" | "author_folded">) => ({
	...{ id, timestamp, text },
	...(author === null ? {} : { author }),
	...(mood === null ? {} : { mood }),
	...(tags === null ? {} : { tags: JSON.parse(tags) as string[] }),
});

type Asked = Static<typeof contract.raw.input>;

async function entries(db: Kysely<Tables>, input: Asked, now: number) {
	const bounded = [input.since, input.until, input.last].some((bound) => bound !== undefined);
	// Words are looked for at any age, unless a window is named.
	const window = input.words !== undefined && !bounded ? {} : windowOf(input, now);
	const after = cursorOf(input.cursor);
	const limit = limitOf(input.limit);
	if (window === undefined) return { rows: [], next: {} };
	let query = db
		.selectFrom("journal")
		.selectAll("journal")
		.orderBy("journal.seq")
		.limit(limit + 1);
	if (window.from !== undefined) query = query.where("timestamp", ">=", window.from);
	if (window.to !== undefined) query = query.where("timestamp", "<=", window.to);
	if (after !== undefined) query = query.where("journal.seq", ">", after);
	if (input.author !== undefined) query = query.where("author_folded", "=", folded(input.author));
	if (input.tag !== undefined) {
		const tagged = db.selectFrom("journal_tags").select("seq").where("tag", "=", folded(input.tag));
		query = query.where("journal.seq", "in", tagged);
	}
	if (input.words !== undefined) {
		const found = sql<number>`(select rowid from journal_words where journal_words match ${matchOf(input.words)})`;
		query = query.where("journal.seq", "in", found);
	}
	const { rows, next } = cut(await query.execute(), limit, (row) => row.seq);
	return { rows: rows.map(entryOf), next };
}

const lines = (rows: readonly contract.JournalEntry[]): string => rows.map(contract.rawLine).join("\n");

export const query = read(contract.query, async ({ input, db, now }) => {
	const { rows, next } = await entries(db, input, now);
	return input.raw === "true" ? lines(rows) : { entries: rows, count: rows.length, ...next };
});

export const raw = read(contract.raw, async ({ input, db, now }) => lines((await entries(db, input, now)).rows));
