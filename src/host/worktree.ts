/**
 * A git worktree per lieutenant, on its own branch `lt/<name>` under `worktrees/<repo-hash>/<name>`: ten agents in one
 * folder would overwrite each other's files. Nothing is removed before it is proven saved.
 */
import { basename, dirname, resolve } from "node:path";
import { type Home, worktreeFolder } from "../daemon/home.ts";
import { fault } from "../errors.ts";
import { gitRoot } from "../gates/observe.ts";
import type { Ran, World } from "../world.ts";
import type { Released, Workspace, WorkspaceRequest, Worktree } from "./places/place.ts";

/** What a worktree holds that is nowhere else. */
export interface WorktreeState {
	/** Changed, staged or conflicted. */
	readonly uncommitted: readonly string[];
	readonly untracked: readonly string[];
	/** `<short hash> <subject>`, newest first, of commits that no other branch, tag or remote holds. */
	readonly unmerged: readonly string[];
	/** The branch's commit that was looked at; absent when the branch is gone. */
	readonly tip?: string;
}

/** A large checkout takes its time. */
const PATIENT = { timeout: 300_000 };
const NAMED = 5;

export class Worktrees {
	readonly #world: World;
	readonly #home: Home;
	/** Per repository, one git command that writes at a time: git locks its files and refuses instead of waiting. */
	readonly #turns = new Map<string, Promise<unknown>>();

	constructor(world: World, home: Home) {
		this.#world = world;
		this.#home = home;
	}

	/** See `Place.prepare`. */
	async prepare({ name, cwd, worktree }: WorkspaceRequest): Promise<Workspace> {
		if (worktree === false) return { cwd };
		const found = await this.#repositoryOf(cwd);
		if (typeof found === "string") {
			if (worktree === true) throw fault("worktree_failed", name, found);
			return { cwd };
		}
		const { repository, prefix, head } = found;
		const made = await this.#inTurn(repository, () => this.#make(name, repository, head));
		const inside = resolve(made.path, prefix);
		return { cwd: this.#world.files.stat(inside)?.kind === "folder" ? inside : made.path, worktree: made };
	}

	/** See `Place.release`. */
	async release({ worktree }: Workspace): Promise<Released> {
		if (worktree === undefined) return { kept: [] };
		return await this.#inTurn(worktree.repository, () => this.#release(worktree));
	}

	/** Throws `worktree_failed` when git cannot say. */
	async state({ path, repository, branch }: Worktree): Promise<WorktreeState> {
		const there = this.#world.files.stat(path) !== undefined;
		const status = there ? await this.#must(branch, path, "status", "--porcelain", "-z", "--untracked-files=all") : "";
		const tip = await this.#git(repository, "rev-parse", "--verify", "--quiet", `refs/heads/${branch}`);
		// HEAD too: an agent may have left its branch, or work on none.
		const heads = [...(there ? ["HEAD"] : []), ...(tip.code === 0 ? [`refs/heads/${branch}`] : [])];
		const elsewhere = ["--not", `--exclude=${branch}`, "--branches", "--remotes", "--tags"];
		const log = ["log", "--format=%h %s", ...heads, ...elsewhere];
		const unmerged = heads.length === 0 ? "" : await this.#must(branch, there ? path : repository, ...log);
		return {
			...statusOf(status),
			unmerged: unmerged.split("\n").filter((line) => line !== ""),
			...(tip.code === 0 ? { tip: tip.stdout.trim() } : {}),
		};
	}

	async #repositoryOf(cwd: string): Promise<string | { repository: string; prefix: string; head: string }> {
		// Git is asked only where there may be a repository: a process is a good part of what a creation takes.
		if (gitRoot(this.#world, cwd) === undefined) return `${cwd} is not in a git repository`;
		const where = await this.#git(cwd, "rev-parse", "--show-prefix", "--git-common-dir", "--is-inside-work-tree");
		const [prefix = "", common = "", inside] = where.stdout.split("\n");
		if (where.code !== 0) return `${cwd}: ${plain(where)}`;
		if (inside !== "true") return `${cwd} is inside a repository's own folder`;
		const head = await this.#git(cwd, "rev-parse", "--verify", "--quiet", "HEAD^{commit}");
		if (head.code !== 0) return `the repository of ${cwd} has no commit yet`;
		// Relative to cwd, or absolute. Worktrees share one, so a lieutenant may be made from within another worktree.
		const folder = resolve(cwd, common);
		return { repository: basename(folder) === ".git" ? dirname(folder) : folder, prefix, head: head.stdout.trim() };
	}

	async #make(name: string, repository: string, head: string): Promise<Worktree> {
		const path = worktreeFolder(this.#home, repository, name);
		const branch = `lt/${name}`;
		const mark = `branch.${branch}.flagshipBase`;
		const exists = (await this.#git(repository, "rev-parse", "--verify", "--quiet", `refs/heads/${branch}`)).code === 0;
		const base = (await this.#git(repository, "config", "--get", mark)).stdout.trim();
		if (exists && base === "") {
			throw fault("worktree_failed", name, `a branch ${branch} is there already, and Flagship did not make it`);
		}
		if (exists && (await this.#isOn(path, branch))) return { path, repository, branch, base };
		await this.#forgetMissing(repository, path);
		this.#world.files.makeFolder(dirname(path));
		const target = exists ? [path, branch] : ["-b", branch, path, head];
		await this.#must(name, repository, "worktree", "add", "--quiet", ...target);
		if (!exists) await this.#must(name, repository, "config", mark, head);
		return { path, repository, branch, base: exists ? base : head };
	}

	async #isOn(path: string, branch: string): Promise<boolean> {
		if (this.#world.files.stat(path) === undefined) return false;
		const on = await this.#git(path, "symbolic-ref", "--quiet", "HEAD");
		return on.stdout.trim() === `refs/heads/${branch}`;
	}

	/** A folder that somebody removed by hand is still on git's list, where it holds its branch. Only ours is struck. */
	async #forgetMissing(repository: string, path: string): Promise<void> {
		if (this.#world.files.stat(path) !== undefined) return;
		const listed = await this.#git(repository, "worktree", "list", "--porcelain", "-z");
		if (!listed.stdout.split("\0").includes(`worktree ${path}`)) return;
		await this.#git(repository, "worktree", "remove", "--force", path);
	}

	async #release(worktree: Worktree): Promise<Released> {
		const { path, repository, branch } = worktree;
		let state: WorktreeState;
		try {
			state = await this.state(worktree);
		} catch (thrown) {
			return { kept: [`${path}: ${thrown instanceof Error ? thrown.message : String(thrown)}`] };
		}
		const kept = unsaved(worktree, state);
		if (kept.length > 0) return { kept };
		if (this.#world.files.stat(path) !== undefined) {
			// Without --force: git looks once more itself.
			const removed = await this.#git(repository, "worktree", "remove", path);
			if (removed.code !== 0) return { kept: [`${path}: ${plain(removed)}`] };
		}
		if (state.tip === undefined) return { kept: [] };
		// Only while it still is the commit that was proven saved.
		const deleted = await this.#git(repository, "update-ref", "-d", `refs/heads/${branch}`, state.tip);
		if (deleted.code !== 0) return { kept: [`branch ${branch}: ${plain(deleted)}`] };
		await this.#git(repository, "config", "--remove-section", `branch.${branch}`);
		return { kept: [] };
	}

	#git(folder: string, ...args: readonly string[]): Promise<Ran> {
		return this.#world.spawn.run("git", ["-C", folder, ...args], PATIENT);
	}

	async #must(name: string, folder: string, ...args: readonly string[]): Promise<string> {
		const ran = await this.#git(folder, ...args);
		if (ran.code !== 0) throw fault("worktree_failed", name.replace(/^lt\//, ""), plain(ran));
		return ran.stdout;
	}

	#inTurn<T>(repository: string, work: () => Promise<T>): Promise<T> {
		const turn = (this.#turns.get(repository) ?? Promise.resolve()).then(work, work);
		this.#turns.set(repository, turn);
		return turn;
	}
}

/** What git said, as one line without its own prefix. */
function plain(ran: Ran): string {
	if (ran.timedOut) return "git did not finish in time";
	const lines = ran.stderr.split("\n").filter((line) => line.trim() !== "");
	const last = lines.find((line) => line.startsWith("fatal:")) ?? lines.at(-1) ?? `git ended with code ${ran.code}`;
	return last.replace(/^(fatal|error): /, "").replace(/\.$/, "");
}

/** Parses `git status --porcelain -z`. A renamed file's old name follows as an item of its own. */
export function statusOf(output: string): Pick<WorktreeState, "uncommitted" | "untracked"> {
	const uncommitted: string[] = [];
	const untracked: string[] = [];
	const items = output.split("\0");
	for (let i = 0; i < items.length; i += 1) {
		const item = items[i] ?? "";
		if (item.length < 4) continue;
		(item.startsWith("??") ? untracked : uncommitted).push(item.slice(3));
		if (/^[RC]|^.[RC]/.test(item)) i += 1;
	}
	return { uncommitted, untracked };
}

function unsaved({ path, branch }: Worktree, { uncommitted, untracked, unmerged }: WorktreeState): string[] {
	return [
		...(uncommitted.length > 0 ? [`${path}: ${listed(uncommitted, "uncommitted file")}`] : []),
		...(untracked.length > 0 ? [`${path}: ${listed(untracked, "untracked file")}`] : []),
		...(unmerged.length > 0
			? [`branch ${branch}: ${listed(unmerged, "commit")} not in any other branch or remote`]
			: []),
	];
}

function listed(items: readonly string[], noun: string): string {
	const shown = items.slice(0, NAMED).join(", ");
	const more = items.length > NAMED ? `, and ${items.length - NAMED} more` : "";
	return `${items.length} ${noun}${items.length === 1 ? "" : "s"} (${shown}${more})`;
}
