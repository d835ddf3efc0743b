import type { Static } from "@sinclair/typebox";
import { type Kysely, type Selectable, sql } from "kysely";
import * as contract from "../../contract/journal.ts";
import type { Context } from "../context.ts";
import type { Tables } from "../database/tables.ts";
import { read, write } from "../handle.ts";
import { cursorOf, cut, limitOf, type Asked as Page, pieces } from "../page.ts";
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

interface Found {
	readonly rows: contract.JournalEntry[];
	readonly next?: string;
}

async function entries(db: Kysely<Tables>, input: Asked, now: number): Promise<Found> {
	const bounded = [input.since, input.until, input.last].some((bound) => bound !== undefined);
	// Words are looked for at any age, unless a window is named.
	const window = input.words !== undefined && !bounded ? {} : windowOf(input, now);
	const after = cursorOf(input.cursor);
	const limit = limitOf(input.limit);
	if (window === undefined) return { rows: [] };
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
	return { rows: rows.map(entryOf), ...next };
}

/** As plain lines, each piece read by itself: a page of the longest entries is 16 MB. */
async function textOf(input: Asked, { database }: Pick<Context, "database">, now: number): Promise<string> {
	const lines: string[] = [];
	const piece = (page: Page) => database.together(() => entries(database.read, { ...input, ...page }, now));
	for await (const { rows } of pieces(input, (one) => one.rows.length, piece))
		for (const row of rows) lines.push(contract.rawLine(row));
	return lines.join("\n");
}

const isText = ({ raw }: Static<typeof contract.query.input>): boolean => raw === "true";

export const query = read(
	contract.query,
	async ({ input, db, hub, now }) => {
		if (isText(input)) return await textOf(input, hub, now);
		const { rows, ...next } = await entries(db, input, now);
		return { entries: rows, count: rows.length, ...next };
	},
	{ whole: isText },
);

export const raw = read(contract.raw, ({ input, hub, now }) => textOf(input, hub, now));
