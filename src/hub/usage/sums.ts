/**
 * Sums by hour, day and agent, kept in the transaction that records a session, so that the summary of 100,000 sessions
 * reads some hundred rows and is never behind.
 */
import type { Connection } from "../database/connection.ts";
import type { Gate } from "../database/tx.ts";

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** What one session adds. */
export interface Part {
	readonly agent: string;
	readonly startedMs: number;
	readonly tokens: number;
	readonly nanodollars: number;
}

const ADD = `insert into usage_sums (size, start, agent, tokens, nanodollars, sessions) values (?, ?, ?, ?, ?, ?)
	on conflict (size, start, agent) do update set tokens = tokens + excluded.tokens,
	nanodollars = nanodollars + excluded.nanodollars, sessions = sessions + excluded.sessions`;

const floor = (ms: number, size: number): number => Math.floor(ms / size) * size;
const ceil = (ms: number, size: number): number => Math.ceil(ms / size) * size;

/** `sign` is -1 for what a session said before and says anew. */
export function addToSums(gate: Gate, { agent, startedMs, tokens, nanodollars }: Part, sign: 1 | -1): void {
	for (const [name, size] of [
		["hour", HOUR],
		["day", DAY],
	] as const) {
		gate.connection.run(ADD, name, floor(startedMs, size), agent, sign * tokens, sign * nanodollars, sign);
	}
}

export interface Sum {
	readonly agent: string;
	readonly tokens: number;
	readonly nanodollars: number;
	readonly sessions: number;
}

// `total` and not `sum`: it answers a float where an integer would overflow.
const SUM = `select agent, total(tokens) as tokens, total(nanodollars) as nanodollars, total(sessions) as sessions from (
	select agent, tokens, nanodollars, 1 as sessions from usage_sessions where started_ms >= ? and started_ms < ?
	union all select agent, tokens, nanodollars, sessions from usage_sums where size = 'hour' and start >= ? and start < ?
	union all select agent, tokens, nanodollars, sessions from usage_sums where size = 'day' and start >= ?
) group by agent having total(sessions) > 0 order by total(nanodollars) desc, agent`;

/** Exact from this millisecond on: single sessions to the next full hour, hours to the next day, then days. */
export function sumsSince(reader: Connection, from: number): Sum[] {
	const hour = ceil(from, HOUR);
	const day = ceil(from, DAY);
	return reader.all<Sum>(SUM, from, hour, hour, day, day);
}
