/** How many machines a platform lets run, learned from its refusals; so that the next one is known before it is asked for. */

export interface Ceiling {
	/** So many ran when one more was refused. */
	readonly at: number;
	/** More than that ran once: so many places are likely held by machines that are gone. */
	readonly leaked: number;
	/** Believed until then, ms; one attempt may try it afterwards. */
	readonly until: number;
}

/** What refusals and successes have taught. */
export interface Learned {
	readonly ceiling: Ceiling | undefined;
	/** The most that ever ran at once. */
	readonly most: number;
}

export const UNLEARNED: Learned = { ceiling: undefined, most: 0 };

/** ms for which a ceiling is believed: platforms are mended, and plans changed, without a word. */
export const BELIEVED_MS = 30 * 60_000;

const ceilingOf = (at: number, most: number, now: number): Ceiling => ({
	at,
	leaked: Math.max(0, most - at),
	until: now + BELIEVED_MS,
});

/** One was refused while so many ran. `lowest`: of several refusals of one outage the lowest counts. */
export function refusedAt({ ceiling, most }: Learned, running: number, now: number, lowest: boolean): Learned {
	const known = Math.max(most, running);
	const at = lowest && ceiling !== undefined ? Math.min(ceiling.at, running) : running;
	return { ceiling: ceilingOf(at, known, now), most: known };
}

/** One was made beside so many: a ceiling that is below what runs now is none. */
export function madeAt({ ceiling, most }: Learned, running: number): Learned {
	const now = running + 1;
	return { ceiling: ceiling !== undefined && now > ceiling.at ? undefined : ceiling, most: Math.max(most, now) };
}

/** One was made beside so many though others are refused: the ceiling is not below what runs now. */
export function raisedTo({ ceiling, most }: Learned, running: number): Learned {
	const now = running + 1;
	const known = Math.max(most, now);
	if (ceiling === undefined) return { ceiling, most: known };
	const at = Math.max(ceiling.at, now);
	return { ceiling: { ...ceiling, at, leaked: Math.max(0, known - at) }, most: known };
}

/** `refused at 6 running, 2 slots likely leaked`. */
export const ceilingText = ({ at, leaked }: Ceiling): string =>
	`refused at ${at} running${leaked === 0 ? "" : `, ${leaked} ${leaked === 1 ? "slot" : "slots"} likely leaked`}`;
