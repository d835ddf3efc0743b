/** Figures and times as people read them; the same width while they change. */

const clock = new Intl.DateTimeFormat(undefined, {
	hour: "2-digit",
	minute: "2-digit",
	second: "2-digit",
	hour12: false,
});
const date = new Intl.DateTimeFormat(undefined, { month: "short", day: "2-digit" });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const number = new Intl.NumberFormat(undefined);
const short = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
const dollars = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });

/** The zone in which this browser tells times. */
export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** @param {string | undefined} iso */
const dateOf = (iso) => (iso === undefined || Number.isNaN(Date.parse(iso)) ? undefined : new Date(iso));

/** Today the time, else the day with it. @param {string | undefined} iso */
export function when(iso) {
	const at = dateOf(iso);
	if (at === undefined) return iso ?? "";
	return at.toDateString() === new Date().toDateString() ? clock.format(at) : `${date.format(at)} ${clock.format(at)}`;
}

/** @param {string | undefined} iso */
export const fully = (iso) => {
	const at = dateOf(iso);
	return at === undefined ? "" : whole.format(at);
};

/** @param {number} value */
export const count = (value) => number.format(value);
/** @param {number} value */
export const brief = (value) => short.format(value);
/** @param {number} value */
export const money = (value) => dollars.format(value);
/** @param {number} value @param {string} one @param {string} [many] */
export const counted = (value, one, many = `${one}s`) => `${number.format(value)} ${value === 1 ? one : many}`;
