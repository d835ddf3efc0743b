import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { Checks, type Subject } from "../../../src/host/checks/checks.ts";
import { checkEnvironment } from "../../../src/host/checks/environment.ts";
import { treeOf } from "../../../src/host/checks/tree.ts";
import { Store } from "../../../src/host/store/store.ts";
import { files } from "../../../src/world/files.ts";
import { realWorld } from "../../../src/world/real.ts";
import { makeRepository } from "../../gates/repository.ts";
import { makeFolder } from "../../support/folder.ts";
import { until } from "../../support/until.ts";

const PATH = process.env.PATH ?? "";
const env = { PATH };

function stage(seconds = 20) {
	let ahead = 0;
	const real = realWorld();
	const world = { ...real, clock: { ...real.clock, now: () => real.clock.now() + ahead } };
	const [repo, folder] = [makeRepository(), makeFolder()];
	const file = join(folder, "host.db");
	const store = new Store(world.files.database(file), file);
	afterAll(() => store.close());
	const told: string[] = [];
	const evidence = (task: string, { passed }: { passed: boolean }) => void told.push(`${task} ${passed}`);
	const left: string[] = [];
	const leftover = (command: string) => void left.push(command);
	const make = () =>
		new Checks({ world, store, host: "h", seconds, evidence, leftover, notes: join(folder, "checks") });
	const checks = make();
	const runs = join(folder, "runs");
	const subject = (command: string, task?: string): Subject => ({
		id: "1",
		cwd: repo.path,
		command,
		task,
		env,
		folder,
	});
	return {
		...{ world, repo, folder, checks, told, subject },
		/** A check that counts its runs outside of the tree. */
		counted: (command: string, task?: string) => subject(`echo run >> ${runs}; ${command}`, task),
		count: () => readFileSync(runs, "utf8").trim().split("\n").length,
		tree: () => treeOf(world, repo.path, join(folder, "x.index"), env),
		later: (ms: number) => {
			ahead += ms;
		},
		again: make,
		left,
	};
}

/** A process of its own that begins a check, as a host does, and is killed in the middle of it. */
async function beginAndBeKilled(folder: string, command: string, marks: readonly string[]): Promise<void> {
	const src = new URL("../../../src/", import.meta.url).href;
	const program = `
		const [{ runCheck }, { Running }, { realWorld }] = await Promise.all(
			["host/checks/run.ts", "host/checks/running.ts", "world/real.ts"].map((file) => import(${JSON.stringify(src)} + file)),
		);
		const [folder, command] = process.argv.slice(1);
		const world = realWorld();
		const running = new Running(world, folder + "/checks");
		await runCheck(world, command, { cwd: folder, env: process.env, checkSeconds: 600, running });`;
	const args = ["--no-warnings", "--input-type=module", "-e", program, folder, command];
	const host = spawn(process.execPath, args, { stdio: ["ignore", "inherit", "inherit"] });
	const ended = once(host, "exit");
	await until(() => marks.every((mark) => existsSync(join(folder, mark))), "the check to run");
	const [leader = ""] = marks;
	// The note is whole as soon as it is there.
	const note = join(folder, "checks", readFileSync(join(folder, leader), "utf8").trim());
	await until(() => existsSync(note), "its note");
	host.kill("SIGKILL");
	await ended;
}

const lives = (pid: number): boolean => realWorld().spawn.started(pid) !== undefined;

describe("the state of the files", () => {
	test("is one of content: a commit keeps it, a letter does not, what is ignored does not count", async () => {
		const { repo, tree } = stage();
		const first = await tree();
		expect(first).toBe(repo.git("rev-parse", "HEAD^{tree}"));
		repo.write("b.txt", "b\n");
		const second = await tree();
		expect(second).not.toBe(first);
		const status = repo.git("status", "--porcelain");
		repo.git("add", "b.txt");
		expect(await tree()).toBe(second);
		repo.git("commit", "-q", "-m", "second");
		expect(await tree()).toBe(second);
		mkdirSync(join(repo.path, "ignored"));
		repo.write("ignored/x", "x");
		expect(await tree()).toBe(second);
		repo.write("b.txt", "c\n");
		expect(await tree()).not.toBe(second);
		expect(status).toBe("?? b.txt");
	});

	test("is another one after a change in the second in which git last looked, of a letter for a letter", async () => {
		const { repo, tree } = stage();
		// Early in a second, so that both writes and git's look are within it.
		await until(() => Date.now() % 1_000 < 200, "a new second");
		repo.write("a.txt", "1\n");
		repo.git("add", "a.txt");
		const first = repo.git("write-tree");
		repo.write("a.txt", "2\n");
		const began = Date.now();
		await until(() => Date.now() > began + 1_100, "the second after it");
		expect(await tree()).not.toBe(first);
	});

	test("looking changes nothing: index, hooks and refs stay", async () => {
		const { repo, tree, folder } = stage();
		const trace = join(folder, "hooked");
		const hook = join(repo.path, ".git/hooks/post-index-change");
		writeFileSync(hook, `#!/bin/sh\ntouch ${trace}\n`, { mode: 0o755 });
		repo.write("b.txt", "b\n");
		const before = [repo.git("status", "--porcelain"), repo.git("for-each-ref")];
		rmSync(trace, { force: true });
		await tree();
		expect(existsSync(trace)).toBe(false);
		expect([repo.git("status", "--porcelain"), repo.git("for-each-ref")]).toEqual(before);
	});

	test("is known outside of git, too", async () => {
		const { world, folder } = stage();
		const plain = makeFolder();
		const look = () => treeOf(world, plain, join(folder, "y.index"), { ...env, GIT_CEILING_DIRECTORIES: plain });
		const first = await look();
		writeFileSync(join(plain, "a"), "a");
		expect(await look()).not.toBe(first);
		expect(first).toMatch(/^[0-9a-f]{40}$/);
	});
});

describe("a check", () => {
	test("is run once for the same files, also by the next host, and again when they change", async () => {
		const { repo, checks, counted, count, again, told } = stage();
		const subject = counted("test -f a.txt", "T");
		expect(await checks.ask(subject, 10_000)).toMatchObject({ state: "passed", code: 0, host: "h" });
		expect(await checks.ask(subject, 10_000)).toMatchObject({ state: "passed" });
		expect(await again().run(subject)).toMatchObject({ passed: true });
		expect(count()).toBe(1);
		repo.write("a.txt", "other");
		expect(await checks.ask(subject, 10_000)).toMatchObject({ state: "passed" });
		expect(count()).toBe(2);
		expect(new Set(told)).toEqual(new Set(["T true"]));
	});

	test.skipIf(process.platform !== "linux")(
		"that outlived its host is ended by the next one, with what it started, and shows nothing",
		async () => {
			const { again, folder, left, told, subject, checks } = stage();
			const pidIn = (name: string) => Number(readFileSync(join(folder, name), "utf8"));
			const marked = (name: string) => `echo $BASHPID > ${name}.new; mv ${name}.new ${name}`;
			const waits = `( ${marked("child")}; sleep 300 ) & ${marked("leader")}; wait`;
			await beginAndBeKilled(folder, waits, ["leader", "child"]);
			// Of this one the leader has ended already, and only what it started is left.
			const leaves = `${marked("parent")}; ( ${marked("orphan")}; sleep 300 ) & wait`;
			await beginAndBeKilled(folder, leaves, ["parent", "orphan"]);
			const pids = ["leader", "child", "orphan"].map(pidIn);
			process.kill(pidIn("parent"), "SIGKILL");
			expect(pids.map(lives)).toEqual([true, true, true]);
			again();
			await until(() => !pids.some(lives), "their end");
			expect(left.sort()).toEqual([leaves, waits].sort());
			expect(told).toEqual([]);
			// Its number is somebody else's by now: whoever has it is left alone.
			mkdirSync(join(folder, "checks"), { recursive: true });
			writeFileSync(join(folder, "checks", String(process.pid)), "another life\ntrue");
			again();
			expect(left).toHaveLength(2);
			expect(await checks.ask(subject("true", "T"), 10_000)).toMatchObject({ state: "passed" });
			expect(existsSync(join(folder, "checks", String(process.pid)))).toBe(false);
		},
	);

	test("that fails says how, is not run again at once, and is after a minute", async () => {
		const { checks, counted, count, later } = stage();
		const subject = counted("echo two of three failed; exit 3");
		expect(await checks.ask(subject, 10_000)).toMatchObject({
			...{ state: "failed", code: 3, said: "it ended with 3 (two of three failed)" },
		});
		await checks.ask(subject, 10_000);
		expect(count()).toBe(1);
		later(60_000);
		await checks.ask(subject, 10_000);
		expect(count()).toBe(2);
	});

	test("that takes longer than one can wait is said to run, once, and answers when it has ended", async () => {
		const { checks, counted, count } = stage();
		const subject = counted("sleep 1");
		const [one, other] = await Promise.all([checks.ask(subject, 50), checks.ask(subject, 50)]);
		expect([one.state, other.state]).toEqual(["running", "running"]);
		expect(await checks.run(subject)).toMatchObject({ passed: true });
		expect(count()).toBe(1);
	});

	test("on files that change meanwhile shows nothing", async () => {
		const { checks, subject } = stage();
		expect(await checks.ask(subject("date +%N > stamp"), 10_000)).toMatchObject({ state: "unseen" });
	});

	test("that hangs, forks and floods is ended with all that it started", async () => {
		const { world, checks, subject } = stage(1);
		expect(await checks.ask(subject("sleep 611 & yes | head -c 100000000; sleep 612"), 20_000)).toMatchObject({
			...{ state: "failed", said: "it ran for 1 s and was ended" },
		});
		expect((await world.spawn.run("pgrep", ["-f", "sleep 61[12]"])).stdout).toBe("");
	});
});

test("a check sees none of the keys, is no person at the hub, and pushes no further than its agent", async () => {
	const { repo, checks, subject, folder } = stage();
	mkdirSync(join(folder, "hooks"));
	const taken = {
		PATH,
		HOME: folder,
		LC_ALL: "C",
		OPENAI_API_KEY: "k",
		AWS_SECRET_ACCESS_KEY: "k",
		SSH_AUTH_SOCK: "s",
	};
	const own = checkEnvironment(files, { id: "01", home: "/h", folder, taken });
	expect(Object.keys(own).filter((name) => /KEY$|TOKEN|SECRET|SSH/.test(name))).toEqual([]);
	expect(own).toMatchObject({ FLAGSHIP_LIEUTENANT: "01", GIT_CONFIG_VALUE_0: join(folder, "hooks"), LC_ALL: "C" });
	const command = 'test -z "$OPENAI_API_KEY$VERS_AUTH_TOKEN" && test "$(git config core.hooksPath)" = "$PWD/none"';
	const outcome = await checks.run({ ...subject(command.replace("$PWD/none", join(folder, "hooks"))), env: own });
	expect([outcome.passed, repo.git("status", "--porcelain")]).toEqual([true, ""]);
});
