/** Merges as real git has them. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { mergesOf } from "../../../src/host/repositories/merges.ts";
import { realWorld } from "../../../src/world/real.ts";
import { makeFolder } from "../../support/folder.ts";

const world = realWorld();
const moment = (hour: number) => `2026-01-31T${String(hour).padStart(2, "0")}:00:00Z`;

function repository() {
	const folder = makeFolder();
	const git = (hour: number, ...args: readonly string[]): string =>
		execFileSync("git", ["-C", folder, "-c", "user.name=a", "-c", "user.email=a@b", ...args], {
			encoding: "utf8",
			env: { ...process.env, GIT_COMMITTER_DATE: moment(hour), GIT_AUTHOR_DATE: moment(hour) },
			stdio: ["ignore", "pipe", "ignore"],
		});
	const commit = (hour: number, subject: string) => git(hour, "commit", "-q", "--allow-empty", "-m", subject);
	git(1, "init", "-q", "-b", "main");
	commit(1, "first");
	const merged = (hour: number, branch: string, subject: string) => {
		git(hour, "checkout", "-q", "-b", branch);
		commit(hour, `work of ${branch}`);
		git(hour, "checkout", "-q", "main");
		git(hour, "merge", "-q", "--no-ff", "-m", subject, branch);
	};
	return { folder, git, commit, merged };
}

test("are merge commits of the main branch in the span, those of pull requests by the words of the forges", async () => {
	const { folder, git, commit, merged } = repository();
	merged(2, "early", "Merge branch 'early'");
	merged(3, "lt/ada", "Merge branch 'lt/ada'");
	merged(4, "lt/bob", "Merge pull request #7 from us/bob");
	commit(5, "Squashed (#8)");
	commit(5, "No merge, only #9");
	// A merge into another branch is none of the main one's.
	git(6, "checkout", "-q", "-b", "side");
	merged(6, "late", "Merge branch 'late'");
	git(7, "checkout", "-q", "side");
	git(7, "merge", "-q", "--no-ff", "-m", "into side", "main");
	git(8, "checkout", "-q", "side");
	const span = { from: Date.parse(moment(3)), to: Date.parse(moment(6)) };
	const found = await mergesOf(world, folder, span);
	expect(found.map(({ type, subject }) => [type, subject])).toEqual([
		["pull_request", "Squashed (#8)"],
		["pull_request", "Merge pull request #7 from us/bob"],
		["branch", "Merge branch 'lt/ada'"],
	]);
});

test("are asked of git without running anything that the repository names", async () => {
	const { folder, git, merged } = repository();
	merged(3, "a", "Merge branch 'a'");
	const mark = join(folder, "ran");
	const script = join(folder, "evil.sh");
	writeFileSync(script, `#!/bin/sh\ntouch ${mark}\n`, { mode: 0o755 });
	for (const setting of ["core.fsmonitor", "gpg.program", "core.pager", "diff.external"])
		git(4, "config", setting, script);
	git(4, "config", "log.showSignature", "true");
	const found = await mergesOf(world, folder, { from: 0, to: Date.parse(moment(9)) });
	expect([found.length, world.files.stat(mark)]).toEqual([1, undefined]);
});

test("of a folder that is no repository are refused in git's own words", async () => {
	await expect(mergesOf(world, makeFolder(), { from: 0, to: 1 })).rejects.toThrow(/git/i);
});
