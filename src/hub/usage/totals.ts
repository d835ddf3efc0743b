/** Sums by the day of use, for what one asks by. */
import * as contract from "../../contract/totals.ts";
import { fault } from "../../errors.ts";
import { read } from "../handle.ts";
import { duration, iso } from "../window.ts";
import { coverageSince } from "./coverage.ts";
import { NANO } from "./numbers.ts";
import { DAY, floor } from "./rollups.ts";

const ROWS = 100;

interface Sum {
	readonly n: number;
	readonly tokens: number;
	readonly nanodollars: number;
	readonly cutN: number;
	readonly cutTokens: number;
	readonly cutNanodollars: number;
}

interface Row extends Sum {
	readonly key: string | number;
}

const SUMS = ["n", "tokens", "nanodollars", "cutN", "cutTokens", "cutNanodollars"];
const FIELDS = SUMS.map((field) => `total(${field}) as ${field}`).join(", ");

const both = (dimension: string, key: string, sign: "" | "-" = "", only = ""): string => `
	select ${key} as key, ${sign}n as n, ${sign}tokens as tokens, ${sign}nanodollars as nanodollars,
		0 as cutN, 0 as cutTokens, 0 as cutNanodollars
		from usage_rollups where slot = 'told ${dimension}' and start >= ?1 ${only}
	union all select ${key}, 0, 0, 0, ${sign}n, ${sign}tokens, ${sign}nanodollars
		from usage_rollups where slot = 'cut ${dimension}' and start >= ?1 ${only}`;

/** Told and cut beside each other, of the days from one on. What has no task, or no parent, is what the named ones leave. */
const PARTS: Readonly<Record<contract.Dimension, string>> = {
	agent: both("agent", "key"),
	model: both("model", "key"),
	day: both("agent", "start"),
	task: [both("task", "key"), both("agent", "''"), both("task", "''", "-")].join(" union all "),
	parent: [both("parent", "key"), both("agent", "''"), both("parent", "''", "-")].join(" union all "),
};

/** The days of one agent or of one model. */
const daysOf = (only: "agent" | "model"): string => both(only, "start", "", "and key = ?2");

const sqlFor = (parts: string, by: contract.Dimension, limit: "?2" | "?3") => {
	const grouped = `select key, ${FIELDS} from (${parts}) group by key
		having total(n) + total(tokens) + total(nanodollars) + total(cutN) > 0`;
	const order = by === "day" ? "key" : "total(nanodollars)";
	return {
		rows: `${grouped} order by ${order} desc, total(tokens) desc, key limit ${limit}`,
		count: `select count(*) as rows from (${grouped})`,
		all: `select ${FIELDS} from (${by === "day" ? parts : PARTS.agent})`,
	};
};

/** Its statements, and what they are asked with. */
function questionOf({
	by,
	agent,
	model,
}: {
	readonly by: contract.Dimension;
	readonly agent?: string;
	readonly model?: string;
}) {
	const named = agent ?? model;
	if (named === undefined) return { sql: sqlFor(PARTS[by], by, "?2"), of: [] };
	if (by !== "day" || (agent !== undefined && model !== undefined))
		throw fault("invalid_input", "agent and model are for by=day, one of them at a time");
	return { sql: sqlFor(daysOf(agent === undefined ? "model" : "agent"), by, "?3"), of: [named] };
}

export const totals = read(contract.totals, ({ input, now, hub }) => {
	const { by } = input;
	const range = input.range ?? "7d";
	const span = duration(range);
	// A range that cannot be read means all time.
	const from = span === undefined ? Number.MIN_SAFE_INTEGER : floor(now - span, DAY);
	const { reader } = hub.database;
	const { sql, of } = questionOf(input);
	const rows = reader.all<Row>(sql.rows, from, ...of, input.limit ?? ROWS);
	const count = reader.get<{ rows: number }>(sql.count, from, ...of)?.rows ?? 0;
	const totals = amountOf(reader.get<Sum>(sql.all, from, ...of) ?? NOTHING);
	const whole =
		of.length === 0 ? totals : amountOf(reader.get<Sum>(sqlFor(PARTS.agent, "agent", "?2").all, from) ?? NOTHING);
	return {
		by,
		range,
		...(span === undefined ? {} : { from: dayOf(from) }),
		totals,
		rows: rows.map(({ key, ...sum }) => ({ ...keyOf(by, key), ...amountOf(sum) })),
		count: rows.length,
		more: count - rows.length,
		coverage: coverageSince(reader, from, whole.sessions),
	};
});

const NOTHING: Sum = { n: 0, tokens: 0, nanodollars: 0, cutN: 0, cutTokens: 0, cutNanodollars: 0 };

const amountOf = ({ n, tokens, nanodollars, cutN, cutTokens, cutNanodollars }: Sum): contract.UsageAmount => ({
	...{ tokens, cost: nanodollars / NANO, sessions: n },
	estimated: { requests: cutN, tokens: cutTokens, cost: cutNanodollars / NANO },
});

const dayOf = (ms: number): string => iso(ms).slice(0, 10);

function keyOf(by: contract.Dimension, key: string | number): { readonly key?: string } {
	if (typeof key === "number") return { key: by === "day" ? dayOf(key) : String(key) };
	return key === "" ? {} : { key };
}
