/** A day of a zone as a span of time. It has 23, 24 or 25 hours, and need not begin at midnight. Pure. */
import { fault } from "../../errors.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Zones are at most 14 hours ahead of UTC and 12 behind. */
const FAR = 16 * HOUR;

export interface Span {
	/** ms since 1970; the end does not belong to it. */
	readonly from: number;
	readonly to: number;
}

/** `2026-01-31`, as the calendar in that zone shows it. */
export const dateAt = (zone: string, ms: number): string =>
	new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short" }).format(new Date(ms));

export function dayBefore(date: string): string {
	return new Date(Date.parse(`${date}T00:00:00Z`) - DAY).toISOString().slice(0, 10);
}

/** Throws `invalid_input` for a day that there is none of. */
export function spanOf(date: string, zone: string): Span {
	const noon = new Date(`${date}T00:00:00Z`);
	if (Number.isNaN(noon.getTime()) || noon.toISOString().slice(0, 10) !== date)
		throw fault("invalid_input", `date: there is no day ${date}`);
	const next = new Date(noon.getTime() + DAY).toISOString().slice(0, 10);
	return { from: firstOf(date, zone), to: firstOf(next, zone) };
}

/** The first moment at which the calendar shows this date, or a later one where a zone has left the day out. */
function firstOf(date: string, zone: string): number {
	const about = Date.parse(`${date}T00:00:00Z`);
	let [before, after] = [about - FAR, about + FAR];
	while (after - before > 1) {
		const middle = Math.floor((before + after) / 2);
		if (dateAt(zone, middle) >= date) after = middle;
		else before = middle;
	}
	return after;
}
