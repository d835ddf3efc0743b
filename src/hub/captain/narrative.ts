/**
 * Every number in a narrative is a figure of the digest, or the day's date, or a time of day. Numbers in words count, and
 * what a number is said to count has to be right, too. Pure.
 */
import type { Figure } from "../../contract/captain.ts";
import { words } from "./words.ts";

export interface Ground {
	/** `2026-01-31` */
	readonly date: string;
	readonly figures: readonly Figure[];
	/** Names that may hold digits. */
	readonly names: readonly string[];
}

const MONTHS = "January February March April May June July August September October November December".split(" ");
const TIME = /(?<![\d:.,])(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?![\d:])/g;
const NUMBER =
	/([$€£¥]\s?|US\$\s?)?(\d+(?:[.,_]\d+)*)(?:\s?(%|‰|[kKM](?!\p{L})|thousand|million|billion)|(st|nd|rd|th)\b)?(?=([^\d.;:!?]{0,60}))/gu;
const SCALES: Readonly<Record<string, number>> = {
	...{ k: 1e3, K: 1e3, M: 1e6, thousand: 1e3, million: 1e6, billion: 1e9 },
};
/** Words after a number in which what it counts is looked for. */
const REACH = 4;

/** What the digest lacks, as it was said; empty when the narrative may stand. */
export function inventedIn(text: string, ground: Ground): readonly string[] {
	const plain = withoutNames(withoutDates(text.normalize("NFKC"), ground.date), ground.names).replace(TIME, " ");
	const units = new Set(ground.figures.map(({ unit }) => unit));
	const counted = words(plain, (word) => unitOf(word, units) !== undefined);
	const strange = [...counted.text.matchAll(/\p{N}/gu)].filter(([sign]) => !/\d/.test(sign)).map(([sign]) => sign);
	const invented = [...counted.text.matchAll(NUMBER)]
		.filter((found) => !isKnown(found, ground.figures, units))
		.map(([said, , , , , after = ""]) => `${said.trim()}${after.split(/[,()\n]/)[0]?.trimEnd() ?? ""}`.slice(0, 60));
	return [...new Set([...counted.vague, ...strange, ...invented])];
}

/** The day itself, in the ways in which people write it. */
function withoutDates(text: string, date: string): string {
	const [year = "", month = "", day = ""] = date.split("-");
	const name = MONTHS[Number(month) - 1] ?? "";
	const [m, d] = [`(?:${name}|${name.slice(0, 3)}\\.?)`, `0?${Number(day)}(?:st|nd|rd|th)?`];
	const forms = [`${date}`, `${d}(?: of)? ${m}(?:,? ${year})?`, `${m} ${d}(?:,? ${year})?`, `${m},? ${year}`];
	return text.replace(new RegExp(`(?<![\\d.,-])(?:${forms.join("|")})(?![\\d-])`, "gi"), " ");
}

function withoutNames(text: string, names: readonly string[]): string {
	const digits = names.filter((name) => /\d/.test(name) && /\p{L}/u.test(name));
	return digits.toSorted((a, b) => b.length - a.length).reduce((rest, name) => rest.replaceAll(whole(name), " "), text);
}

const whole = (name: string): RegExp =>
	new RegExp(`(?<![\\p{L}\\p{N}-])${name.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?![\\p{L}\\p{N}-])`, "gu");

function isKnown(found: RegExpMatchArray, figures: readonly Figure[], units: ReadonlySet<string>): boolean {
	const [, currency, digits = "", scale, , after = ""] = found;
	const value = numberOf(digits);
	if (value === undefined || scale === "%" || scale === "‰") return false;
	const paid = currency !== undefined || /^\s?(?:dollars?|usd)\b/i.test(after);
	if (currency !== undefined && !currency.includes("$")) return false;
	const about = paid
		? "usd"
		: after
				.split(/[\s-]+/, REACH)
				.map((word) => unitOf(word, units))
				.find((unit) => unit !== undefined);
	const fits = figures.filter(({ unit }) => (about === undefined ? unit !== "usd" : unit === about));
	return fits.some((figure) => isSame(figure, value, digits, SCALES[scale ?? ""]));
}

/** As it stands; with a scale (`6.2 million`) rounded as it is written. Money is said to the cent. */
function isSame({ value, unit }: Figure, said: number, digits: string, scale: number | undefined): boolean {
	if (scale === undefined) return unit === "usd" ? value.toFixed(2) === said.toFixed(2) : value === said;
	const decimals = digits.split(".")[1]?.length ?? 0;
	return (value / scale).toFixed(decimals) === said.toFixed(decimals);
}

/** `6,200,000` and `5.63`; undefined for what can be read in two ways. */
function numberOf(digits: string): number | undefined {
	if (/^\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(digits)) return Number(digits.replaceAll(",", ""));
	return /^\d+(?:\.\d+)?$/.test(digits) ? Number(digits) : undefined;
}

/** What a word counts, as one: `branches` is a branch, `PRs` are pull requests. */
function unitOf(word: string, units: ReadonlySet<string>): string | undefined {
	const plain = word.toLowerCase().replace(/[^\p{L}]/gu, "");
	if (plain === "pull" || plain === "pr" || plain === "prs")
		return units.has("pull request") ? "pull request" : undefined;
	const forms = [plain, plain.replace(/s$/, ""), plain.replace(/es$/, ""), plain.replace(/ies$/, "y")];
	return forms.find((form) => units.has(form));
}
