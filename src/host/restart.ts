/** What follows an unexpected end of a lieutenant's pi, and a run that ended in a provider's error. */

/** Three unexpected ends within so many ms park a lieutenant: a fourth start would end like them. */
export const CRASH_WINDOW_MS = 600_000;
const CRASHES = 3;
const PAUSES_MS = [0, 2_000] as const;

/** Runs in a row that may end in an error before the host stops asking the model to go on. */
export const RESUMES = 4;
const RESUME_PAUSE_MS = 5_000;

export type AfterDeath = { readonly type: "restart"; readonly pause: number } | { readonly type: "park" };

/** `deaths` are wall times, the newest last. */
export function afterDeath(deaths: readonly number[]): AfterDeath {
	const newest = deaths.at(-1) ?? 0;
	const recent = deaths.filter((at) => Math.abs(newest - at) < CRASH_WINDOW_MS).length;
	return recent >= CRASHES ? { type: "park" } : { type: "restart", pause: PAUSES_MS[recent - 1] ?? 0 };
}

/** ms before a run that ended in an error is resumed for the `n`th time in a row; undefined when it is not. */
export const resumePause = (n: number): number | undefined =>
	n > RESUMES ? undefined : RESUME_PAUSE_MS * 2 ** (n - 1);
