/**
 * When a person last typed to an orchestrator, and when they last came back after hours away. What had been spent at
 * that moment is kept with it: usage is told as sums, so what it grew by since then is exact.
 */
import type { Store } from "../store/store.ts";

/** A moment at which a person typed. */
export interface Mark {
	/** Wall time, ms. */
	readonly at: number;
	/** US dollars of each living lieutenant so far, by id. */
	readonly lieutenants: Readonly<Record<string, number>>;
	/** The orchestrator's session that was typed to, and what it had cost. */
	readonly session: { readonly id: string; readonly usd: number };
}

export interface Attendance {
	/** The newest. */
	readonly last: Mark;
	/** The last one before the newest time away: a brief begins here. */
	readonly since: Mark;
}

export const HOUR = 3_600_000;
/** Hours without a word of the person after which they have been away. */
export const AFTER_HOURS = 4;

/** `away`: the mark before the absence that ends with this one. */
export function attended(
	before: Attendance | undefined,
	mark: Mark,
	afterMs: number,
): { readonly attendance: Attendance; readonly away: Mark | undefined } {
	if (before === undefined) return { attendance: { last: mark, since: mark }, away: undefined };
	const away = mark.at - before.last.at >= afterMs ? before.last : undefined;
	return { attendance: { last: mark, since: away ?? before.since }, away };
}

/** `brief.afterHours` of `settings.json`, in ms; what is no number above 0 is not taken. */
export function awayAfter(values: Readonly<Record<string, unknown>>): number {
	const { brief } = values;
	const hours = typeof brief === "object" && brief !== null && "afterHours" in brief ? brief.afterHours : undefined;
	return (typeof hours === "number" && hours > 0 ? hours : AFTER_HOURS) * HOUR;
}

const keyOf = (orchestrator: string): string => `attendance:${orchestrator}`;

export function attendanceOf(store: Store, orchestrator: string): Attendance | undefined {
	const kept = store.meta(keyOf(orchestrator));
	return kept === undefined ? undefined : (JSON.parse(kept) as Attendance);
}

export const keepAttendance = (store: Store, orchestrator: string, attendance: Attendance): void =>
	store.setMeta(keyOf(orchestrator), JSON.stringify(attendance));
