/** Transcripts: what was said in every lieutenant's session, kept beyond its end, with secrets masked by its host. */
import { type Static, Type } from "@sinclair/typebox";
import { operation, WRITERS } from "./operation.ts";
import { more, oneOf, page, text } from "./shapes.ts";
import { searched } from "./window.ts";

export const SPEAKERS = ["user", "assistant", "tool", "custom"] as const;
/** Longest text of one entry, in characters; a host cuts what is longer and says so. */
export const ENTRY_MAX = 60_000;
/** Entries of one page at most; a page also ends at half a million characters. */
export const ENTRIES_MAX = 200;

const Ulid = Type.String({ pattern: "^[0-9A-HJKMNP-TV-Z]{26}$" });
const When = Type.String({ minLength: 1, maxLength: 64, description: "ISO 8601" });
const Who = text(200, "id, or name; of several with one name the newest");
const paging = {
	limit: Type.Optional(Type.Integer({ minimum: 1, maximum: ENTRIES_MAX, description: "default 50" })),
	cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: "`next` of the page before" })),
};

const Said = {
	entry: Type.String({ minLength: 1, maxLength: 100, description: "pi's id of the entry" }),
	timestamp: When,
	role: oneOf(SPEAKERS),
	text: text(ENTRY_MAX),
};

export const TranscriptEntry = Type.Object({
	...Said,
	cursor: Type.String({ description: "reading from it begins here" }),
});
export type TranscriptEntry = Static<typeof TranscriptEntry>;

export const Transcript = Type.Object({
	lieutenant: Type.String({ description: "id" }),
	name: Type.String(),
	owner: Type.String(),
	host: Type.String(),
	entries: Type.Integer(),
	firstAt: Type.String(),
	lastAt: Type.String(),
});
export type Transcript = Static<typeof Transcript>;

const line = ({ timestamp, role, text: words }: TranscriptEntry): string => `[${timestamp}] ${role}: ${words}`;

export const append = operation({
	name: "transcripts.append",
	at: "hub",
	cli: "transcripts append",
	summary: "Keep what was said in a lieutenant's session since the last time. Its host does so by itself.",
	method: "POST",
	path: "/transcripts",
	status: 201,
	input: Type.Object({
		lieutenant: Ulid,
		name: text(200),
		owner: text(500),
		entries: Type.Array(Type.Object(Said), { minItems: 1, maxItems: 1_000, description: "oldest first" }),
	}),
	output: Type.Object({ added: Type.Integer({ description: "entries that were not there yet" }) }),
	allow: ["host"],
	spool: true,
	tell: ({ added }) => `${added} entries are kept.`,
});

export const list = operation({
	name: "transcripts.list",
	at: "hub",
	tool: "transcript_list",
	cli: "transcripts list",
	summary: "List the lieutenants whose sessions are kept, also of those that are gone, newest first.",
	method: "GET",
	path: "/transcripts",
	status: 200,
	input: Type.Object(paging),
	output: Type.Object({ transcripts: Type.Array(Transcript), ...page }),
	allow: WRITERS,
	tell: ({ transcripts, next }) =>
		(transcripts
			.map(
				({ lieutenant, name, entries, firstAt, lastAt }) =>
					`${lieutenant} ${name} ${entries} entries ${firstAt} – ${lastAt}`,
			)
			.join("\n") || "No transcripts.") + more(next),
});

export const search = operation({
	name: "transcripts.search",
	at: "hub",
	tool: "transcript_search",
	cli: "transcripts search",
	summary: "Find words in what lieutenants said, were told and saw, also those that are gone; newest first.",
	method: "GET",
	path: "/transcripts/search",
	status: 200,
	input: Type.Object({
		words: searched,
		lieutenant: Type.Optional(Who),
		role: Type.Optional(oneOf(SPEAKERS)),
		...paging,
	}),
	output: Type.Object({
		found: Type.Array(
			Type.Object({
				lieutenant: Type.String(),
				name: Type.String(),
				timestamp: Type.String(),
				role: oneOf(SPEAKERS),
				excerpt: Type.String({ description: "around what was found, which stands in «»" }),
				cursor: Type.String({ description: "transcript_read from here shows the whole" }),
			}),
		),
		...page,
	}),
	allow: WRITERS,
	tell: ({ found, next }) =>
		(found
			.map(
				({ lieutenant, name, timestamp, role, excerpt, cursor }) =>
					`${name} [${timestamp}] ${role}: ${excerpt}\n  transcript_read ${lieutenant}, cursor ${cursor}`,
			)
			.join("\n") || "Nothing found.") + more(next),
});

export const read = operation({
	name: "transcripts.read",
	at: "hub",
	tool: "transcript_read",
	cli: "transcripts read",
	summary: "Read what was said in a lieutenant's session, oldest first, also of one that is gone.",
	method: "GET",
	path: "/transcripts/:lieutenant",
	status: 200,
	input: Type.Object({
		lieutenant: Who,
		last: Type.Optional(
			Type.Integer({
				minimum: 1,
				maximum: ENTRIES_MAX,
				description: "its last so many entries, whatever the cursor says",
			}),
		),
		...paging,
	}),
	output: Type.Object({
		lieutenant: Type.String(),
		name: Type.String(),
		entries: Type.Array(TranscriptEntry),
		...page,
	}),
	allow: WRITERS,
	tell: ({ entries, next }) => (entries.map(line).join("\n") || "Nothing was said.") + more(next),
});
