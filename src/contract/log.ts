/** The work log: what was done, decided or found, for whoever comes next. */
import { type Static, Type } from "@sinclair/typebox";
import { EVERYONE, operation, WRITERS } from "./operation.ts";
import { blankableAuthor, more, oneOf, page, paging, text } from "./shapes.ts";
import { searched, window } from "./window.ts";

/** What a run changed, attached by the work-log gate of whoever writes the entry. */
export const Facts = Type.Object(
	{
		files: Type.Array(Type.String({ maxLength: 4_096 }), { maxItems: 500 }),
		commits: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 500, description: "full hashes" }),
		effects: Type.Array(Type.String({ maxLength: 500 }), { maxItems: 500 }),
		mark: Type.Optional(
			oneOf(["auto", "unmatched"], "auto: the gate wrote the entry; unmatched: its words and these facts disagree"),
		),
	},
	{ description: "leave out: the work-log gate adds it" },
);
export type Facts = Static<typeof Facts>;

export const LogEntry = Type.Object({
	id: Type.String({ description: "ULID" }),
	timestamp: Type.String({ description: "ISO 8601, UTC" }),
	text: Type.String(),
	agent: Type.Optional(Type.String()),
	facts: Type.Optional(Facts),
});
export type LogEntry = Static<typeof LogEntry>;

/** Longest entry accepted, in characters. An entry is a note: longer text belongs in a report. */
export const LOG_TEXT_MAX = 16_384;

export const append = operation({
	name: "log.append",
	at: "hub",
	tool: "log_append",
	cli: "log append",
	summary: "Record what was done, decided or found, for whoever comes next.",
	method: "POST",
	path: "/log",
	status: 201,
	input: Type.Object({
		text: text(LOG_TEXT_MAX),
		agent: blankableAuthor,
		facts: Type.Optional(Facts),
	}),
	output: LogEntry,
	author: { field: "agent" },
	allow: WRITERS,
	core: true,
	spool: true,
	tell: (entry) => `Logged ${entry.id}.`,
});

export const query = operation({
	name: "log.query",
	at: "hub",
	tool: "log_query",
	cli: "log query",
	summary: "Read the work log, oldest first.",
	method: "GET",
	path: "/log",
	status: 200,
	input: Type.Object({ ...window, ...paging }),
	output: Type.Object({ entries: Type.Array(LogEntry), ...page }),
	allow: EVERYONE,
	core: true,
	tell: ({ entries, next }) => (entries.map(rawLine).join("\n") || "No entries.") + more(next),
});

export const search = operation({
	name: "log.search",
	at: "hub",
	tool: "log_search",
	cli: "log search",
	summary: "Find work log entries of any age by words, newest first.",
	method: "GET",
	path: "/log/search",
	status: 200,
	input: Type.Object({
		words: searched,
		agent: Type.Optional(Type.String({ maxLength: 200 })),
		since: window.since,
		until: window.until,
		...paging,
	}),
	output: Type.Object({ entries: Type.Array(LogEntry), ...page }),
	allow: EVERYONE,
	tell: ({ entries, next }) => (entries.map(rawLine).join("\n") || "No entries.") + more(next),
});

export const raw = operation({
	name: "log.raw",
	at: "hub",
	cli: "log raw",
	summary: "Read the work log as plain lines.",
	method: "GET",
	path: "/log/raw",
	status: 200,
	answers: "text",
	input: Type.Object({ ...window, ...paging }),
	output: Type.String(),
	allow: EVERYONE,
	tell: (lines) => lines,
});

/** `[timestamp] (agent) text`, as `/log/raw` gives it. */
export function rawLine(entry: LogEntry): string {
	return `[${entry.timestamp}] ${entry.agent === undefined ? "" : `(${entry.agent}) `}${entry.text}`;
}
