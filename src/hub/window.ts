/** Windows of time as the old API writes them: `since`, `until` (ISO, inclusive) and durations like `12h` or `7d`. */

const HOUR = 3_600_000;

/** Milliseconds of `12h` or `7d`; anything else is no duration. */
export function duration(text: string | undefined): number | undefined {
	const parts = /^(\d{1,6})(h|d)$/.exec(text ?? "");
	if (parts === null) return undefined;
	return Number(parts[1]) * (parts[2] === "h" ? HOUR : 24 * HOUR);
}

/** The same moment in the one notation that compares as text; undefined when it is no date. */
export function moment(text: string): string | undefined {
	const date = new Date(text);
	return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

export const iso = (ms: number): string => new Date(ms).toISOString();

/** The moment so long before now; the beginning of time for what lies before it. */
export const before = (now: number, ms: number): string => iso(Math.max(0, now - ms));

export interface Window {
	readonly from?: string;
	readonly to?: string;
}

/**
 * `since` overrides `last`; with none of the three the last 24 hours; with only `until` from the beginning. Undefined
 * when a date cannot be read: then nothing matches.
 */
export function windowOf(
	{ since, until, last }: { readonly since?: string; readonly until?: string; readonly last?: string },
	now: number,
): Window | undefined {
	const to = until === undefined ? undefined : moment(until);
	if (until !== undefined && to === undefined) return undefined;
	const from = since === undefined ? startOf(last, until, now) : moment(since);
	if (since !== undefined && from === undefined) return undefined;
	return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}

function startOf(last: string | undefined, until: string | undefined, now: number): string | undefined {
	const span = duration(last) ?? (until === undefined ? 24 * HOUR : undefined);
	return span === undefined ? undefined : before(now, span);
}
