/** One measured figure: its bounds, its line of JSON, its line for a person. */

export type Bound = { readonly atMost: number } | { readonly atLeast: number };

export interface Figure {
	/** `group.what` */
	readonly bench: string;
	/** What tells figures of one name apart, such as `{connections: 8}`. */
	readonly at?: Readonly<Record<string, number | string>>;
	readonly value: number;
	readonly unit: string;
	/** The same, by what it is compared with, measured in turns with it. */
	readonly reference?: number;
	/** What the reference is. */
	readonly beside?: string;
	/** Bounds are on the value, or on `value / reference`. */
	readonly judged?: "value" | "ratio";
	/** What we want. */
	readonly goal?: Bound;
	/** What must hold. */
	readonly floor?: Bound;
}

export interface Verdict {
	readonly ratio: number | undefined;
	readonly goalMissed: boolean;
	readonly floorBroken: boolean;
}

const round = (value: number): number => Number(value.toPrecision(4));
const numberOf = (bound: Bound): number => ("atMost" in bound ? bound.atMost : bound.atLeast);
// Not a number is no pass: nothing was measured.
const holds = (value: number, bound: Bound): boolean =>
	"atMost" in bound ? value <= bound.atMost : value >= bound.atLeast;

export function judge(figure: Figure): Verdict {
	const ratio = figure.reference === undefined ? undefined : figure.value / figure.reference;
	const judged = figure.judged === "ratio" ? (ratio ?? Number.NaN) : figure.value;
	const misses = (bound: Bound | undefined): boolean => bound !== undefined && !holds(judged, bound);
	return { ratio, goalMissed: misses(figure.goal), floorBroken: misses(figure.floor) };
}

/** A ratio's parts say how busy the machine was, not how good we are: `floorsOnly` leaves them out. */
export function lineOf(figure: Figure, floorsOnly: boolean): string {
	const { ratio, goalMissed, floorBroken } = judge(figure);
	const parts = floorsOnly && figure.judged === "ratio" ? {} : { value: round(figure.value), unit: figure.unit };
	const beside = floorsOnly || figure.reference === undefined ? {} : { reference: round(figure.reference) };
	return JSON.stringify({
		bench: figure.bench,
		...figure.at,
		...parts,
		...beside,
		...(ratio === undefined ? {} : { ratio: round(ratio) }),
		...(figure.goal === undefined || floorsOnly ? {} : { goal: numberOf(figure.goal) }),
		...(figure.floor === undefined ? {} : { floor: numberOf(figure.floor) }),
		ok: !floorBroken && (floorsOnly || !goalMissed),
	});
}

const inWords = (bound: Bound): string => ("atMost" in bound ? `≤ ${bound.atMost}` : `≥ ${bound.atLeast}`);

/** `hub.write 8 connections   3,411 /s   0.9 × a raw loop   goal ≥ 3000` */
export function sentenceOf(figure: Figure): string {
	const { ratio, goalMissed, floorBroken } = judge(figure);
	const at = Object.entries(figure.at ?? {}).map(([key, value]) => `${key} ${value}`);
	const what = [figure.bench, ...at].join(", ").padEnd(48);
	const value = `${round(figure.value).toLocaleString("en")} ${figure.unit}`.padEnd(16);
	const beside = ratio === undefined ? "" : `${ratio.toFixed(2)} × ${figure.beside ?? "the reference"}`;
	const bounds = [
		...(figure.floor === undefined ? [] : [`floor ${inWords(figure.floor)}`]),
		...(figure.goal === undefined ? [] : [`goal ${inWords(figure.goal)}`]),
	].join(", ");
	const mark = floorBroken ? "BROKEN" : goalMissed ? "missed" : bounds === "" ? "" : "ok";
	return `${what} ${value} ${beside.padEnd(32)} ${bounds.padEnd(26)} ${mark}`.trimEnd();
}
