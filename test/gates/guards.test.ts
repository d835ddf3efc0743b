/** The gates before a tool call, all together, on a real repository: what is refused, warned of, made and told. */
import { realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { Territory } from "../../src/contract/task.ts";
import { BOARD_REFUSAL } from "../../src/gates/board.ts";
import type { WayBack } from "../../src/gates/deploy.ts";
import { type Agent, Guards } from "../../src/gates/guards.ts";
import type { GateEvent } from "../../src/gates/records.ts";
import { GATE_DEFAULTS, type GateSettings } from "../../src/gates/settings.ts";
import type { TerritoryEvent, TerritoryMemory } from "../../src/gates/territory-memory.ts";
import { realWorld } from "../../src/world/real.ts";
import { makeFolder } from "../support/folder.ts";
import { makeRepository, type Repository } from "./repository.ts";

const ADA: Agent = { type: "lieutenant", name: "ada" };
const BOB: Territory = {
	...{ task: "01B", title: "bob's work", owner: "bob", patterns: ["bob/**"], since: "2026-01-01T00:00:00.000Z" },
};
const NOTHING = { files: [], commits: [], effects: [] };

let repository: Repository;
let said: string[];
let events: GateEvent[];
let notes: string[];
let made: string[];
let remembered: TerritoryEvent[];
let holds: boolean;
let away: boolean;
let asked: number;
let stamps: Record<string, string>;
let differing: readonly string[];
let ids: number;
let wayBack: WayBack | undefined;
/** What a task's note waits for. */
let under: Promise<void>;

beforeEach(() => {
	repository = makeRepository(realpathSync(makeFolder()));
	[said, events, notes, made, remembered] = [[], [], [], [], []];
	[holds, away, asked, stamps, differing, ids] = [true, false, 0, { "/watched": "1" }, [], 0];
	under = Promise.resolve();
	wayBack = undefined;
});

interface Setting {
	readonly settings?: Partial<GateSettings>;
	readonly agent?: Agent;
	readonly territories?: readonly Territory[];
	readonly memory?: TerritoryMemory;
	readonly cwd?: string;
}

function guards({ settings, agent = ADA, territories = [], memory, cwd = repository.path }: Setting = {}): Guards {
	const world = realWorld();
	const answer = async <T>(value: () => T): Promise<T> => {
		if (away) throw new Error("the hub is away");
		return value();
	};
	const real = (path: string): string => {
		try {
			return realpathSync(path);
		} catch {
			const above = dirname(path);
			return above === path ? path : join(real(above), path.slice(above.length));
		}
	};
	const one = new Guards({
		settings: { ...GATE_DEFAULTS, ...settings },
		agent,
		random: world.random,
		clock: world.clock,
		ground: { zones: [{ path: "/secret", what: "what Flagship runs on" }], cwd, variables: {}, real },
		files: world.files,
		differing: async () => differing,
		watched: ["/watched"],
		stamp: (path) => stamps[path] ?? "",
		records: {
			publish: (event) => answer(() => void events.push(event)),
			noteTask: (task, text) => under.then(() => answer(() => void notes.push(`${task}: ${text}`))),
			holdsTask: () => answer(() => ++asked > 0 && holds),
			beginTask: (title) => answer(() => `01T${made.push(title)}`),
			territories: () => answer(() => [...territories]),
			wayBack: () => answer(() => wayBack),
		},
		memory: memory ?? { told: new Set() },
		remember: (event) => void remembered.push(event),
		tools: { own: async (tool) => (tool.startsWith("board_") ? {} : undefined), quiet: [] },
		place: { cwd, root: repository.path, git: true, scratch: [] },
		tell: (text) => void said.push(text),
	});
	one.begin("Mend the gate.\nNow.");
	return one;
}

const call = (tool: string, input: object) => ({ id: `c${++ids}`, tool, input });
const bash = (command: string) => call("bash", { command });
const write = (path: string) => call("write", { path, content: "x" });
const verdicts = () => events.map(({ metadata }) => `${metadata.gate} ${metadata.verdict}`);

describe("work without a task", () => {
	beforeEach(() => {
		holds = false;
	});

	test("is refused once; who goes on after reading that gets a task made, and works on", async () => {
		const gates = guards();
		expect(await gates.before(write("a.txt"))).toBe(BOARD_REFUSAL);
		// Of the same step: not read yet.
		expect(await gates.before(write("b.txt"))).toBe(BOARD_REFUSAL);
		gates.turned();
		expect(await gates.before(write("a.txt"))).toBeUndefined();
		expect(await gates.before(write("b.txt"))).toBeUndefined();
		await gates.close();
		expect([made, asked]).toEqual([["[auto] Mend the gate."], 1]);
		expect(verdicts()).toEqual(["board refused", "board refused", "board auto"]);
		expect(events.at(-1)?.metadata.task).toBe("01T1");
	});

	test("may look, and log, and is asked of the hub no more than once", async () => {
		const gates = guards();
		for (const one of [call("read", { path: "a.txt" }), bash("git status"), call("log_append", { text: "x" })])
			expect(await gates.before(one)).toBeUndefined();
		expect(asked).toBe(0);
		holds = true;
		for (const path of ["a.txt", "b.txt"]) expect(await gates.before(write(path))).toBeUndefined();
		expect(asked).toBe(1);
	});

	test("is looked for anew after a call to the board, and in a new run", async () => {
		const gates = guards();
		expect(await gates.before(write("a.txt"))).toBe(BOARD_REFUSAL);
		await gates.before(call("board_claim", { id: "t" }));
		holds = true;
		expect(await gates.before(write("a.txt"))).toBeUndefined();
		holds = false;
		gates.begin("More.");
		expect(await gates.before(write("a.txt"))).toBe(BOARD_REFUSAL);
	});

	test("is only told of where that is set, once in a run", async () => {
		const gates = guards({ settings: { board: "warn" } });
		for (const path of ["a.txt", "b.txt"]) expect(await gates.before(write(path))).toBeUndefined();
		expect(said).toEqual([`${BOARD_REFUSAL} (gates.board is set to warn.)`]);
	});

	test("is nobody's business where the gate is off, nor in a person's own session", async () => {
		expect(await guards({ settings: { board: "off" } }).before(write("a.txt"))).toBeUndefined();
		expect(await guards({ agent: { type: "orchestrator" } }).before(write("a.txt"))).toBeUndefined();
		expect([asked, said]).toEqual([0, []]);
	});

	test("stops nobody while the hub is away, neither asked nor made", async () => {
		away = true;
		expect(await guards().before(write("a.txt"))).toBeUndefined();
		expect(said).toContain("The board could not be asked whether ada holds a task: the hub is away");
		[away, said] = [false, []];
		const gates = guards();
		expect(await gates.before(write("a.txt"))).toBe(BOARD_REFUSAL);
		gates.turned();
		away = true;
		expect(await gates.before(write("a.txt"))).toBeUndefined();
		expect(said).toContain("A task for work without one could not be made: the hub is away");
	});
});

describe("a command that deploys", () => {
	const settings = { deployCommands: ["ship.sh"] };
	test.each<[string, Agent]>([
		["a lieutenant", ADA],
		["an orchestrator", { type: "orchestrator" }],
	])("is refused to %s without a way back, and when the hub cannot say; with one it runs", async (_who, agent) => {
		const gates = guards({ settings, agent });
		expect(await gates.before(bash("./ship.sh"))).toContain("there is none");
		away = true;
		expect(await gates.before(bash("./ship.sh"))).toContain("the hub is away");
		away = false;
		wayBack = { what: "backup", at: new Date().toISOString() };
		expect(await gates.before(bash("./ship.sh"))).toBeUndefined();
		expect(await guards({ settings, agent }).before(bash("ls"))).toBeUndefined();
		await gates.close();
		expect(verdicts()).toEqual(["deploy refused", "deploy refused"]);
	});

	test("is not looked at where the gate is off", async () => {
		expect(await guards({ settings: { ...settings, deploy: "off" } }).before(bash("ship.sh"))).toBeUndefined();
	});
});

describe("a push to a protected branch", () => {
	const push = "git push origin HEAD:main";
	test("is refused, whoever holds a task, and so is going around the hook", async () => {
		const gates = guards();
		expect(await gates.before(bash(push))).toContain("Not pushed: main is protected");
		expect(await gates.before(bash("git push --no-verify origin HEAD:lt/ada"))).toBeDefined();
		await gates.close();
		expect(events.map(({ metadata }) => metadata)).toEqual([
			{ gate: "pushToMain", verdict: "refused", branches: ["main"] },
			expect.objectContaining({ gate: "pushToMain", around: expect.anything() }),
		]);
	});

	test.each<[string, Setting]>([
		["granted", { settings: { pushGrants: ["ada"] } }],
		["a person's own", { agent: { type: "orchestrator" } }],
		["off", { settings: { pushToMain: "off" } }],
		["only to be warned of by the hook", { settings: { pushToMain: "warn" } }],
	])("passes here where it is %s", async (_what, setting) => {
		expect(await guards(setting).before(bash(push))).toBeUndefined();
		expect(said).toEqual([]);
	});
});

describe("a protected path", () => {
	test.each([
		["write", write("/secret/a")],
		["edit", call("edit", { path: "@/secret/a", edits: [] })],
		["bash", bash("echo x > /secret/a")],
	])("is not changed by %s", async (_tool, one) => {
		const gates = guards();
		expect(await gates.before(one)).toContain("what Flagship runs on");
		await gates.close();
		expect(events[0]?.metadata).toEqual({ gate: "protectedPaths", verdict: "refused", path: "/secret/a" });
	});

	test("may be read, and changed where the gate is off", async () => {
		expect(await guards().before(call("read", { path: "/secret/a" }))).toBeUndefined();
		expect(await guards({ settings: { protectedPaths: "off" } }).before(write("/secret/a"))).toBeUndefined();
	});

	test("that a command changed unseen is told, to model and person, once", async () => {
		const gates = guards();
		const one = bash("./hidden");
		await gates.before(one);
		expect(await gates.after(one, NOTHING)).toBeUndefined();
		const two = bash("./hidden");
		await gates.before(two);
		stamps = { "/watched": "2" };
		expect(await gates.after(two, NOTHING)).toMatch(/^\/watched changed while this command ran/);
		expect(await gates.after(two, NOTHING)).toBeUndefined();
		await gates.close();
		expect(said).toHaveLength(1);
		expect(events).toMatchObject([{ metadata: { verdict: "seen", files: ["/watched"] } }]);
	});

	test("is not watched during other tools, nor where the gate is off", async () => {
		for (const [gates, one] of [
			[guards(), write("a.txt")],
			[guards({ settings: { protectedPaths: "off" } }), bash("true")],
		] as const) {
			stamps = { "/watched": "1" };
			await gates.before(one);
			stamps = { "/watched": "2" };
			expect(await gates.after(one, NOTHING)).toBeUndefined();
		}
	});
});

describe("a file of another's task", () => {
	const setting = { territories: [BOB] };

	test.each([
		["write", write("bob/a.ts")],
		["edit", call("edit", { path: "@bob/a.ts", edits: [] })],
		["bash", bash("echo x > bob/a.ts")],
		["a folder taken whole", bash("rm -r bob")],
	])("is not changed by %s", async (_how, one) => {
		const gates = guards(setting);
		expect(await gates.before(one)).toContain("belongs to task 01B (bob's work), which bob holds");
		await gates.close();
		expect(events[0]?.metadata).toMatchObject({ gate: "territory", task: "01B", owner: "bob" });
		expect(await gates.before(write("a.txt"))).toBeUndefined();
	});

	test("is the same file in another worktree of the repository, and none in another repository", async () => {
		const folder = realpathSync(makeFolder());
		repository.git("worktree", "add", "-q", "-b", "lt/bob", join(folder, "wt"));
		const other = makeRepository(realpathSync(makeFolder()));
		const gates = guards(setting);
		expect(await gates.before(write(join(folder, "wt", "bob", "a.ts")))).toContain("bob holds");
		expect(await gates.before(write(join(other.path, "bob", "a.ts")))).toBeUndefined();
		expect(await guards({ ...setting, cwd: join(folder, "wt") }).before(write("bob/a.ts"))).toContain("bob holds");
	});

	test("outside of git is judged from the folder itself", async () => {
		const folder = realpathSync(makeFolder());
		const gates = guards({ ...setting, cwd: folder });
		expect(await gates.before(write("bob/a.ts"))).toContain("bob holds");
		expect(await gates.before(write("../bob/a.ts"))).toBeUndefined();
	});

	test("may be changed by its owner, by a person, and where the gate is off", async () => {
		for (const more of [
			{ agent: { type: "lieutenant", name: "bob" } },
			{ agent: { type: "orchestrator" } },
			{ settings: { territory: "off" } },
		] as const)
			expect(await guards({ ...setting, ...more }).before(write("bob/a.ts"))).toBeUndefined();
	});

	test("that a command changed all the same is told to both sides, once in a session", async () => {
		const gates = guards(setting);
		const found = { ...NOTHING, files: ["bob/a.ts", "mine.ts"] };
		differing = ["bob/a.ts"];
		expect(await gates.after(bash("./x"), found)).toContain("and it was changed here");
		expect(await gates.after(bash("./x"), found)).toBeUndefined();
		await gates.close();
		expect(notes).toEqual([expect.stringMatching(/^01B: .*ada/)]);
		expect(verdicts()).toEqual(["territory seen"]);
		const told = remembered.flatMap((event) => (event.type === "told" ? event.paths : []));
		expect(told).toEqual(["bob/a.ts"]);
		const next = guards({ ...setting, memory: { told: new Set(told) } });
		expect(await next.after(bash("./x"), found)).toBeUndefined();
	});

	test("is noted on its owner's task before the session ends, or complained of", async () => {
		const gates = guards(setting);
		differing = ["bob/a.ts"];
		let arrive = (): void => undefined;
		under = new Promise((resolve) => {
			arrive = resolve;
		});
		await gates.after(bash("./x"), { ...NOTHING, files: ["bob/a.ts"] });
		away = true;
		const closing = gates.close();
		await new Promise((resolve) => setImmediate(resolve));
		arrive();
		await closing;
		expect(said).toContain("Task 01B could not be told that bob/a.ts was changed: the hub is away");
	});

	test("that was put back, or written by a tool that was judged before, is not told of", async () => {
		const gates = guards(setting);
		const found = { ...NOTHING, files: ["bob/a.ts"] };
		expect(await gates.after(bash("./x"), found)).toBeUndefined();
		differing = ["bob/a.ts"];
		expect(await gates.after(write("bob/a.ts"), found)).toBeUndefined();
		expect(await gates.after(call("edit", { path: "bob/a.ts" }), found)).toBeUndefined();
	});

	test("in a commit counts, however the tree looks now", async () => {
		const commits = [{ id: "c1", subject: "s", files: ["bob/a.ts"] }];
		expect(await guards(setting).after(bash("./x"), { ...NOTHING, commits })).toContain("bob/a.ts belongs to");
	});

	test("is another's by what the hub says now, asked anew after a call to the board", async () => {
		const territories: Territory[] = [];
		const gates = guards({ territories });
		expect(await gates.before(write("bob/a.ts"))).toBeUndefined();
		territories.push(BOB);
		expect(await gates.before(write("bob/a.ts"))).toBeUndefined();
		await gates.before(call("board_list_tasks", {}));
		expect(await gates.before(write("bob/a.ts"))).toContain("bob holds");
		territories.pop();
		expect(await gates.before(write("bob/a.ts"))).toBeUndefined();
	});
});

test("what the feed did not take is told again at the end, and complained of when that fails, too", async () => {
	const gates = guards();
	away = true;
	await gates.before(bash("git push origin HEAD:main"));
	await new Promise((resolve) => setImmediate(resolve));
	away = false;
	await gates.close();
	expect(verdicts()).toEqual(["pushToMain refused"]);
	away = true;
	await gates.before(bash("git push origin HEAD:main"));
	await gates.close();
	expect(said.at(-1)).toBe("The feed could not be told: the hub is away");
});
