/**
 * What is copied, and how the copy stays current: rows that are new or were changed since the last time are taken again.
 * Counts and sums of both sides are compared afterwards; where they differ (a deleted row, a clock that was set back) the
 * table is copied anew.
 */

export type ColumnType = "BIGINT" | "DOUBLE" | "VARCHAR" | "TIMESTAMP";

export interface Copied {
	readonly name: string;
	readonly columns: readonly (readonly [name: string, type: ColumnType, from: string])[];
	readonly from: string;
	/** An integer that names the row. */
	readonly key: string;
	/** An integer that grows when the row is changed; absent: rows never change. */
	readonly stamp?: string;
}

const ms = (text: string): string => `cast(unixepoch(${text}, 'subsec') * 1000 as integer)`;
/** TIMESTAMP columns come as ms since 1970. */
const moment = (name: string, from: string) => [name, "TIMESTAMP", ms(from)] as const;
const words = (name: string, from = name) => [name, "VARCHAR", from] as const;
const field = (name: string, path: string) => [name, "BIGINT", `cast(round(doc ->> '${path}') as integer)`] as const;
const dollars = ["cost_usd", "DOUBLE", "nanodollars / 1e9"] as const;

export const TABLES: readonly Copied[] = [
	{
		name: "sessions",
		from: "usage_sessions",
		key: "n",
		stamp: ms("doc ->> 'recordedAt'"),
		columns: [
			...[words("session", "session_id"), words("agent"), words("parent", "doc ->> 'parentAgent'")],
			...[words("task", "nullif(task, '')"), words("model", "doc ->> 'model'")],
			...[field("input", "$.tokens.input"), field("output", "$.tokens.output")],
			...[field("cache_read", "$.tokens.cacheRead"), field("cache_write", "$.tokens.cacheWrite")],
			...[["tokens", "BIGINT", "tokens"] as const, dollars, field("turns", "$.turns")],
			...[moment("started_at", "doc ->> 'startedAt'"), moment("ended_at", "doc ->> 'endedAt'")],
		],
	},
	{
		name: "estimates",
		from: "usage_estimates",
		key: "n",
		columns: [
			...[words("session", "session_id"), words("request"), words("agent"), words("model", "doc ->> 'model'")],
			...[words("task", "nullif(task, '')"), words("parent", "nullif(parent, '')"), words("cut_by", "doc ->> 'cutBy'")],
			...[["tokens", "BIGINT", "tokens"] as const, dollars, moment("ended_at", "doc ->> 'at'")],
		],
	},
	{
		name: "tasks",
		from: "tasks",
		key: "n",
		stamp: ms("updated_at"),
		columns: [
			...[words("id"), words("title"), words("status"), words("assignee"), words("created_by"), words("tags")],
			...[moment("created_at", "created_at"), moment("updated_at", "updated_at")],
		],
	},
	{
		name: "events",
		from: "feed",
		key: "seq",
		columns: [
			...[["seq", "BIGINT", "seq"] as const, words("id"), words("type"), words("agent"), words("summary")],
			...[words("detail"), moment("happened_at", "timestamp")],
		],
	},
	{
		name: "log",
		from: "log",
		key: "seq",
		columns: [words("id"), words("agent"), words("text"), words("facts"), moment("written_at", "timestamp")],
	},
];
