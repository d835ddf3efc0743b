import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SessionManager } from "@earendil-works/pi-coding-agent";
import { afterAll, describe, expect, it } from "vitest";
import { bash, call, log, makeFaux, say } from "../gates/faux.ts";
import { makeRepository } from "../gates/repository.ts";
import { makeFolder } from "../support/folder.ts";

/** Not below a folder for scratch, as everything of a test's own is, and as this checkout may be. */
const elsewhere = existsSync("/dev/shm") ? "/dev/shm" : join(process.cwd(), "node_modules", ".cache");
const OUTSIDE = join(elsewhere, `flagship-gate-test-${process.pid}.txt`);
afterAll(() => rmSync(OUTSIDE, { force: true }));

const write = (path: string, content = "x\n") => call("write", { path, content });

describe("a run that changed something", () => {
	it("is refused until the log covers it, in the words of the design", async () => {
		const { path } = makeRepository();
		const pi = await makeFaux({ cwd: path });
		await pi.run("go", [write("b.txt"), say("done"), log("Added b.txt because it was asked for."), say("logged")]);
		expect(pi.refusals()).toEqual([
			"Not finished: one change is not in the work log: b.txt.\nCall log_append with what and why. Refusal 1 of 2; then I write it, marked auto.",
		]);
		expect(pi.logged).toEqual([
			{
				by: "model",
				text: "Added b.txt because it was asked for.",
				facts: { files: ["b.txt"], commits: [], effects: [] },
			},
		]);
		await pi.end();
		expect(pi.logged).toHaveLength(1);
	});

	it("is not refused when it logged by itself, and the facts go with the entry", async () => {
		const repo = makeRepository();
		const pi = await makeFaux({ cwd: repo.path });
		await pi.run("go", [
			bash("echo x > b.txt && git add -A && git commit -qm 'Add b'"),
			log("Added b.txt."),
			say("done"),
		]);
		expect(pi.refusals()).toEqual([]);
		expect(pi.logged[0]?.facts).toEqual({ files: ["b.txt"], commits: [repo.git("rev-parse", "HEAD")], effects: [] });
	});

	it.each([
		["an edit", call("edit", { path: "a.txt", edits: [{ oldText: "a", newText: "b" }] }), "a.txt"],
		["a bash redirect", bash("echo x >> a.txt"), "a.txt"],
		["a new file in a folder", bash("mkdir -p deep/er && echo x > deep/er/n.txt"), "deep/er/n.txt"],
		["a staged file", bash("rm a.txt && git add -A"), "a.txt"],
		["a branch", bash("git checkout -q -b other"), "created branch other"],
		["a tag", bash("git tag v1"), "created tag v1"],
		["an unknown command", bash("node -e 'process.exit(0)'"), "ran `node`"],
		["an unknown command that wrote", bash("node -e 'fs.writeFileSync(`n.txt`, ``)'"), "n.txt"],
		["a file outside", write(OUTSIDE), "flagship-gate-test"],
	])("is seen by its effect: %s", async (_name, step, named) => {
		const { path } = makeRepository();
		const pi = await makeFaux({ cwd: path });
		await pi.run("go", [step, say("done")]);
		expect(pi.refusals()[0]).toContain(named);
		expect(pi.refusals()).toHaveLength(2);
		expect(pi.logged).toMatchObject([{ by: "gate", facts: { mark: "auto" } }]);
		expect(pi.logged[0]?.text).toContain(`[auto] `);
		expect(pi.logged[0]?.text).toContain(named);
	});

	it("names a commit with its file as one change", async () => {
		const repo = makeRepository();
		const pi = await makeFaux({ cwd: repo.path });
		await pi.run("go", [write("b.txt"), bash("git add -A; git commit -qm 'Add b'"), say("done")]);
		const short = repo.git("rev-parse", "HEAD").slice(0, 7);
		expect(pi.refusals()[0]).toContain(`one change is not in the work log: b.txt (commit ${short}).`);
	});

	it("knows a push, and whose branches others move meanwhile", async () => {
		const repo = makeRepository();
		const remote = makeFolder();
		repo.git("init", "-q", "--bare", remote);
		repo.git("remote", "add", "origin", remote);
		repo.git("worktree", "add", "-q", "-b", "lt/other", join(remote, "wt"));
		const pi = await makeFaux({ cwd: repo.path });
		await pi.run("go", [
			bash(`git push -q -u origin main; git -C ${join(remote, "wt")} commit -q --allow-empty -m theirs`),
			log("Pushed main to origin."),
			say("done"),
		]);
		expect(pi.errors()).toEqual([]);
		const effects = pi.logged[0]?.facts?.effects.join("; ") ?? "";
		expect(effects).toContain(`pushed origin/main`);
		expect(effects).not.toContain("lt/other");
		expect(pi.logged[0]?.facts?.commits).toEqual([]);
	});

	it("counts our tools by what they declare, and unknown tools always", async () => {
		const pi = await makeFaux({ cwd: makeRepository().path, settings: { quietTools: ["quiet"] } });
		await pi.run("go", [call("ours_reading", {}), call("quiet", {}), say("done")]);
		expect(pi.refusals()).toEqual([]);
		await pi.run("go", [call("ours", {}), call("foreign", {}), say("done"), log("Made lieutenant docs."), say("done")]);
		expect(pi.refusals()[0]).toContain("2 changes are not in the work log: created lieutenant docs, called foreign.");
		expect(pi.logged[0]?.facts?.effects).toEqual(["created lieutenant docs", "called foreign"]);
	});

	it("is not covered by an entry of the same step that comes before it", async () => {
		const { path } = makeRepository();
		const pi = await makeFaux({ cwd: path });
		const both = {
			calls: [
				{ name: "write", input: { path: "b.txt", content: "b" } },
				{ name: "log_append", input: { text: "Added b.txt." } },
			],
		};
		await pi.run("go", [both, log("Added b.txt."), say("done")]);
		expect(pi.errors()[0]).toContain("other tools of this step are still running");
		expect(pi.refusals()).toEqual([]);
		expect(pi.logged).toMatchObject([{ facts: { files: ["b.txt"] } }]);
	});

	it("sees several tools of one step", async () => {
		const { path } = makeRepository();
		const pi = await makeFaux({ cwd: path });
		await pi.run("go", [
			{ calls: ["x", "y", "z"].map((name) => ({ name: "write", input: { path: `${name}.txt`, content: name } })) },
			say("done"),
		]);
		// They run side by side: which is seen first is not said.
		const [, names] = /3 changes are not in the work log: (.*)\./.exec(pi.refusals()[0] ?? "") ?? [];
		expect(names?.split(", ").sort()).toEqual(["x.txt", "y.txt", "z.txt"]);
	});

	it("is watched outside of git too", async () => {
		const pi = await makeFaux({ cwd: makeFolder() });
		await pi.run("go", [bash("mkdir sub && echo x > sub/n.txt"), say("done")]);
		expect(pi.refusals()[0]).toContain("sub/n.txt");
	});
});

describe("a run that changed nothing", () => {
	it("is not nagged and costs no git process", async () => {
		const pi = await makeFaux({ cwd: makeRepository().path });
		await pi.run("go", [call("read", { path: "a.txt" }), bash("git status && ls | head"), call("ls", {}), say("done")]);
		expect(pi.refusals()).toEqual([]);
		expect(pi.spawned).toEqual([]);
		expect(pi.work()).toEqual([]);
		await pi.end();
		expect(pi.logged).toEqual([]);
	});

	it("is not nagged for ignored files, nor for a test run that left nothing", async () => {
		const pi = await makeFaux({ cwd: makeRepository().path });
		await pi.run("go", [bash("mkdir -p ignored && echo x > ignored/n.txt"), bash("npm test; true"), say("done")]);
		expect(pi.refusals()).toEqual([]);
	});
});

describe("a model that does not want to", () => {
	it("meets two refusals in a run, also when it answers each with more work", async () => {
		const pi = await makeFaux({ cwd: makeRepository().path });
		await pi.run("go", [write("1.txt"), say("no"), write("2.txt"), say("no"), write("3.txt"), say("no")]);
		expect(pi.refusals()).toHaveLength(2);
		expect(pi.logged).toMatchObject([{ by: "gate", facts: { files: ["1.txt", "2.txt", "3.txt"], mark: "auto" } }]);
		expect(pi.events.map((event) => event.metadata.verdict)).toEqual(["refused", "refused", "auto"]);
	});

	it("starts anew in the next run", async () => {
		const pi = await makeFaux({ cwd: makeRepository().path });
		await pi.run("go", [write("1.txt")]);
		await pi.run("again", [write("2.txt")]);
		expect(pi.refusals().map((text) => /Refusal \d of 2/.exec(text)?.[0])).toEqual([
			"Refusal 1 of 2",
			"Refusal 2 of 2",
			"Refusal 1 of 2",
			"Refusal 2 of 2",
		]);
		expect(pi.logged.map((entry) => entry.facts?.files)).toEqual([["1.txt"], ["2.txt"]]);
	});
});

describe("an entry whose words and facts disagree", () => {
	it("is sent back once, then kept and marked", async () => {
		const pi = await makeFaux({ cwd: makeRepository().path });
		const claim = "Updated src/other.ts and b.txt.";
		await pi.run("go", [write("b.txt"), log(claim), log(claim), say("done")]);
		expect(pi.errors()).toHaveLength(1);
		expect(pi.errors()[0]).toContain("src/other.ts");
		expect(pi.logged).toEqual([
			{ by: "model", text: claim, facts: { files: ["b.txt"], commits: [], effects: [], mark: "unmatched" } },
		]);
		expect(pi.refusals()).toEqual([]);
	});

	it("is judged anew after a good one", async () => {
		const pi = await makeFaux({ cwd: makeRepository().path });
		await pi.run("go", [
			write("b.txt"),
			log("Some work."),
			log("Added b.txt."),
			write("c.txt"),
			log("Some work."),
			log("Added c.txt."),
		]);
		expect(pi.errors()).toHaveLength(2);
		expect(pi.logged.map((entry) => entry.facts?.mark)).toEqual([undefined, undefined]);
	});

	it("may count the tests that were seen", async () => {
		const pi = await makeFaux({ cwd: makeRepository().path });
		await pi.run("go", [
			bash("echo x > b.txt; echo 'Tests  35 passed (35)'"),
			log("Added b.txt, 36 tests pass."),
			log("Added b.txt, 35 tests pass."),
		]);
		expect(pi.errors()[0]).toContain("36");
		expect(pi.logged).toMatchObject([{ facts: { files: ["b.txt"], effects: ["35 tests passed"] } }]);
	});

	it("cannot bring facts of its own", async () => {
		const pi = await makeFaux({ cwd: makeRepository().path });
		await pi.run("go", [
			call("log_append", { text: "A decision.", facts: { files: ["made-up.ts"], commits: [], effects: [] } }),
		]);
		expect(pi.logged).toEqual([{ by: "model", text: "A decision." }]);
	});
});

describe("a run that was stopped", () => {
	it("is taken up at the next prompt", async () => {
		const pi = await makeFaux({ cwd: makeRepository().path });
		const stop = pi.session.subscribe((event) => {
			if (event.type === "tool_execution_end") void pi.session.abort();
		});
		await pi.run("go", [write("b.txt"), say("never said")]);
		stop();
		expect(pi.logged).toEqual([]);
		await pi.run("go on", [log("Added b.txt before the stop."), say("done")]);
		expect(pi.refusals()).toHaveLength(1);
		expect(pi.refusals()[0]).toContain(
			"From an earlier run that was stopped: one change is not in the work log: b.txt.",
		);
		expect(pi.logged).toMatchObject([{ by: "model", facts: { files: ["b.txt"] } }]);
	});

	it("is written by the gate at shutdown", async () => {
		const pi = await makeFaux({ cwd: makeRepository().path });
		pi.session.subscribe((event) => {
			if (event.type === "tool_execution_end") void pi.session.abort();
		});
		await pi.run("go", [write("b.txt")]);
		await pi.end();
		expect(pi.logged).toMatchObject([{ by: "gate", text: "[auto] Changed without an entry: b.txt" }]);
	});
});

describe("the hub away, so that nothing takes the entry", () => {
	it("leaves the work unlogged and tries again", async () => {
		let away = true;
		const pi = await makeFaux({ cwd: makeRepository().path, away: () => away });
		await pi.run("go", [write("b.txt")]);
		expect(pi.logged).toEqual([]);
		away = false;
		await pi.end();
		expect(pi.logged).toMatchObject([{ by: "gate", facts: { files: ["b.txt"], mark: "auto" } }]);
	});
});

describe("the session's memory", () => {
	it("survives a process: resumed, the work is still unlogged, and what is covered stays covered", async () => {
		const { path } = makeRepository();
		const folder = makeFolder();
		const first = await makeFaux({ cwd: path, sessions: SessionManager.create(path, folder) });
		await first.run("go", [write("1.txt"), log("Added 1.txt."), say("done")]);
		first.session.subscribe((event) => {
			if (event.type === "tool_execution_end") void first.session.abort();
		});
		await first.run("go", [write("2.txt")]);
		const file = first.session.sessionManager.getSessionFile() ?? "";
		first.session.dispose(); // as a killed process: no shutdown

		const second = await makeFaux({ cwd: path, sessions: SessionManager.open(file) });
		await second.run("go on", [say("done"), log("Added 2.txt."), say("done")]);
		expect(second.logged).toMatchObject([{ by: "model", facts: { files: ["2.txt"] } }]);
	});

	it("sees what a run did that was cut off in the middle of a tool", async () => {
		const repo = makeRepository();
		const folder = makeFolder();
		const first = await makeFaux({ cwd: repo.path, sessions: SessionManager.create(repo.path, folder) });
		await first.run("go", [bash("echo 1 > 1.txt"), log("Added 1.txt."), say("done")]);
		const file = first.session.sessionManager.getSessionFile() ?? "";
		// The tool was running when the process died: its start is in the session, its result is not.
		const text = readFileSync(file, "utf8");
		const cut = text.slice(0, text.indexOf("\n", text.indexOf('"opened"')) + 1);
		first.session.dispose();
		writeFileSync(file, cut);
		repo.write("2.txt", "2\n");

		const second = await makeFaux({ cwd: repo.path, sessions: SessionManager.open(file) });
		await second.run("go on", [log("Added 1.txt and 2.txt."), say("done")]);
		expect(second.logged).toMatchObject([{ facts: { files: ["1.txt", "2.txt"] } }]);
	});

	it("learns in a fork what the parent has covered since", async () => {
		const { path } = makeRepository();
		const folder = makeFolder();
		const first = await makeFaux({ cwd: path, sessions: SessionManager.create(path, folder) });
		await first.run("go", [write("1.txt"), log("Added 1.txt."), say("done")]);
		const file = first.session.sessionManager.getSessionFile() ?? "";
		const entries = first.session.sessionManager.getBranch();
		const changed = entries.find(
			(entry) => entry.type === "custom" && (entry.data as { type?: string }).type === "changed",
		);
		first.session.dispose();
		const manager = SessionManager.open(file);
		manager.createBranchedSession(changed?.id ?? "");
		const second = await makeFaux({ cwd: path, sessions: manager });
		expect(second.work().map((event) => event.type)).toContain("changed");
		expect(second.work().map((event) => event.type)).not.toContain("covered");
		await second.run("go on", [say("nothing to do")]);
		expect(second.refusals()).toEqual([]);
		await second.end();
		expect(second.logged).toEqual([]);
	});
});

describe("settings", () => {
	it("off: nothing is watched, nothing is refused", async () => {
		const pi = await makeFaux({ cwd: makeRepository().path, settings: { workLog: "off" } });
		await pi.run("go", [write("b.txt"), say("done")]);
		await pi.end();
		expect([pi.refusals(), pi.logged, pi.spawned, pi.work()]).toEqual([[], [], [], []]);
	});

	it("warn: it is told, not held", async () => {
		const pi = await makeFaux({ cwd: makeRepository().path, settings: { workLog: "warn" } });
		await pi.run("go", [write("b.txt"), say("done")]);
		await pi.end();
		expect([pi.refusals(), pi.logged]).toEqual([[], []]);
		expect(pi.events.map((event) => event.metadata.verdict)).toEqual(["warned"]);
	});
});
