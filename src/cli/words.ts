/** From what was typed to the verb that was meant. Pure. */

/** The verb with the most words that begin `typed`, and what follows it. */
export function matchWords<V extends { readonly words: string }>(
	verbs: readonly V[],
	typed: readonly string[],
): { readonly verb: V; readonly rest: readonly string[] } | undefined {
	const fitting = verbs.filter((verb) => verb.words.split(" ").every((word, i) => word === typed[i]));
	const verb = fitting.toSorted((a, b) => b.words.length - a.words.length)[0];
	return verb && { verb, rest: typed.slice(verb.words.split(" ").length) };
}

/** The known words nearest to what was typed, or undefined when nothing is near. */
export function nearest(known: readonly string[], typed: readonly string[]): string | undefined {
	const words = typed.filter((word) => !word.startsWith("-"));
	const scored = known.map((one) => {
		const meant = words.slice(0, one.split(" ").length).join(" ");
		return { one, distance: distance(one, meant) };
	});
	const best = scored.toSorted((a, b) => a.distance - b.distance)[0];
	return best !== undefined && best.distance <= Math.max(2, best.one.length / 3) ? best.one : undefined;
}

/** Letters to insert, delete, replace or swap until `a` is `b`. */
export function distance(a: string, b: string): number {
	let [before, row]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, i) => i)];
	for (let i = 1; i <= a.length; i++) {
		const next = [i];
		for (let j = 1; j <= b.length; j++) {
			const at = (line: readonly number[], k: number) => line[k] ?? Number.POSITIVE_INFINITY;
			const replaced = at(row, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
			const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(before, j - 2) + 1 : Number.POSITIVE_INFINITY;
			next.push(Math.min(at(row, j) + 1, at(next, j - 1) + 1, replaced, swapped));
		}
		[before, row] = [row, next];
	}
	return row[b.length] ?? 0;
}
