/** Questions in SQL, over a copy of what the hub holds. */
import { Type } from "@sinclair/typebox";
import { operation } from "./operation.ts";
import { text } from "./shapes.ts";

export const query = operation({
	name: "usage.query",
	at: "hub",
	tool: "usage_query",
	cli: "usage query",
	summary:
		"Ask in SQL (DuckDB): one SELECT over sessions, estimates, tasks, events, log. `describe <table>` for columns.",
	method: "POST",
	path: "/usage/query",
	status: 200,
	input: Type.Object({
		sql: text(8_000),
		limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, description: "rows, default 100" })),
	}),
	output: Type.Object({
		columns: Type.Array(Type.String()),
		rows: Type.Array(Type.Array(Type.Unknown()), { description: "times in UTC; large integers as text" }),
		count: Type.Integer(),
		truncated: Type.Boolean({ description: "there were more rows, or more text than 200,000 characters" }),
		seq: Type.Integer({ description: "the feed's newest event in the copy that was asked" }),
	}),
	// Each starts a process; agents have usage_totals.
	allow: ["admin", "orchestrator"],
	patience: 100_000,
	tell: ({ columns, rows, truncated }) =>
		[
			columns.join(" | "),
			...rows.map((row) => row.map((value) => (typeof value === "string" ? value : JSON.stringify(value))).join(" | ")),
			...(rows.length === 0 ? ["No rows."] : []),
			...(truncated ? ["There is more: raise limit, or ask for less."] : []),
		].join("\n"),
});
