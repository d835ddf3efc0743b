/** Numbers in words, as digits: `thirty-eight tasks` is `38 tasks`. Pure. */

const ONES =
	"zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen".split(" ");
const TEENS = ["seventeen", "eighteen", "nineteen"];
const TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split(" ");
const VALUES = new Map<string, number>([
	...[...ONES, ...TEENS].map((word, value) => [word, value] as const),
	...TENS.map((word, index) => [word, (index + 2) * 10] as const),
]);
const SCALES = new Map([
	["hundred", 100],
	["thousand", 1_000],
	["million", 1_000_000],
]);

const WORD = [...VALUES.keys(), ...SCALES.keys()].toSorted((a, b) => b.length - a.length).join("|");
const RUN = new RegExp(
	`(?<!\\d\\s?)\\b(?:${WORD})(?:(?:[\\s-]+and)?[\\s-]+(?:${WORD}))*\\b(?=(?:\\W+(\\w+))?(?:\\W+(\\w+))?)`,
	"gi",
);
const NONE = /\bno\b(?=\s+(\w+)(?:\s+(\w+))?)/gi;
/** A number that is none: no figure is that. */
const VAGUE = /\b(?:dozens?|hundreds|thousands|millions|billions?|percent|per cent)\b/gi;

/** `vague`: what claims a number and names none. `isUnit`: whether a word says what is counted. */
export function words(
	text: string,
	isUnit: (word: string) => boolean,
): { readonly text: string; readonly vague: readonly string[] } {
	const counts = (some: readonly (string | undefined)[]): boolean =>
		some.some((word) => word !== undefined && isUnit(word));
	const digits = text
		.replaceAll(RUN, (run: string, next?: string, over?: string) => {
			// "One of them", "one day" is no figure; "one incident" is.
			const isPlain = run.toLowerCase() === "one" && (next === "of" || !counts([next, over]));
			return isPlain ? run : String(numberOf(run));
		})
		.replaceAll(NONE, (no: string, next?: string) => (counts([next]) ? "0" : no));
	return { text: digits, vague: [...digits.matchAll(VAGUE)].map(([word]) => word) };
}

function numberOf(run: string): number {
	let [whole, part] = [0, 0];
	for (const word of run.toLowerCase().split(/[\s-]+/)) {
		const scale = SCALES.get(word);
		if (scale === undefined) part += VALUES.get(word) ?? 0;
		else if (scale === 100) part = Math.max(1, part) * 100;
		else [whole, part] = [whole + Math.max(1, part) * scale, 0];
	}
	return whole + part;
}
