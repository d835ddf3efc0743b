/** Takes pictures of a working folder: at most two git processes side by side, or a bounded walk outside of git. */
import { dirname, join } from "node:path";
import type { World } from "../world.ts";
import type { Commit } from "./facts.ts";
import type { Asked, Difference, FolderTree, GitTree, Ref, Tree } from "./tree.ts";

type Seam = Pick<World, "spawn" | "files" | "clock">;

/** A repository so large that looking takes longer is treated as unseen: then every command counts as work. */
const GIT_TIMEOUT = 5_000;
const OUTPUT_MAX = 16 * 1024 * 1024;

async function git(world: Seam, root: string, args: readonly string[], input?: string): Promise<string | undefined> {
	const ran = await world.spawn.run("git", ["--no-optional-locks", "-c", "core.quotePath=off", "-C", root, ...args], {
		timeout: GIT_TIMEOUT,
		maxOutput: OUTPUT_MAX,
		...(input === undefined ? {} : { input }),
	});
	return ran.code === 0 && !ran.timedOut ? ran.stdout : undefined;
}

/** The top of the working tree that holds `folder`, found without a process; undefined outside of git. */
export function gitRoot(world: { readonly files: Pick<World["files"], "stat"> }, folder: string): string | undefined {
	for (let at = folder; ; at = dirname(at)) {
		if (world.files.stat(join(at, ".git")) !== undefined) return at;
		if (dirname(at) === at) return undefined;
	}
}

export async function observe(world: Seam, cwd: string): Promise<Tree> {
	const root = gitRoot(world, cwd);
	if (root === undefined) return observeFolder(world, cwd);
	const [status, refs] = await Promise.all([
		git(world, root, ["status", "--porcelain=v2", "--branch", "-z", "--untracked-files=all", "--no-renames"]),
		git(world, root, ["for-each-ref", "--format=%(refname)%00%(objectname)%00%(worktreepath)"]),
	]);
	if (status === undefined || refs === undefined) return { type: "unseen", because: "git did not answer" };
	return readGit(root, status, refs, (path) => stamp(world, join(root, path)));
}

function stamp(world: Seam, path: string): string {
	const stat = world.files.stat(path);
	return stat === undefined ? "-" : `${stat.size}:${stat.changed}:${stat.mode}`;
}

/** `git status --porcelain=v2 -z` and `git for-each-ref`, read. */
export function readGit(root: string, status: string, refs: string, stampOf: (path: string) => string): GitTree {
	let head = "";
	let branch = "";
	const dirty = new Map<string, string>();
	for (const line of status.split("\0")) {
		const [, name, value = ""] = /^# branch\.(oid|head) (.*)$/.exec(line) ?? [];
		if (name === "oid") head = value === "(initial)" ? "" : value;
		if (name === "head") branch = value === "(detached)" ? "" : value;
		const { state, path } = changedPath(line);
		if (path !== "") dirty.set(path, `${state} ${stampOf(path)}`);
	}
	return { type: "git", root, head, branch, dirty, refs: readRefs(refs, branch) };
}

/** Fields before the path, by kind of line: changed, unmerged, untracked. */
const FIELDS: Readonly<Record<string, number>> = { "1": 8, u: 10, "?": 1 };

function changedPath(line: string): { readonly state: string; readonly path: string } {
	const fields = Object.hasOwn(FIELDS, line.slice(0, 1)) ? FIELDS[line.slice(0, 1)] : undefined;
	if (fields === undefined || line[1] !== " ") return { state: "", path: "" };
	const parts = line.split(" ");
	return { state: parts.slice(0, fields).join(" "), path: parts.slice(fields).join(" ") };
}

function readRefs(text: string, branch: string): ReadonlyMap<string, Ref> {
	const refs = new Map<string, Ref>();
	for (const line of text.split("\n")) {
		const [name = "", id = "", worktree = ""] = line.split("\0");
		if (name === "" || name.endsWith("/HEAD")) continue;
		refs.set(name, { id, elsewhere: worktree !== "" && name !== `refs/heads/${branch}` });
	}
	return refs;
}

const FILES_MAX = 4_000;
const WALK_MS = 80;
/** Made by tools out of other files, and large. */
const SKIPPED = new Set(["node_modules", ".git", ".venv", "__pycache__", ".cache"]);

function observeFolder(world: Seam, root: string): FolderTree {
	const files = new Map<string, string>();
	const until = world.clock.elapsed() + WALK_MS;
	const folders = [""];
	let whole = true;
	for (let folder = folders.shift(); folder !== undefined && whole; folder = folders.shift()) {
		for (const name of [...list(world, join(root, folder))].sort()) {
			const path = folder === "" ? name : `${folder}/${name}`;
			const stat = world.files.stat(join(root, path));
			if (stat?.kind === "folder" && !SKIPPED.has(name)) folders.push(path);
			else if (stat !== undefined && stat.kind !== "folder")
				files.set(path, `${stat.size}:${stat.changed}:${stat.mode}`);
		}
		whole = files.size <= FILES_MAX && world.clock.elapsed() < until;
	}
	return { type: "folder", root, files, whole };
}

function list(world: Seam, folder: string): readonly string[] {
	try {
		return world.files.list(folder);
	} catch {
		return []; // a folder that may not be read cannot have been written to by this account's tools either
	}
}

const COMMITS_MAX = 50;

/**
 * The commits that came into being between two pictures, newest first: those that the moved branches reach and that no
 * ref reached before. What was fetched is somebody else's work; after a push the remote's refs hold our own.
 */
export async function newCommits(
	world: Seam,
	before: GitTree | { readonly head: string },
	after: GitTree,
	seen: Difference,
	asked: Asked,
): Promise<readonly Commit[]> {
	const moved = seen.moves.filter((move) => move.name.startsWith("refs/heads/")).map((move) => move.to);
	const tips = [...new Set([...moved, seen.head])].filter((id) => id !== undefined && id !== "");
	if (tips.length === 0) return [];
	const old = "refs" in before ? [...before.refs.values()].map((ref) => ref.id) : [];
	const others = [...after.refs]
		.filter(([name, ref]) => ref.elsewhere || (name.startsWith("refs/remotes/") && !asked.push))
		.map(([, ref]) => ref.id);
	const excluded = [...new Set([before.head, ...old, ...others])].filter((id) => id !== "");
	const input = [...tips, ...excluded.map((id) => `^${id}`)].join("\n");
	const text = await git(
		world,
		after.root,
		["log", "--stdin", `--max-count=${COMMITS_MAX}`, "--format=%x00%H%x00%s%x00", "--name-only", "--no-renames"],
		`${input}\n`,
	);
	return text === undefined ? [] : readCommits(text);
}

export function readCommits(text: string): readonly Commit[] {
	const parts = text.split("\0").slice(1);
	const commits: Commit[] = [];
	for (let at = 0; at + 2 < parts.length; at += 3) {
		const [id = "", subject = "", names = ""] = parts.slice(at, at + 3);
		commits.push({ id, subject, files: names.split("\n").filter((name) => name !== "") });
	}
	return commits;
}

/** Of these paths, relative to the repository's top, those that differ from HEAD; all of them when git cannot say. */
export async function differing(world: Seam, cwd: string, paths: readonly string[]): Promise<readonly string[]> {
	const root = gitRoot(world, cwd);
	if (root === undefined) return paths;
	const status = ["status", "--porcelain=v2", "-z", "--untracked-files=all", "--no-renames", "--", ...paths];
	const text = await git(world, root, status);
	return text === undefined ? paths : text.split("\0").flatMap((line) => changedPath(line).path || []);
}
