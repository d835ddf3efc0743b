/**
 * Work that has an end: what it must leave behind, how far it may go, and what happens when it goes on without writing.
 * Judged by facts: the changes in the work-log gate's entries, never the model's words. Pure; the keeper carries it out.
 */
import { type Found, union } from "../../gates/facts.ts";
import { workEvents } from "../../gates/ledger.ts";
import type { Entry } from "../../pi/entry.ts";
import type { Allowance } from "../../pi/pack/allowance.ts";
import { isAnswer } from "../../pi/transcript.ts";
import { type Cap, capText, metLimit, type Spent } from "./cap.ts";
import { DERIVED, type Deliverable, deliverText, dueText } from "./deliverable.ts";
import type { BoundSettings } from "./settings.ts";

/** What was said about new work; what was not is derived. */
export interface Order {
	readonly deliverable?: Deliverable;
	readonly cap?: Cap;
	/** Board id. */
	readonly task?: string;
}

/** Where a session stands. */
export interface Course {
	/** Answers of the model; an error of its provider is none. */
	readonly turns: number;
	/** `turns` at the last write. */
	readonly worked: number;
	readonly tokens: number;
	readonly usd: number;
	/** Wall time, ms. */
	readonly at: number;
}

/** A lieutenant as stored, at this wall time. */
export const courseOf = (
	stored: { readonly steps?: Pick<Course, "turns" | "worked">; readonly tokens: number; readonly costUsd: number },
	at: number,
): Course => ({ ...(stored.steps ?? { turns: 0, worked: 0 }), tokens: stored.tokens, usd: stored.costUsd, at });

export interface Bound {
	/** ULID, new with each allowance: what a stop leaves behind is keyed by it, so that it is left once. */
	readonly id: string;
	readonly deliverable: Deliverable;
	readonly cap: Cap;
	readonly task?: string;
	/** Where the session stood when it began. */
	readonly from: Course;
	/** The last rung of the ladder that was told; 0: none since the last write. */
	readonly rung: number;
	/** `turns` when that rung was told: the next gives it as many turns as the settings say. */
	readonly rungAt: number;
	/** Ids of its reminders and steers: these wait for the end of a tool, however long; no other rung comes of them. */
	readonly words: readonly string[];
	/** What is due was missing at its end once already, and it was told. */
	readonly reminded: boolean;
}

/** New work, or more of it for one that is at work: what is not said again stays as it was. */
export function begin(id: string, order: Order, from: Course, settings: BoundSettings, under?: Bound): Bound {
	const task = order.task ?? under?.task;
	return {
		id,
		deliverable: order.deliverable ?? under?.deliverable ?? DERIVED,
		cap: order.cap ?? under?.cap ?? { turns: settings.turns, usd: settings.usd },
		...(task === undefined ? {} : { task }),
		from,
		rung: 0,
		rungAt: 0,
		words: under?.words ?? [],
		reminded: false,
	};
}

/** The same work with a fresh allowance: it was stopped or paused and goes on. */
export const renewed = (bound: Bound, id: string, from: Course): Bound => ({ ...bound, id, from, rung: 0 });

export const spentOf = ({ from }: Bound, now: Course): Spent => ({
	turns: now.turns - from.turns,
	usd: now.usd - from.usd,
	tokens: now.tokens - from.tokens,
	// A clock set back gives no time, and takes none.
	minutes: Math.max(0, now.at - from.at) / 60_000,
});

/** What its pack keeps to by itself; time is the host's alone. `ceiling`: US dollars of the session, where budgets end. */
export function allowanceOf({ cap: { minutes: _, ...cap }, from }: Bound, ceiling?: number): Allowance {
	const { turns, tokens, usd } = from;
	const most = ceiling === undefined ? {} : { usd: Math.min(cap.usd ?? ceiling - usd, ceiling - usd) };
	return { from: { turns, tokens, usd }, cap: { ...cap, ...most } };
}

export const LADDER = ["reminder", "steer", "hard steer", "stop"] as const;

export type Judgement =
	| { readonly type: "go" }
	/** A rung: `hard` interrupts what runs. */
	| { readonly type: "tell"; readonly rung: number; readonly hard: boolean; readonly text: string }
	/** `limit` is the one that won, in words. */
	| { readonly type: "stop"; readonly limit: string };

/** After each turn. A rung is never left out: also a host that was away for many turns begins with the reminder. */
export function judge(bound: Bound, now: Course, settings: BoundSettings): Judgement {
	const limit = overspent(bound, now);
	if (limit !== undefined) return { type: "stop", limit };
	const quiet = quietTurns(bound, now);
	const due = bound.rung === 0 ? quiet >= settings.quietTurns : now.turns - bound.rungAt >= settings.rungTurns;
	if (!due) return { type: "go" };
	const rung = bound.rung + 1;
	if (rung === LADDER.length) return { type: "stop", limit: `${quiet} turns without a write` };
	return { type: "tell", rung, hard: rung === LADDER.length - 1, text: rungText(bound, rung, quiet, settings) };
}

/** The limit that is met also while nothing happens. */
export const overtime = (bound: Bound, now: Course): string | undefined =>
	metLimit(bound.cap, spentOf(bound, now), ["minutes"]);

/** The limit of its cap that is met, whatever it writes. */
export const overspent = (bound: Bound, now: Course): string | undefined => metLimit(bound.cap, spentOf(bound, now));

/** Whoever writes stands at the foot of the ladder again. */
export const climbed = (bound: Bound, now: Course, settings: BoundSettings): Bound =>
	bound.rung > 0 && quietTurns(bound, now) < settings.quietTurns ? { ...bound, rung: 0 } : bound;

const quietTurns = ({ from }: Bound, { turns, worked }: Course): number => turns - Math.max(worked, from.turns);

function rungText({ deliverable }: Bound, rung: number, quiet: number, { rungTurns }: BoundSettings): string {
	const left = (LADDER.length - rung) * rungTurns;
	const what = `${quiet} turns and nothing written; due is ${dueText(deliverable)}.`;
	const then = `In ${left} turn${left === 1 ? "" : "s"} without a write you are stopped.`;
	return `${rung === 1 ? "A reminder" : "Stop reading"}: ${what} ${deliverText(deliverable)} ${then}`;
}

export const goOnText = ({ cap, deliverable }: Bound): string =>
	`You were stopped at a limit and may go on: you have ${capText(cap)} from here. Due is ${dueText(deliverable)}. ${deliverText(deliverable)}`;

/** How the work of a session is told: from the gate's entries, or where that gate is off, from the tools it called. */
export type Evidence = "changes" | "tools";

/** Tools that only look; with the gate off, every other one counts as work: what is unknown is no idling. */
const LOOKING = new Set(["read", "grep", "find", "ls", "tool_search", "fleet_tools"]);

/** Answers in all, and how many there were at the last write. */
export function stepsOf(entries: readonly Entry[], evidence: Evidence): Pick<Course, "turns" | "worked"> {
	let [turns, worked] = [0, 0];
	for (const entry of entries) {
		if (isAnswer(entry)) turns += 1;
		if (isWork(entry, evidence)) worked = turns;
	}
	return { turns, worked };
}

/** What was changed after the first `turns` answers. */
export function workAfter(entries: readonly Entry[], turns: number): Found {
	const events = workEvents(entriesAfter(entries, turns));
	return union(events.flatMap((event) => (event.type === "changed" ? [event] : [])));
}

export function entriesAfter(entries: readonly Entry[], turns: number): readonly Entry[] {
	let seen = 0;
	const from = entries.findIndex((entry) => isAnswer(entry) && ++seen > turns);
	return from === -1 ? [] : entries.slice(from);
}

function isWork(entry: Entry, evidence: Evidence): boolean {
	if (evidence === "changes") return workEvents([entry]).some((event) => event.type === "changed");
	if (entry.type !== "message" || entry.message.role !== "assistant") return false;
	return entry.message.toolCalls.some((call) => !LOOKING.has(call.name));
}
