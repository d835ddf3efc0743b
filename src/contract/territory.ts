/**
 * Patterns of paths, as tasks name what they own: `src/usage/**`, `docs/*.md`, a file, a folder. Hub and gates judge by
 * the same. `**` stands for any folders, `*` and `?` for letters within one name; a name holds all that is below it.
 */

/** Either a pattern, or a path with what is meant by it. */
interface Reach {
	readonly names: readonly string[];
	/** What lies below is meant, too. */
	readonly below: boolean;
}

const namesOf = (text: string): readonly string[] => text.split("/").filter((name) => name !== "" && name !== ".");

/** `docs` may be a folder; `a.ts` and `*.ts` are files, of which nothing lies below. */
const patternOf = (text: string): Reach => {
	const names = namesOf(text);
	return { names, below: text.endsWith("/") || !/.\.\w+$/.test(names.at(-1) ?? "") };
};

/** Does the path belong to what the pattern names? `whole`: the path with all that is in it, as `rm -r` takes it. */
export const covers = (pattern: string, path: string, whole = false): boolean =>
	meet({ names: namesOf(pattern), below: true }, { names: namesOf(path), below: whole });

/** Is there a path that both name? */
export const overlap = (one: string, other: string): boolean => meet(patternOf(one), patternOf(other));

/** Why this cannot be a pattern, in words; undefined when it can. */
export function wrongPattern(text: string): string | undefined {
	if (/^[/~]|(^|\/)\.\.(\/|$)/.test(text)) return "is outside: paths are relative to the repository's top";
	if (/[{}\0]/.test(text)) return "has braces: write one pattern for each";
	if (/^[*./]*$/.test(text)) return "is everything: name files or folders";
	return undefined;
}

function meet(one: Reach, other: Reach): boolean {
	return cross(one.names, other.names, "**", (a, b) => cross([...a], [...b], "*", sameLetter), {
		one: one.below,
		other: other.below,
	});
}

const sameLetter = (a: string, b: string): boolean => a === b || a === "?" || b === "?";

/**
 * Do two sequences meet, where `many` stands for any number of parts? A table, row by row: what a model writes as a
 * pattern must not make the hub's one writer try every split. `open`: the sequence goes on with anything at its end.
 */
function cross(
	one: readonly string[],
	other: readonly string[],
	many: string,
	same: (a: string, b: string) => boolean,
	open: { readonly one: boolean; readonly other: boolean } = { one: false, other: false },
): boolean {
	/** `row[j]`: does the rest of `one` from here meet the rest of `other` from `j`? */
	let row: boolean[] = [];
	for (let i = one.length; i >= 0; i -= 1) {
		const next = row;
		row = [];
		const a = one[i];
		for (let j = other.length; j >= 0; j -= 1) {
			const b = other[j];
			if (a === undefined && b === undefined) row[j] = true;
			else if (a === many) row[j] = next[j] === true || (b !== undefined && row[j + 1] === true);
			else if (b === many) row[j] = row[j + 1] === true || (a !== undefined && next[j] === true);
			else if (a === undefined) row[j] = open.one;
			else if (b === undefined) row[j] = open.other;
			else row[j] = same(a, b) && next[j + 1] === true;
		}
	}
	return row[0] === true;
}
