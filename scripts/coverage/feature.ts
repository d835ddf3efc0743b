/** A feature of what Flagship is to do: planned, or shipped and shown by tests. */

/**
 * A test file from the root of the repository, and titles in it as they are written there; or a run of its own, by its
 * script, that CI makes and heeds.
 */
export type Shown = ShownByTests | ShownByRun;
export type ShownByTests = readonly [file: string, title: string, ...titles: string[]];
export type ShownByRun = readonly [command: `npm run ${string}`];

export const isRun = (shown: Shown): shown is ShownByRun => shown.length === 1;

export interface Feature {
	/** One line. Tools, gates and skills are named in backquotes: the check finds by that the ones without a row. */
	readonly what: string;
	/** Empty while it is planned. */
	readonly shown: readonly Shown[];
}

export interface Area {
	readonly name: string;
	readonly features: readonly Feature[];
}

export const planned = (what: string): Feature => ({ what, shown: [] });
export const shipped = (what: string, first: Shown, ...more: readonly Shown[]): Feature => ({
	what,
	shown: [first, ...more],
});
