/** Is there what was due? In a real folder with real git. */
import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { begin } from "../../../src/host/bounds/bound.ts";
import { check, before as noted, passes, type Verdict } from "../../../src/host/bounds/check.ts";
import type { Deliverable } from "../../../src/host/bounds/deliverable.ts";
import { BOUND_DEFAULTS } from "../../../src/host/bounds/settings.ts";
import { realWorld } from "../../../src/world/real.ts";
import { makeRepository, type Repository } from "../../gates/repository.ts";
import { makeFolder } from "../../support/folder.ts";
import { answer, asked, changed, look, session, work } from "../looks.ts";

const world = realWorld();
const COURSE = { turns: 0, worked: 0, tokens: 0, usd: 0, at: 0 };

let repository: Repository;
let status: string | undefined;
beforeEach(() => {
	repository = makeRepository();
	status = "open";
});

const met = (says: string): Verdict => ({ met: true, says });
const missing = (says: string): Verdict => ({ met: false, says: `Missing: ${says}.` });

async function found(deliverable: Deliverable, entries = session(), task?: string): Promise<Verdict> {
	const bound = begin("b1", { deliverable, ...(task === undefined ? {} : { task }) }, COURSE, BOUND_DEFAULTS);
	return check(world, bound, look(entries), {
		cwd: repository.path,
		run: async (command) => ({ passed: command === "true", said: "exit code 1" }),
		task: async () => status,
	});
}

describe("a report", () => {
	const short = session(asked(0), answer(1, "done", 0));
	test("is an answer that is long enough, by its words alone", async () => {
		expect(await found({ type: "report", least: 80 }, short)).toEqual(missing("a report, its answer has 4 characters"));
		const long = session(asked(0), answer(1, "w".repeat(80), 0));
		expect(await found({ type: "report", least: 80 }, long)).toEqual(met("Delivered: a report, its answer."));
	});

	test("or a document that was written since, in a commit as well", async () => {
		const wrote = (files: readonly string[], commits: readonly object[] = []) =>
			session(asked(0), work(1, { ...changed(files, []), commits }), answer(2, "done", 0));
		expect(await found({ type: "report", least: 80 }, wrote(["a.ts"]))).toMatchObject({ met: false });
		expect(await found({ type: "report", least: 80 }, wrote(["docs/a.md"]))).toMatchObject({ met: false });
		const later = session(asked(0), answer(1, "so", 0), work(2, changed(["docs/a.md"], [])), answer(3, "done", 0));
		expect(await found({ type: "report", least: 80 }, later)).toEqual(met("Delivered: docs/a.md."));
		const commits = [{ id: "c1", subject: "s", files: ["b.txt"] }];
		const committed = session(
			asked(0),
			answer(1, "so", 0),
			work(2, { ...changed([], []), commits }),
			answer(3, "done", 0),
		);
		expect(await found({ type: "report", least: 80 }, committed)).toEqual(met("Delivered: b.txt."));
	});

	test("is any words where nothing was said of it, and no words are none", async () => {
		expect(await found({ type: "report", least: 1 }, short)).toEqual(met(""));
		expect(await found({ type: "report", least: 1 }, session(asked(0), answer(1, " ", 0)))).toEqual(
			missing("a report, its answer is empty"),
		);
	});
});

test("nothing is always there", async () => {
	expect(await found({ type: "none" })).toEqual(met(""));
});

describe("a path", () => {
	const due = (path: string) => noted(world, { type: "path", path }, repository.path);

	test("that was not there is delivered once it is", async () => {
		const file = await due("b.md");
		expect(await found(file)).toEqual(missing("b.md is not there"));
		repository.write("b.md", "words");
		expect(await found(file)).toEqual(met("Delivered: b.md."));
	});

	test("that was there is delivered once it has changed", async () => {
		const file = await due("a.txt");
		expect(await found(file)).toEqual(missing("a.txt was not changed"));
		utimesSync(join(repository.path, "a.txt"), 1, 1);
		expect(await found(file)).toEqual(met("Delivered: a.txt."));
	});

	test("that leads through a link is none, wherever the link stands in it", async () => {
		const outside = makeFolder();
		mkdirSync(join(outside, "deep"));
		writeFileSync(join(outside, "deep", "b.md"), "words");
		symlinkSync(outside, join(repository.path, "out"));
		expect(await found(await due("out/deep/b.md"))).toEqual(
			missing("out/deep/b.md, out is a link and may lead out of the workspace"),
		);
	});
});

describe("a branch", () => {
	test("is the commits since the work was given", async () => {
		const due = await noted(world, { type: "branch", before: "" }, repository.path);
		expect(due).toEqual({ type: "branch", before: repository.git("rev-parse", "HEAD") });
		expect(await found(due)).toEqual(missing("commits, there are none"));
		repository.git("commit", "-q", "--allow-empty", "-m", "one");
		expect(await found(due)).toEqual(met("Delivered: 1 commit."));
		repository.git("commit", "-q", "--allow-empty", "-m", "two");
		expect(await found(due)).toEqual(met("Delivered: 2 commits."));
	});

	test("where there was no commit before is all that there are", async () => {
		const empty = makeFolder();
		const due = await noted(world, { type: "branch", before: "x" }, empty);
		expect(due).toEqual({ type: "branch", before: "" });
		expect(await found(due)).toEqual(met("Delivered: 1 commit."));
	});

	test("where git cannot look has none", async () => {
		expect(await found({ type: "branch", before: "0".repeat(40) })).toEqual(missing("commits, there are none"));
	});
});

test("a task is delivered once it is done or in review; the hub's absence keeps nobody", async () => {
	expect(await found({ type: "task" })).toEqual(missing("its task done, it has no task on the board"));
	expect(await found({ type: "task" }, session(), "t1")).toEqual(missing("its task is open"));
	for (status of ["done", "in_review"])
		expect(await found({ type: "task" }, session(), "t1")).toEqual(met(`Delivered: its task is ${status}.`));
	status = undefined;
	expect(await found({ type: "task" }, session(), "t1")).toEqual(
		met("Not checked: the hub is away, so how its task stands is unknown."),
	);
});

test("a command is delivered once it passes, by whoever runs it", async () => {
	expect(await found({ type: "command", command: "true" })).toEqual(met("Delivered: `true` passing."));
	expect(await found({ type: "command", command: "false" })).toEqual(missing("`false`, exit code 1"));
	const where = { cwd: repository.path, checkSeconds: 20, env: { PATH: process.env.PATH ?? "" } };
	expect(await passes(world, "test -f a.txt", where)).toEqual(met("Delivered: `test -f a.txt` passing."));
	expect(await passes(world, "test -f b.txt", where)).toMatchObject({ met: false });
});

test("what is noted before the work is noted of what can change alone", async () => {
	const command: Deliverable = { type: "command", command: "true" };
	expect(await noted(world, command, repository.path)).toBe(command);
});
