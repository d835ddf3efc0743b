/** The journal: what it was like. Impressions and moods, in an agent's own words; what was done is in the work log. */
import { type Static, Type } from "@sinclair/typebox";
import { EVERYONE, operation, WRITERS } from "./operation.ts";
import { blankableAuthor, more, page, paging, text } from "./shapes.ts";
import { searched, window } from "./window.ts";

export const JournalEntry = Type.Object({
	id: Type.String({ description: "ULID" }),
	timestamp: Type.String({ description: "ISO 8601, UTC" }),
	text: Type.String(),
	author: Type.Optional(Type.String()),
	mood: Type.Optional(Type.String()),
	tags: Type.Optional(Type.Array(Type.String())),
});
export type JournalEntry = Static<typeof JournalEntry>;

export const append = operation({
	name: "journal.append",
	at: "hub",
	tool: "journal_entry",
	cli: "journal append",
	summary: "Write into the journal what it was like: an impression, a worry, a delight.",
	method: "POST",
	path: "/journal",
	status: 201,
	input: Type.Object({
		text: text(16_384),
		author: blankableAuthor,
		mood: Type.Optional(Type.String({ maxLength: 200, description: "a word or two" })),
		tags: Type.Optional(Type.Array(Type.String({ maxLength: 200 }), { maxItems: 50 })),
	}),
	output: JournalEntry,
	author: { field: "author" },
	allow: WRITERS,
	spool: true,
	tell: (entry) => `In the journal: ${entry.id}.`,
});

const filter = {
	...window,
	author: Type.Optional(Type.String({ maxLength: 200 })),
	tag: Type.Optional(Type.String({ maxLength: 200 })),
	words: Type.Optional(searched),
	...paging,
};

export const query = operation({
	name: "journal.query",
	at: "hub",
	tool: "journal_query",
	cli: "journal query",
	summary: "Read the journal, oldest first; find entries by words, author or tag.",
	method: "GET",
	path: "/journal",
	status: 200,
	input: Type.Object({
		...filter,
		raw: Type.Optional(
			Type.String({ maxLength: 10, description: "leave out: true gives plain lines, as /journal/raw" }),
		),
	}),
	output: Type.Union([Type.Object({ entries: Type.Array(JournalEntry), ...page }), Type.String()]),
	allow: EVERYONE,
	tell: (found) =>
		typeof found === "string" ? found : (found.entries.map(rawLine).join("\n") || "No entries.") + more(found.next),
});

export const raw = operation({
	name: "journal.raw",
	at: "hub",
	cli: "journal raw",
	summary: "Read the journal as plain lines.",
	method: "GET",
	path: "/journal/raw",
	status: 200,
	answers: "text",
	input: Type.Object(filter),
	output: Type.String(),
	allow: EVERYONE,
	tell: (lines) => lines,
});

/** `[timestamp] (author) [mood] #tag text`, without the parts that there are not. */
export function rawLine({ timestamp, author, mood, tags = [], text: words }: JournalEntry): string {
	const parts = [
		`[${timestamp}]`,
		...(author === undefined ? [] : [`(${author})`]),
		...(mood === undefined ? [] : [`[${mood}]`]),
		...tags.map((tag) => `#${tag}`),
		words,
	];
	return parts.join(" ");
}
