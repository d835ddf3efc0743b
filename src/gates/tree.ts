/** The state of a working folder before and after a tool, and what differs. Pure; `observe.ts` takes the pictures. */
import { createHash } from "node:crypto";
import { type Found, NOTHING, short } from "./facts.ts";

export interface Ref {
	readonly id: string;
	/** Checked out in another worktree: whoever works there moves it, not this session. */
	readonly elsewhere: boolean;
}

export interface GitTree {
	readonly type: "git";
	/** Top of the working tree, absolute. */
	readonly root: string;
	/** Full hash, or "" before the first commit. */
	readonly head: string;
	/** "" when detached. */
	readonly branch: string;
	/** Paths that differ from HEAD, with a stamp that changes whenever index or file does. */
	readonly dirty: ReadonlyMap<string, string>;
	readonly refs: ReadonlyMap<string, Ref>;
}

export interface FolderTree {
	readonly type: "folder";
	readonly root: string;
	/** Every file with size and time of change. */
	readonly files: ReadonlyMap<string, string>;
	/** False when the folder was too large to look at all of it. */
	readonly whole: boolean;
}

export interface Unseen {
	readonly type: "unseen";
	readonly because: string;
}

export type Tree = GitTree | FolderTree | Unseen;

export interface RefMove {
	readonly name: string;
	readonly from?: string;
	readonly to?: string;
}

export interface Difference {
	readonly files: readonly string[];
	readonly moves: readonly RefMove[];
	/** Set when another branch was checked out. */
	readonly switched?: string;
	/** The tree's HEAD moved to this commit. */
	readonly head?: string;
	/** False when the two pictures cannot be compared in full; then nothing seen does not mean nothing done. */
	readonly whole: boolean;
}

const differing = (before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly string[] =>
	[...new Set([...before.keys(), ...after.keys()])].filter((path) => before.get(path) !== after.get(path)).sort();

export function difference(before: Tree, after: Tree): Difference {
	if (before.type === "git" && after.type === "git" && before.root === after.root) return gitDifference(before, after);
	if (before.type === "folder" && after.type === "folder" && before.root === after.root) {
		const whole = before.whole && after.whole;
		const files = differing(before.files, after.files);
		// A walk that stopped early saw what it saw: a file that only one picture holds may have been there all along.
		const seen = whole ? files : files.filter((path) => before.files.has(path) && after.files.has(path));
		return { files: seen, moves: [], whole };
	}
	return { files: [], moves: [], whole: false };
}

function gitDifference(before: GitTree, after: GitTree): Difference {
	const names = [...new Set([...before.refs.keys(), ...after.refs.keys()])].sort();
	const moves = names.flatMap((name): readonly RefMove[] => {
		const [from, to] = [before.refs.get(name), after.refs.get(name)];
		if (from?.id === to?.id || from?.elsewhere === true || to?.elsewhere === true) return [];
		return [{ name, ...(from === undefined ? {} : { from: from.id }), ...(to === undefined ? {} : { to: to.id }) }];
	});
	return {
		files: differing(before.dirty, after.dirty),
		moves,
		...(before.branch === after.branch ? {} : { switched: after.branch }),
		...(before.head === after.head ? {} : { head: after.head }),
		whole: true,
	};
}

/** What was asked, as far as it helps to read a difference. */
export interface Asked {
	/** It named git or was not understood: all refs count. Else only HEAD and its branch do. */
	readonly refs: boolean;
	readonly push: boolean;
}

/** The difference in facts; `commits` are those made between the two pictures. */
export function factsOf(seen: Difference, commits: Found["commits"], asked: Asked): Found {
	if (seen.files.length === 0 && seen.moves.length === 0 && seen.switched === undefined && seen.head === undefined)
		return commits.length === 0 ? NOTHING : { ...NOTHING, commits };
	const made = new Set(commits.map((commit) => commit.id));
	const committed = new Set(commits.flatMap((commit) => commit.files));
	const moves = seen.moves.filter((move) => !(move.name.startsWith("refs/heads/") && made.has(move.to ?? "")));
	const effects = moves.filter((move) => asked.refs || move.to === seen.head).map((move) => words(move, asked));
	const moved = seen.head !== undefined && !made.has(seen.head) && !moves.some((move) => move.to === seen.head);
	return {
		files: seen.files.filter((file) => !committed.has(file)),
		commits,
		effects: [
			...effects,
			...(seen.switched === undefined || effects.includes(`created branch ${seen.switched}`)
				? []
				: [seen.switched === "" ? "detached HEAD" : `switched to branch ${seen.switched}`]),
			...(moved && seen.switched === undefined ? [`moved HEAD to ${short(seen.head ?? "")}`] : []),
		],
	};
}

function words({ name, from, to }: RefMove, asked: Asked): string {
	const [, kind = "", rest = ""] = /^refs\/(heads|tags|remotes)\/(.*)$/.exec(name) ?? [];
	if (kind === "remotes") {
		const verb = asked.push ? (to === undefined ? "deleted remote branch" : "pushed") : "updated";
		return `${verb} ${rest}${to === undefined ? "" : ` (${short(to)})`}`;
	}
	const thing = kind === "heads" ? `branch ${rest}` : kind === "tags" ? `tag ${rest}` : name;
	if (from === undefined) return `created ${thing}`;
	return to === undefined ? `deleted ${thing}` : `moved ${thing} to ${short(to)}`;
}

/** A tree small enough to keep in a session: after a crash it says what the cut-off run changed. */
export interface Baseline {
	readonly root: string;
	readonly head: string;
	readonly branch: string;
	/** Dirty paths with stamps; left out when there are too many. */
	readonly dirty?: readonly (readonly [string, string])[];
}

const KEPT = 300;

export function baselineOf(tree: Tree): Baseline {
	if (tree.type === "unseen") return { root: "", head: "", branch: "" };
	const dirty = [...(tree.type === "git" ? tree.dirty : tree.files)].map(
		([path, stamp]) => [path, digest(stamp)] as const,
	);
	return {
		root: tree.root,
		head: tree.type === "git" ? tree.head : "",
		branch: tree.type === "git" ? tree.branch : "",
		...(dirty.length > KEPT || (tree.type === "folder" && !tree.whole) ? {} : { dirty }),
	};
}

const digest = (stamp: string): string => createHash("sha256").update(stamp).digest("hex").slice(0, 12);

/** What a tree shows against a baseline. Refs other than HEAD are not in a baseline. */
export function sinceBaseline(baseline: Baseline, now: Tree): Difference {
	const partial = now.type === "unseen" || (now.type === "folder" && !now.whole);
	if (partial || now.root !== baseline.root || baseline.dirty === undefined)
		return { files: [], moves: [], whole: false };
	const stamps = new Map([...(now.type === "git" ? now.dirty : now.files)].map(([path, s]) => [path, digest(s)]));
	const [head, branch] = now.type === "git" ? [now.head, now.branch] : ["", ""];
	return {
		files: differing(new Map(baseline.dirty), stamps),
		moves: [],
		...(branch === baseline.branch ? {} : { switched: branch }),
		...(head === baseline.head ? {} : { head }),
		whole: true,
	};
}
