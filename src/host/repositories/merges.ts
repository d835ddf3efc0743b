/** Merges into a repository's main branch, as its own history has them. A branch that was fast-forwarded leaves no trace. */
import type { Merge } from "../../contract/repositories.ts";
import { withoutKeys } from "../../pi/environment.ts";
import type { World } from "../../world.ts";

/** Commits of the main branch that are looked at: years of most, and a bound for the rest. */
const COMMITS = 20_000;
const SUBJECT = 200;
const GIT = { timeout: 20_000, maxOutput: 16 * 1024 * 1024 };
const FORMAT = "%H%x1f%P%x1f%ct%x1f%s";

export interface Span {
	/** ms since 1970; the end does not belong to it. */
	readonly from: number;
	readonly to: number;
}

type Spawn = Pick<World, "spawn">;

/** Programs that a repository's settings name are code of that repository: none is run. */
const git = ({ spawn }: Spawn, folder: string, ...args: readonly string[]) =>
	spawn.run("git", ["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-C", folder, ...args], {
		...GIT,
		env: { ...withoutKeys(process.env as Record<string, string>), GIT_TERMINAL_PROMPT: "0", PAGER: "cat" },
	});

/** What the remote's HEAD names, else `main` or `master`, else what is checked out. */
async function mainOf(world: Spawn, folder: string): Promise<string> {
	const named = await git(world, folder, "symbolic-ref", "-q", "--short", "refs/remotes/origin/HEAD");
	const remote = named.stdout.trim().replace(/^origin\//, "");
	for (const branch of [remote, "main", "master"].filter((name) => name !== "")) {
		const found = await git(world, folder, "rev-parse", "--verify", "-q", `refs/heads/${branch}`);
		if (found.code === 0) return `refs/heads/${branch}`;
	}
	return remote === "" ? "HEAD" : `refs/remotes/origin/${remote}`;
}

/** Throws git's own words. */
export async function mergesOf(world: Spawn, folder: string, { from, to }: Span): Promise<readonly Merge[]> {
	const main = await mainOf(world, folder);
	const log = ["log", "--first-parent", "--no-show-signature", `--max-count=${COMMITS}`, `--format=${FORMAT}`];
	const ran = await git(world, folder, ...log, "--end-of-options", main, "--");
	if (ran.code !== 0) throw new Error(ran.stderr.trim().slice(0, SUBJECT) || `git ended with ${ran.code}`);
	return ran.stdout.split("\n").flatMap((line) => {
		const [commit = "", parents = "", seconds = "", subject = ""] = line.split("\x1f");
		const at = Number(seconds) * 1_000;
		const type = typeOf(parents.split(" ").length, subject);
		if (commit === "" || type === undefined || at < from || at >= to) return [];
		return [{ repository: folder, commit, type, at: new Date(at).toISOString(), subject: subject.slice(0, SUBJECT) }];
	});
}

/** A pull request is known by the words that the forges write. */
export function typeOf(parents: number, subject: string): Merge["type"] | undefined {
	const byForge = /^Merge pull request #\d+ |^Merged in .+ \(pull request #\d+\)/.test(subject);
	if (parents > 1) return byForge ? "pull_request" : "branch";
	return / \(#\d+\)$/.test(subject) ? "pull_request" : undefined;
}
