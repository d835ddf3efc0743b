/**
 * What a run left behind, and how it reads. Facts are judged by effect: files, commits, and effects that no tree shows.
 * `Change` is one observation as the session keeps it; `Facts` is the union that is attached to a log entry.
 */
import type { Facts } from "../contract/log.ts";

export interface Commit {
	/** Full hash. */
	readonly id: string;
	readonly subject: string;
	readonly files: readonly string[];
}

export interface Change {
	/** Random; a `covered` event names changes by it. */
	readonly id: string;
	/** Relative to the repository (or folder), or absolute when outside of it. */
	readonly files: readonly string[];
	readonly commits: readonly Commit[];
	/** Words for what the tree does not show: "pushed origin/main (3fa91c2)", "ran `curl`". */
	readonly effects: readonly string[];
}

export type Found = Omit<Change, "id">;

export const NOTHING: Found = { files: [], commits: [], effects: [] };

export const isNothing = (found: Found): boolean =>
	found.files.length + found.commits.length + found.effects.length === 0;

/** Hash as people write it. */
export const short = (hash: string): string => hash.slice(0, 7);

const unique = (values: readonly string[]): readonly string[] => [...new Set(values)];

export function union(changes: readonly Found[]): Found {
	const commits = new Map(changes.flatMap((change) => change.commits).map((commit) => [commit.id, commit]));
	return {
		files: unique(changes.flatMap((change) => change.files)),
		commits: [...commits.values()],
		effects: unique(changes.flatMap((change) => change.effects)),
	};
}

/** What of `found` is not in `known` yet; the same file edited ten times is one fact. */
export function without(found: Found, known: Found): Found {
	const files = new Set(known.files);
	const commits = new Set(known.commits.map((commit) => commit.id));
	const effects = new Set(known.effects);
	return {
		files: found.files.filter((file) => !files.has(file)),
		commits: found.commits.filter((commit) => !commits.has(commit.id)),
		effects: found.effects.filter((effect) => !effects.has(effect)),
	};
}

/** One item per change: a file that a commit holds is named once, with that commit. */
function items({ files, commits, effects }: Found): readonly string[] {
	const committed = new Set(commits.flatMap((commit) => commit.files));
	return [
		...files.filter((file) => !committed.has(file)),
		...commits.flatMap((commit) =>
			commit.files.length === 0
				? [`commit ${short(commit.id)}`]
				: commit.files.map((file) => `${file} (commit ${short(commit.id)})`),
		),
		...effects,
	];
}

const SHOWN = 12;

export interface Described {
	readonly count: number;
	/** At most twelve items, then how many more. */
	readonly text: string;
}

export function describe(found: Found): Described {
	const all = items(found);
	const more = all.length - SHOWN;
	return {
		count: all.length,
		text: all.slice(0, SHOWN).join(", ") + (more > 0 ? ` and ${more} more` : ""),
	};
}

/** Longest list attached to an entry; the whole is in the repository. */
const ATTACHED = 200;

/** The facts as data for a log entry; `tests` are results seen since the last entry, for example "35 tests passed". */
export function attach(found: Found, tests: readonly string[], mark?: "auto" | "unmatched"): Facts {
	const files = unique([...found.files, ...found.commits.flatMap((commit) => commit.files)]);
	const left = files.length - ATTACHED;
	return {
		files: files.slice(0, ATTACHED),
		commits: found.commits.slice(0, ATTACHED).map((commit) => commit.id),
		effects: [...found.effects.slice(0, ATTACHED), ...tests, ...(left > 0 ? [`${left} more files`] : [])],
		...(mark === undefined ? {} : { mark }),
	};
}
