/** What grows where nothing should: a leak shows in a night, not in a test. */

export interface Sample {
	/** Minutes since the beginning. */
	readonly minutes: number;
	/** Resident memory of hub and host, MB; absent while one is away. */
	readonly hub?: number;
	readonly host?: number;
	/** Open files of hub and host together; absent while one is away. */
	readonly files?: number;
	/** The home on the disk, MB. */
	readonly disk: number;
	/** Events in the feed. */
	readonly events: number;
}

interface Bound {
	readonly of: "hub" | "host" | "files";
	readonly word: string;
	/** How much more is no growth yet: caches fill, and a kill begins everything anew. */
	readonly times: number;
	readonly plus: number;
}

const BOUNDS: readonly Bound[] = [
	{ of: "hub", word: "the hub's memory in MB", times: 1.3, plus: 20 },
	{ of: "host", word: "the host's memory in MB", times: 1.3, plus: 20 },
	{ of: "files", word: "open files", times: 1.2, plus: 10 },
];
/** Disk that an event may take with all that belongs to it: transcripts, messages, indexes. */
const DISK_PER_EVENT = 0.2;
/** Minutes below which a run says nothing: until a fleet is at work as it will be, everything grows. */
const SHORTEST = 20;

/** One sentence for each thing that grew: the last quarter beside the second, by medians. A short run says nothing. */
export function growthOf(samples: readonly Sample[]): readonly string[] {
	if ((samples.at(-1)?.minutes ?? 0) < SHORTEST) return [];
	const quarter = Math.floor(samples.length / 4);
	const [early, late] = [samples.slice(quarter, 2 * quarter), samples.slice(-quarter)];
	const grown = BOUNDS.flatMap(({ of, word, times, plus }) => {
		const [before, after] = [median(early.map((one) => one[of])), median(late.map((one) => one[of]))];
		if (before === undefined || after === undefined || after <= before * times + plus) return [];
		return [`${word} grew from ${before.toFixed(0)} to ${after.toFixed(0)}`];
	});
	const [first, last] = [samples[quarter], samples.at(-1)];
	const events = (last?.events ?? 0) - (first?.events ?? 0);
	const disk = (last?.disk ?? 0) - (first?.disk ?? 0);
	if (disk > 20 + events * DISK_PER_EVENT) grown.push(`the disk grew by ${disk.toFixed(0)} MB with ${events} events`);
	return grown;
}

function median(values: readonly (number | undefined)[]): number | undefined {
	const known = values.filter((value) => value !== undefined).sort((a, b) => a - b);
	return known[known.length >> 1];
}

const COLUMNS = ["minutes", "hub", "host", "files", "disk", "events"] as const;
const ROWS = 16;

/** At most sixteen rows, the first and the last among them. */
export function tableOf(samples: readonly Sample[]): readonly string[] {
	const step = Math.max(1, (samples.length - 1) / (ROWS - 1));
	const chosen = [...new Set(Array.from({ length: ROWS }, (_, i) => samples[Math.round(i * step)]))];
	const cell = (value: number | undefined): string => (value === undefined ? "–" : value.toFixed(0)).padStart(9);
	return [
		COLUMNS.map((name) => name.padStart(9)).join(""),
		...chosen.flatMap((one) => (one === undefined ? [] : [COLUMNS.map((name) => cell(one[name])).join("")])),
	];
}
