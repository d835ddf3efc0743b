/**
 * What sums are answered from, kept in the transaction that changes a row, so that they are never behind and a summary of
 * 100,000 sessions reads some hundred rows. Two kinds: by the moment at which a session began, exact to the millisecond
 * through buckets of four sizes, for each agent; and by the day of use, for each thing that one may ask by.
 */
import type { UsagePart } from "../../contract/usage.ts";
import type { Connection } from "../database/connection.ts";
import type { Gate } from "../database/tx.ts";
import { NANO } from "./numbers.ts";

const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** Smallest first: a range is single rows to the next full hour, then hours to the next six, and so on. */
export const SIZES = [HOUR, 6 * HOUR, DAY, 7 * DAY] as const;

/** What sessions told, and what was estimated of answers that were cut off: never in one sum. */
export type Kind = "told" | "cut";

export interface Amount {
	/** Sessions, or requests. */
	readonly n: number;
	readonly tokens: number;
	/** Billionths of a dollar, whole. */
	readonly nanodollars: number;
}

/** A row as the sums see it. */
export interface Counted extends Amount {
	readonly kind: Kind;
	readonly agent: string;
	readonly model: string;
	/** Empty: none, and in no sum of its own: it is what the others leave. */
	readonly task: string;
	readonly parent: string;
	/** When the session began or the request ended, ms since 1970. */
	readonly at: number;
	/** By day and model; the rest belongs to `at` and `model`. */
	readonly parts: readonly UsagePart[];
}

interface Cell extends Amount {
	readonly slot: string;
	readonly start: number;
	readonly key: string;
}

const ADD = `insert into usage_rollups (slot, start, key, n, tokens, nanodollars) values (?, ?, ?, ?, ?, ?)
	on conflict (slot, start, key) do update set n = n + excluded.n, tokens = tokens + excluded.tokens,
	nanodollars = nanodollars + excluded.nanodollars`;

export const floor = (ms: number, size: number): number => Math.floor(ms / size) * size;
const ceil = (ms: number, size: number): number => Math.ceil(ms / size) * size;

/** Takes out of the sums what a row said, and adds what it says now; only what differs is written. */
export function change(gate: Gate, before: Counted | undefined, after: Counted): void {
	const changes = new Map<string, Cell>();
	for (const [row, sign] of [
		[before, -1],
		[after, 1],
	] as const) {
		if (row === undefined) continue;
		for (const cell of cellsOf(row)) {
			const name = `${cell.slot} ${cell.start} ${cell.key}`;
			changes.set(name, { ...cell, ...plus(changes.get(name) ?? NOTHING, cell, sign) });
		}
	}
	for (const { slot, start, key, n, tokens, nanodollars } of changes.values()) {
		if (n === 0 && tokens === 0 && nanodollars === 0) continue;
		gate.connection.run(ADD, slot, start, key, n, tokens, nanodollars);
	}
}

const NOTHING: Amount = { n: 0, tokens: 0, nanodollars: 0 };

const plus = (a: Amount, b: Amount, sign: 1 | -1): Amount => ({
	n: a.n + sign * b.n,
	tokens: a.tokens + sign * b.tokens,
	nanodollars: a.nanodollars + sign * b.nanodollars,
});

/** Where a row counts. */
function cellsOf(row: Counted): readonly Cell[] {
	const { kind, agent, at, n, tokens, nanodollars } = row;
	const whole = SIZES.map((size) => ({
		...{ slot: `${kind} ${size}`, start: floor(at, size), key: agent, n, tokens, nanodollars },
	}));
	const pieces = row.parts.map(({ day, model, tokens: used, cost }) => ({
		...{ day: Date.parse(day), model, n: 0, tokens: Math.round(used), nanodollars: Math.round(cost * NANO) },
	}));
	const rest = pieces.reduce((left: Amount, piece) => plus(left, piece, -1), row);
	const all = [...pieces, { day: floor(at, DAY), model: row.model, ...plus(NOTHING, rest, 1) }];
	return [
		...whole,
		...all.flatMap(({ day, model, ...amount }) =>
			Object.entries({ agent, model, task: row.task, parent: row.parent })
				.filter(([, key]) => key !== "")
				.map(([dimension, key]) => ({ slot: `${kind} ${dimension}`, start: day, key, ...amount })),
		),
	];
}

export interface AgentSum extends Amount {
	readonly agent: string;
}

const ROWS: Record<Kind, string> = {
	told: "select agent as key, 1 as n, tokens, nanodollars from usage_sessions where started_ms >= ? and started_ms < ?",
	cut: "select agent as key, 1 as n, tokens, nanodollars from usage_estimates where at_ms >= ? and at_ms < ?",
};

// `total` and not `sum`: it answers a float where an integer would overflow.
const beginnings = (kind: Kind): string => `
	select key as agent, total(n) as n, total(tokens) as tokens, total(nanodollars) as nanodollars from (
		${ROWS[kind]}
		${SIZES.map((size) => `union all select key, n, tokens, nanodollars from usage_rollups where slot = '${kind} ${size}' and start >= ? and start < ?`).join("\n")}
	) group by key having total(n) > 0 order by total(nanodollars) desc, key`;

const BEGINNINGS: Record<Kind, string> = { told: beginnings("told"), cut: beginnings("cut") };

/** For each agent what began at this millisecond or later, dearest first. */
export function sumsSince(reader: Connection, kind: Kind, from: number): readonly AgentSum[] {
	const edges = [from];
	for (const size of SIZES) edges.push(ceil(edges.at(-1) ?? from, size));
	const bounds = edges.flatMap((edge, n) => [edge, edges[n + 1] ?? Number.MAX_SAFE_INTEGER]);
	return reader.all<AgentSum>(BEGINNINGS[kind], ...bounds);
}
