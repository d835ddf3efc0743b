/** Ways of measuring on a machine that is doing other things as well: in turns, and by medians. */

export function percentile(values: readonly number[], share: number): number {
	const sorted = values.toSorted((a, b) => a - b);
	return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => {
	const sorted = values.toSorted((a, b) => a - b);
	const middle = sorted.length / 2;
	const upper = sorted[Math.floor(middle)] ?? Number.NaN;
	return Number.isInteger(middle) ? ((sorted[middle - 1] ?? Number.NaN) + upper) / 2 : upper;
};

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/**
 * Measures each in turns, so that whatever else the machine does falls on all of them alike; every other round goes
 * backwards, so that none is always first.
 */
export async function inTurns<Name extends string, T>(
	rounds: number,
	measures: Readonly<Record<Name, (round: number) => Promise<T>>>,
): Promise<Record<Name, T[]>> {
	const names = Object.keys(measures) as Name[];
	const results = Object.fromEntries(names.map((name) => [name, [] as T[]])) as Record<Name, T[]>;
	for (let round = 0; round < rounds; round++) {
		for (const name of round % 2 === 0 ? names : names.toReversed()) {
			results[name].push(await measures[name](round));
		}
	}
	return results;
}

/** Milliseconds that it takes. */
export async function timed(run: () => Promise<unknown>): Promise<number> {
	const from = performance.now();
	await run();
	return performance.now() - from;
}
