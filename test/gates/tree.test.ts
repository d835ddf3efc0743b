import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { newCommits, observe } from "../../src/gates/observe.ts";
import { type Asked, difference, factsOf, type Tree } from "../../src/gates/tree.ts";
import { realWorld } from "../../src/world/real.ts";
import { makeFolder } from "../support/folder.ts";
import { makeRepository, repositoryAt } from "./repository.ts";

const world = realWorld();
const ANY: Asked = { refs: true, push: false };

async function between(cwd: string, act: () => void, asked: Asked = ANY) {
	const before = await observe(world, cwd);
	act();
	const after = await observe(world, cwd);
	const seen = difference(before, after);
	const commits =
		before.type === "git" && after.type === "git" ? await newCommits(world, before, after, seen, asked) : [];
	return { ...factsOf(seen, commits, asked), commits: commits.map((commit) => commit.subject), whole: seen.whole };
}

describe("what differs in a git repository", () => {
	it("a dirty file changed again, a file put back, names with spaces and umlauts, from a folder below", async () => {
		const repo = makeRepository();
		repo.write("a.txt", "dirty\n");
		mkdirSync(join(repo.path, "sub"));
		const again = await between(join(repo.path, "sub"), () => {
			repo.write("a.txt", "dirty again\n");
			repo.write("sub/ä b.txt", "x");
		});
		expect(again).toMatchObject({ files: ["a.txt", "sub/ä b.txt"], effects: [] });
		expect(await between(repo.path, () => repo.git("checkout", "-q", "--", "a.txt"))).toMatchObject({
			files: ["a.txt"],
		});
		expect(await between(repo.path, () => undefined)).toMatchObject({
			files: [],
			commits: [],
			effects: [],
			whole: true,
		});
	});

	it("the first commit of all, an amended one, a merge", async () => {
		const repo = repositoryAt(makeFolder());
		repo.git("init", "-q", "-b", "main");
		repo.write("a.txt", "a");
		const commit = (message: string, ...more: readonly string[]) => repo.git("commit", "-q", "-m", message, ...more);
		const first = await between(repo.path, () => {
			repo.git("add", "-A");
			commit("first");
		});
		expect(first).toMatchObject({ commits: ["first"], files: [], effects: [] });
		expect(await between(repo.path, () => commit("better", "--amend"))).toMatchObject({ commits: ["better"] });
		repo.git("checkout", "-q", "-b", "side");
		commit("theirs", "--allow-empty");
		expect(await between(repo.path, () => repo.git("checkout", "-q", "main"))).toMatchObject({
			commits: [],
			effects: ["switched to branch main"],
		});
		const merged = await between(repo.path, () => repo.git("merge", "-q", "side"));
		expect(merged.commits).toEqual([]); // fast-forward: the commit was there
		expect(merged.effects).toEqual([`moved branch main to ${repo.git("rev-parse", "HEAD").slice(0, 7)}`]);
	});

	it("what was fetched is somebody else's; what was pushed is ours", async () => {
		const [repo, other, bare] = [makeRepository(), makeFolder(), makeFolder()];
		repo.git("init", "-q", "--bare", "-b", "main", bare);
		repo.git("remote", "add", "origin", bare);
		const pushed = await between(repo.path, () => repo.git("push", "-q", "-u", "origin", "main"), {
			refs: true,
			push: true,
		});
		expect(pushed.effects).toEqual([`pushed origin/main (${repo.git("rev-parse", "HEAD").slice(0, 7)})`]);
		repo.git("clone", "-q", bare, other);
		repositoryAt(other).git("commit", "-q", "--allow-empty", "-m", "theirs");
		repositoryAt(other).git("push", "-q");
		const pulled = await between(repo.path, () => repo.git("pull", "-q", "--ff-only"));
		expect(pulled.commits).toEqual([]);
		expect(pulled.effects).toHaveLength(2);
		const both = await between(
			repo.path,
			() => {
				repo.git("commit", "-q", "--allow-empty", "-m", "ours");
				repo.git("push", "-q");
			},
			{ refs: true, push: true },
		);
		expect(both.commits).toEqual(["ours"]);
	});

	it("a conflict is seen as changed files", async () => {
		const repo = makeRepository();
		repo.git("checkout", "-q", "-b", "side");
		repo.write("a.txt", "side\n");
		repo.git("commit", "-q", "-am", "side");
		repo.git("checkout", "-q", "main");
		repo.write("a.txt", "main\n");
		repo.git("commit", "-q", "-am", "main");
		const seen = await between(repo.path, () => expect(() => repo.git("merge", "-q", "side")).toThrow());
		expect(seen.files).toEqual(["a.txt"]);
	});
});

it("outside of git what tools make out of other files is not looked at", async () => {
	const folder = makeFolder();
	for (const name of ["node_modules", ".venv", "__pycache__", ".cache", "src"]) {
		mkdirSync(join(folder, name));
		writeFileSync(join(folder, name, "a"), "a");
	}
	const seen = await observe(realWorld(), folder);
	expect(seen.type === "folder" && [...seen.files.keys()]).toEqual(["src/a"]);
});

describe("what differs in a folder", () => {
	it("a walk that stopped early invents nothing", () => {
		const folder = (files: readonly (readonly [string, string])[], whole: boolean): Tree => ({
			...{ type: "folder" as const, root: "/f", whole },
			files: new Map(files),
		});
		const few = folder([["a", "1"]], false);
		const more = folder(
			[
				["a", "2"],
				["b", "1"],
			],
			false,
		);
		expect(difference(few, more)).toEqual({ files: ["a"], moves: [], whole: false });
		expect(difference(folder([["a", "1"]], true), folder([["b", "1"]], true)).files).toEqual(["a", "b"]);
	});

	it("becomes a repository: not comparable, hence not nothing", async () => {
		const path = makeFolder();
		writeFileSync(join(path, "a"), "a");
		expect((await between(path, () => repositoryAt(path).git("init", "-q"))).whole).toBe(false);
	});
});
