/**
 * The state of a lieutenant's files as one hash: git's tree of everything that is not ignored, whether it is committed,
 * staged or neither. So a commit of what was checked keeps what the check showed, and one changed letter does not.
 */
import { createHash } from "node:crypto";
import { observe } from "../../gates/observe.ts";
import type { World } from "../../world.ts";

type Seam = Pick<World, "spawn" | "files" | "clock">;

/** A large repository hashes for a while, once. */
const GIT = { timeout: 60_000, maxOutput: 4_096 };

/** `index`: a path of our own for the index that is made. Undefined where the files cannot be seen in full. */
export async function treeOf(
	world: Seam,
	cwd: string,
	index: string,
	env: Readonly<Record<string, string>>,
): Promise<string | undefined> {
	// The lieutenant's own index and hooks are left alone: nothing of its work may change by being looked at.
	const own = { ...env, GIT_INDEX_FILE: index, GIT_OPTIONAL_LOCKS: "0" };
	const git = (...args: readonly string[]) =>
		world.spawn.run("git", ["-c", "core.hooksPath=/dev/null", "-C", cwd, ...args], { ...GIT, env: own });
	const asked = await world.spawn.run("git", ["-C", cwd, "rev-parse", "--show-toplevel", "--absolute-git-dir"], {
		...GIT,
		env,
	});
	if (asked.code !== 0) return folderOf(world, cwd);
	const [top = cwd, folder = ""] = asked.stdout.split("\n");
	try {
		// With the lieutenant's own index as a beginning git hashes only what has changed since. And with its time: where
		// git compares seconds, a file as old as its index is read again, and would not be beside a younger copy.
		await world.spawn.run("cp", ["-p", `${folder}/index`, index], { ...GIT, env });
		const added = await git("-C", top, "add", "--all");
		const written = added.code === 0 ? await git("write-tree") : added;
		return written.code === 0 ? written.stdout.trim() : undefined;
	} finally {
		world.files.remove(index);
	}
}

/** Outside of git: names, sizes and times. */
async function folderOf(world: Seam, cwd: string): Promise<string | undefined> {
	const seen = await observe(world, cwd);
	if (seen.type !== "folder" || !seen.whole) return undefined;
	const lines = [...seen.files].map(([path, stamp]) => `${path}\0${stamp}`).sort();
	return createHash("sha256").update(lines.join("\n")).digest("hex").slice(0, 40);
}
