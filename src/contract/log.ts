/** The work log: what was done, decided or found, for whoever comes next. */
import { type Static, Type } from "@sinclair/typebox";
import { operation, WRITERS } from "./operation.ts";

export const LogEntry = Type.Object({
	id: Type.String({ description: "ULID" }),
	timestamp: Type.String({ description: "ISO 8601, UTC" }),
	text: Type.String(),
	agent: Type.Optional(Type.String()),
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
		text: Type.String({ minLength: 1, maxLength: LOG_TEXT_MAX, pattern: "\\S" }),
		agent: Type.Optional(Type.String({ description: "only an admin or host token may name another" })),
	}),
	output: LogEntry,
	allow: WRITERS,
	core: true,
	spool: true,
	tell: (entry) => `Logged ${entry.id}.`,
});
