/** What has changed in a lieutenant's files, committed or not, between two states of them. */
import type { Static } from "@sinclair/typebox";
import type { changes } from "../../contract/lieutenants.ts";
import type { World } from "../../world.ts";
import type { Workspace } from "../places/place.ts";
import type { Subject } from "./checks.ts";
import { treeOf } from "./tree.ts";

/** Bytes of a diff: what is longer nobody reads, and the hub keeps each. */
const DIFF_MAX = 200_000;
const GIT = { timeout: 30_000, maxOutput: DIFF_MAX + 1 };

export async function changesOf(
	world: Pick<World, "spawn" | "files" | "clock">,
	{ cwd, folder, env }: Pick<Subject, "cwd" | "folder" | "env">,
	worktree: Workspace["worktree"],
	asked: string | undefined,
): Promise<Static<typeof changes.output>> {
	const tree = await treeOf(world, cwd, `${folder}/changes.index`, env);
	const branch = worktree === undefined ? {} : { branch: worktree.branch };
	const since = asked ?? worktree?.base;
	if (tree === undefined || since === undefined)
		return { ...(tree === undefined ? {} : { tree }), ...branch, cut: false };
	// Programs that a repository's settings name for showing differences are code of that repository: none is run.
	const plain = ["diff", "--no-color", "--no-ext-diff", "--no-textconv", "--end-of-options", since, tree];
	const ran = await world.spawn.run("git", ["-C", cwd, ...plain], { ...GIT, env });
	if (ran.code !== 0) return { tree, ...branch, cut: false };
	const cut = ran.stdout.length > DIFF_MAX;
	return { tree, ...branch, since, diff: ran.stdout.slice(0, DIFF_MAX), cut };
}
