/** How far work may go. Whichever limit is met first ends it. */
import { fault } from "../../errors.ts";

const KINDS = ["turns", "usd", "tokens", "minutes"] as const;
export type Kind = (typeof KINDS)[number];

/** At least one of them. */
export type Cap = { readonly [K in Kind]?: number };
export type Spent = Readonly<Record<Kind, number>>;

const MOST: Readonly<Record<Kind, number>> = { turns: 1_000, usd: 1_000, tokens: 1_000_000_000, minutes: 10_080 };
const UNITS: readonly (readonly [RegExp, Kind])[] = [
	[/^turns?$/, "turns"],
	[/^(usd|dollars?)$/, "usd"],
	[/^tokens?$/, "tokens"],
	[/^min(ute)?s?$/, "minutes"],
];

/** `40 turns, 5 usd`, `$3`, `90 minutes`. Throws `invalid_input` in words: no limit is no cap, and neither is zero. */
export function parseCap(text: string): Cap {
	const parts = text
		.toLowerCase()
		.split(/,|\bor\b|\band\b/)
		.map((part) => part.trim())
		.filter((part) => part !== "");
	if (parts.length === 0) throw refuse("it names no limit");
	return Object.fromEntries(parts.map(parseLimit));
}

function parseLimit(part: string): readonly [Kind, number] {
	const [, dollar, digits = "", unit = ""] = /^(\$?)\s*(-?[\d_]+(?:\.\d+)?)\s*([a-z]*)$/.exec(part) ?? [];
	const kind = dollar === "$" && unit === "" ? "usd" : UNITS.find(([pattern]) => pattern.test(unit))?.[1];
	const value = Number(digits.replaceAll("_", ""));
	if (digits === "" || kind === undefined) throw refuse(`"${part.slice(0, 40)}" is no limit`);
	if (!(value > 0)) throw refuse(`${digits} ${kind} would end the work before it begins`);
	if (value > MOST[kind]) throw refuse(`${digits} ${kind} is no limit: at most ${MOST[kind]}`);
	if (kind !== "usd" && !Number.isInteger(value)) throw refuse(`${kind} are counted whole`);
	return [kind, value];
}

const refuse = (why: string) => fault("invalid_input", `cap: ${why}; say it like "40 turns, 5 usd, 90 minutes"`);

const money = (usd: number): string => `$${usd.toFixed(2)}`;
const WORDS: Readonly<Record<Kind, (value: number) => string>> = {
	turns: (value) => `${value} turn${value === 1 ? "" : "s"}`,
	usd: money,
	tokens: (value) => `${value.toLocaleString("en-US")} tokens`,
	minutes: (value) => `${Math.floor(value)} minute${Math.floor(value) === 1 ? "" : "s"}`,
};

/** `30 turns or $2.00`. */
export const capText = (cap: Cap): string =>
	limits(cap)
		.map(([kind, value]) => WORDS[kind](value))
		.join(" or ");

/** `12/30 turns, $0.41/$2.00`. */
export const usedText = (cap: Cap, spent: Spent): string =>
	limits(cap)
		.map(([kind, value]) =>
			kind === "usd" ? `${money(spent.usd)}/${money(value)}` : `${Math.floor(spent[kind])}/${WORDS[kind](value)}`,
		)
		.join(", ");

/** The limit that is met, in words (`30 turns`), or undefined. */
export function metLimit(cap: Cap, spent: Spent, among: readonly Kind[] = KINDS): string | undefined {
	const met = limits(cap).find(([kind, value]) => among.includes(kind) && spent[kind] >= value);
	return met === undefined ? undefined : WORDS[met[0]](spent[met[0]]);
}

const limits = (cap: Cap): readonly (readonly [Kind, number])[] =>
	KINDS.flatMap((kind) => {
		const value = cap[kind];
		return value === undefined ? [] : [[kind, value] as const];
	});
