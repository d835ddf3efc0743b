/** Sums by the day of use, for what one asks by. */
import * as contract from "../../contract/totals.ts";
import type { Connection } from "../database/connection.ts";
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

const both = (dimension: string, key: string, sign: "" | "-" = ""): string => `
	select ${key} as key, ${sign}n as n, ${sign}tokens as tokens, ${sign}nanodollars as nanodollars,
		0 as cutN, 0 as cutTokens, 0 as cutNanodollars from usage_rollups where slot = 'told ${dimension}' and start >= ?1
	union all select ${key}, 0, 0, 0, ${sign}n, ${sign}tokens, ${sign}nanodollars
		from usage_rollups where slot = 'cut ${dimension}' and start >= ?1`;

/** Told and cut beside each other, of the days from one on. What has no task, or no parent, is what the named ones leave. */
const PARTS: Readonly<Record<contract.Dimension, string>> = {
	agent: both("agent", "key"),
	model: both("model", "key"),
	day: both("agent", "start"),
	task: [both("task", "key"), both("agent", "''"), both("task", "''", "-")].join(" union all "),
	parent: [both("parent", "key"), both("agent", "''"), both("parent", "''", "-")].join(" union all "),
};

const grouped = (by: contract.Dimension): string =>
	`select key, ${FIELDS} from (${PARTS[by]}) group by key
		having total(n) + total(tokens) + total(nanodollars) + total(cutN) > 0`;

const sqlFor = (by: contract.Dimension) => ({
	rows: `${grouped(by)} order by ${by === "day" ? "key" : "total(nanodollars)"} desc, total(tokens) desc, key limit ?2`,
	count: `select count(*) as rows from (${grouped(by)})`,
});

const ALL = `select ${FIELDS} from (${PARTS.agent})`;

export const totals = read(contract.totals, ({ input, now, hub }) => {
	const { by } = input;
	const range = input.range ?? "7d";
	const span = duration(range);
	// A range that cannot be read means all time.
	const from = span === undefined ? Number.MIN_SAFE_INTEGER : floor(now - span, DAY);
	const { reader } = hub.database;
	const { rows, count } = sumsBy(reader, by, from, input.limit ?? ROWS);
	const whole = amountOf(reader.get<Sum>(ALL, from) ?? NOTHING);
	return {
		by,
		range,
		...(span === undefined ? {} : { from: dayOf(from) }),
		totals: whole,
		rows: rows.map(({ key, ...sum }) => ({ ...keyOf(by, key), ...amountOf(sum) })),
		count: rows.length,
		more: count - rows.length,
		coverage: coverageSince(reader, from, whole.sessions),
	};
});

function sumsBy(reader: Connection, by: contract.Dimension, from: number, limit: number) {
	const sql = sqlFor(by);
	return {
		rows: reader.all<Row>(sql.rows, from, limit),
		count: reader.get<{ rows: number }>(sql.count, from)?.rows ?? 0,
	};
}

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
