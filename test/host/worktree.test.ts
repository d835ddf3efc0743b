import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { homeOf, makeHome } from "../../src/daemon/home.ts";
import { statusOf, Worktrees } from "../../src/host/worktree.ts";
import { realWorld } from "../../src/world/real.ts";
import { makeFolder } from "../support/folder.ts";

function setUp() {
	const root = makeFolder();
	const repo = join(root, "repo");
	mkdirSync(join(repo, "sub"), { recursive: true });
	const git = (folder: string, ...args: string[]): string =>
		execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", "-C", folder, ...args], {
			encoding: "utf8",
			stdio: ["ignore", "pipe", "ignore"],
		}).trim();
	git(repo, "init", "-q", "-b", "main");
	const commit = (folder: string, file: string, text = file): string => {
		writeFileSync(join(folder, file), text);
		git(folder, "add", "-A");
		git(folder, "commit", "-q", "-m", `add ${file}`);
		return git(folder, "rev-parse", "HEAD");
	};
	const home = homeOf({ FLAGSHIP_HOME: join(root, "home") }, { uid: process.getuid?.() ?? 0, folder: root });
	makeHome(home);
	return { root, repo, git, commit, home, worktrees: new Worktrees(realWorld(), home) };
}

/** A repository with one commit, and a lieutenant's workspace in it. */
async function withWorkspace(name = "usage") {
	const all = setUp();
	const base = all.commit(all.repo, "sub/one");
	const workspace = await all.worktrees.prepare({ name, cwd: all.repo });
	const { worktree } = workspace;
	if (worktree === undefined) throw new Error("no worktree");
	return { ...all, base, workspace, worktree };
}

describe("a lieutenant's worktree", () => {
	it("is made from the current commit on a branch of its own, at the same place in the tree", async () => {
		const { repo, commit, worktrees, git, home } = setUp();
		const base = commit(repo, "sub/one");
		const { cwd, worktree } = await worktrees.prepare({ name: "usage", cwd: join(repo, "sub") });
		expect(worktree).toMatchObject({ repository: repo, branch: "lt/usage", base });
		expect(cwd).toBe(join(worktree?.path ?? "", "sub"));
		expect(worktree?.path.startsWith(home.worktrees)).toBe(true);
		expect(git(cwd, "symbolic-ref", "HEAD")).toBe("refs/heads/lt/usage");
		expect(git(repo, "symbolic-ref", "HEAD")).toBe("refs/heads/main");
	});

	it("is the same one when asked for again, also from inside another worktree or after its folder was lost", async () => {
		const { worktrees, workspace, worktree, repo, base } = await withWorkspace();
		expect(await worktrees.prepare({ name: "usage", cwd: repo })).toEqual(workspace);
		const other = await worktrees.prepare({ name: "share", cwd: worktree.path });
		expect(other.worktree).toMatchObject({ repository: repo, base });
		expect(await worktrees.prepare({ name: "usage", cwd: other.cwd })).toEqual(workspace);
		rmSync(worktree.path, { recursive: true });
		expect(await worktrees.prepare({ name: "usage", cwd: repo })).toEqual(workspace);
		expect(existsSync(join(worktree.path, "sub/one"))).toBe(true);
	});

	it("is made for ten at once in one repository", async () => {
		const { repo, commit, worktrees } = setUp();
		commit(repo, "one");
		const names = Array.from({ length: 10 }, (_, i) => `lt${i}`);
		const made = await Promise.all(names.map((name) => worktrees.prepare({ name, cwd: repo })));
		expect(new Set(made.map(({ cwd }) => cwd)).size).toBe(10);
		const released = await Promise.all(made.map((workspace) => worktrees.release(workspace)));
		expect(released).toEqual(names.map(() => ({ kept: [] })));
	});

	it("is left out without git, without a commit, or when not wanted, and says why when it was asked for", async () => {
		const { root, repo, worktrees, commit } = setUp();
		const plain = realpathSync(makeFolder());
		expect(await worktrees.prepare({ name: "a", cwd: plain })).toEqual({ cwd: plain });
		await expect(worktrees.prepare({ name: "a", cwd: plain, worktree: true })).rejects.toThrow(
			/not in a git repository/,
		);
		expect(await worktrees.prepare({ name: "a", cwd: repo })).toEqual({ cwd: repo });
		await expect(worktrees.prepare({ name: "a", cwd: repo, worktree: true })).rejects.toThrow(/no commit yet/);
		commit(repo, "one");
		expect(await worktrees.prepare({ name: "a", cwd: repo, worktree: false })).toEqual({ cwd: repo });
		await expect(worktrees.prepare({ name: "../a", cwd: repo })).rejects.toMatchObject({ code: "name_invalid" });
		await expect(worktrees.prepare({ name: "a", cwd: join(root, "none"), worktree: true })).rejects.toThrow(/none/);
	});

	it("never takes a branch that somebody else made", async () => {
		const { repo, worktrees, commit, git } = setUp();
		commit(repo, "one");
		git(repo, "branch", "lt/mine");
		await expect(worktrees.prepare({ name: "mine", cwd: repo })).rejects.toThrow(/Flagship did not make it/);
		expect(git(repo, "branch", "--list", "lt/mine")).not.toBe("");
	});

	it("goes when nothing in it is unsaved, and its branch with it", async () => {
		const { worktrees, workspace, worktree, repo, git } = await withWorkspace();
		expect(await worktrees.release(workspace)).toEqual({ kept: [] });
		expect(existsSync(worktree.path)).toBe(false);
		expect(git(repo, "branch", "--list", "lt/*")).toBe("");
		expect(git(repo, "config", "--list")).not.toContain("flagship");
		expect(await worktrees.release(workspace)).toEqual({ kept: [] });
	});

	it.each(["merged", "pushed"])("goes when its commits are %s", async (how) => {
		const { root, worktrees, workspace, worktree, repo, git, commit } = await withWorkspace();
		commit(worktree.path, "two");
		if (how === "merged") git(repo, "merge", "-q", "lt/usage");
		else {
			git(root, "init", "-q", "--bare", "remote.git");
			git(repo, "remote", "add", "origin", join(root, "remote.git"));
			git(worktree.path, "push", "-q", "origin", "lt/usage");
		}
		expect(await worktrees.release(workspace)).toEqual({ kept: [] });
		expect(existsSync(worktree.path)).toBe(false);
	});

	it("stays and is named while it holds uncommitted, untracked or unmerged work", async () => {
		const { worktrees, workspace, worktree, repo, git, commit } = await withWorkspace();
		const tip = commit(worktree.path, "two");
		writeFileSync(join(worktree.path, "two"), "changed");
		writeFileSync(join(worktree.path, "new file"), "x");
		expect(await worktrees.state(worktree)).toEqual({
			uncommitted: ["two"],
			untracked: ["new file"],
			unmerged: [`${tip.slice(0, 7)} add two`],
			tip,
		});
		const { kept } = await worktrees.release(workspace);
		expect(kept).toEqual([
			`${worktree.path}: 1 uncommitted file (two)`,
			`${worktree.path}: 1 untracked file (new file)`,
			expect.stringMatching(/^branch lt\/usage: 1 commit \(.* add two\) not in any other branch or remote$/),
		]);
		expect(git(repo, "rev-parse", "lt/usage")).toBe(tip);
		// Its namesake made later finds the work again.
		expect(await worktrees.prepare({ name: "usage", cwd: repo })).toEqual(workspace);
	});

	it("stays when work was committed on no branch, and its branch alone when the folder is lost", async () => {
		const { worktrees, workspace, worktree, repo, git, commit } = await withWorkspace();
		git(worktree.path, "checkout", "-q", "--detach");
		commit(worktree.path, "loose");
		expect((await worktrees.release(workspace)).kept).toEqual([expect.stringContaining("add loose")]);
		git(worktree.path, "checkout", "-q", "lt/usage");
		const tip = commit(worktree.path, "two");
		rmSync(worktree.path, { recursive: true });
		expect((await worktrees.release(workspace)).kept).toEqual([expect.stringContaining("add two")]);
		expect(git(repo, "rev-parse", "lt/usage")).toBe(tip);
	});

	it("stays and is named when git cannot say what is in it", async () => {
		const { worktrees, workspace, worktree, repo } = await withWorkspace();
		rmSync(join(repo, ".git"), { recursive: true });
		const { kept } = await worktrees.release(workspace);
		expect(kept).toEqual([expect.stringContaining(worktree.path)]);
		expect(existsSync(worktree.path)).toBe(true);
	});
});

describe("git's status", () => {
	it("is read with renames, spaces and line ends in names", () => {
		expect(statusOf("R  new\0old\0?? a b\0 M x\ny\0UU z\0")).toEqual({
			uncommitted: ["new", "x\ny", "z"],
			untracked: ["a b"],
		});
		expect(statusOf("")).toEqual({ uncommitted: [], untracked: [] });
	});
});
