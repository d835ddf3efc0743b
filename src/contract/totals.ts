/** What the fleet has used, by whatever one asks: the day of use, the agent, its model, its task, who started it. */
import { type Static, Type } from "@sinclair/typebox";
import { Coverage, tellCoverage } from "./coverage.ts";
import { EVERYONE, operation } from "./operation.ts";
import { oneOf } from "./shapes.ts";
import { Range } from "./usage.ts";

export const DIMENSIONS = ["agent", "model", "day", "task", "parent"] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** Dollars are exact to the billionth; `tell` rounds. */
const amounts = {
	tokens: Type.Number(),
	cost: Type.Number({ description: "US dollars" }),
	sessions: Type.Integer({ description: "each once: where it began, under the model that answered most" }),
	estimated: Type.Object(
		{ requests: Type.Integer(), tokens: Type.Number(), cost: Type.Number() },
		{ description: "requests whose answer was cut off; not in the other figures" },
	),
};

export const UsageAmount = Type.Object(amounts);
export type UsageAmount = Static<typeof UsageAmount>;

export const UsageTotal = Type.Object({
	key: Type.Optional(Type.String({ description: "absent: what has no task, or no parent" })),
	...amounts,
});
export type UsageTotal = Static<typeof UsageTotal>;

export const totals = operation({
	name: "usage.totals",
	at: "hub",
	tool: "usage_totals",
	cli: "usage totals",
	summary: "Sum tokens and cost by agent, model, day, task or parent, by the day of use.",
	method: "GET",
	path: "/usage/totals",
	status: 200,
	input: Type.Object({
		by: oneOf(DIMENSIONS),
		range: Range,
		agent: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: "by day: of this agent alone" })),
		model: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: "by day: of this model alone" })),
		limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, description: "rows, default 100" })),
	}),
	output: Type.Object({
		by: oneOf(DIMENSIONS),
		range: Type.String(),
		from: Type.Optional(Type.String({ description: "the first day counted, whole, UTC; absent: all time" })),
		totals: Type.Object(amounts, { description: "by day of one agent or model: of that one" }),
		rows: Type.Array(UsageTotal, { description: "dearest first; days latest first" }),
		count: Type.Integer(),
		more: Type.Integer({ description: "rows beyond the limit; they are in the totals" }),
		coverage: Coverage,
	}),
	allow: EVERYONE,
	sentences: { by: `by must be one of ${DIMENSIONS.join(", ")}` },
	tell: ({ by, from, totals, rows, more, coverage }) =>
		[
			`By ${by}${from === undefined ? "" : ` since ${from}`}: ${tellAmount(totals)}`,
			...rows.map((row) => `${row.key ?? `(no ${by})`}: ${tellAmount(row)}`),
			...(more === 0 ? [] : [`${more} more; raise limit to see them.`]),
			tellCoverage(coverage),
		].join("\n"),
});

function tellAmount({ tokens, cost, sessions, estimated }: UsageAmount): string {
	const besides =
		estimated.requests === 0
			? ""
			: `; besides, estimated: ${estimated.requests} answers cut off, about ${estimated.tokens} tokens, $${estimated.cost.toFixed(2)}`;
	return `${tokens} tokens, $${cost.toFixed(2)}, ${sessions} sessions${besides}`;
}
