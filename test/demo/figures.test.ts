import { expect, test } from "vitest";
import type { FeedEvent } from "../../src/contract/feed.ts";
import type { Lieutenant } from "../../src/contract/lieutenants.ts";
import type { Task } from "../../src/contract/task.ts";
import type { UsageSession } from "../../src/contract/usage.ts";
import type { RunFile } from "../../src/daemon/run-file.ts";
import { figuresOf, type Memory, type Truth, wrongWith } from "../../src/demo/figures.ts";

const NAMES = ["ada", "ben", "cleo"];
const ALL = ["orchestrator", ...NAMES];
const five = (total: number) => ({ input: total, output: 0, cacheRead: 0, cacheWrite: 0, total });
const processOf = (pid: number): RunFile => ({ pid, started: "now", address: "", version: "1", protocol: 1 });

const memory: Memory = {
	lieutenants: NAMES.map((name) => ({ name, lives: 1 }) as Lieutenant),
	tasks: NAMES.map((name) => ({ id: name, title: name, status: "done" }) as Task),
	entries: ALL.map((agent) => ({
		...{ id: agent, timestamp: "", text: "", agent },
		facts: { files: [], effects: [], commits: [`commit of ${agent}`] },
	})),
	feedEvents: 40,
	gate: ["orchestrator", "ben"].map(
		(agent) => ({ agent, type: "custom", metadata: { gate: "workLog", verdict: "refused" } }) as FeedEvent,
	),
	sessions: ALL.map(
		(agent) =>
			({
				...{ agent, tokens: five(10), cost: five(0.1) },
				toolCalls: { vers_lt_read: 3, board_update_task: 3 },
			}) as unknown as UsageSession,
	),
};
const truth: Truth = {
	commits: new Map(NAMES.map((name) => [`lt/${name}`, [`commit of ${name}`]])),
	tokens: 40,
	before: { hub: processOf(1), host: processOf(2) },
	after: { hub: processOf(3), host: processOf(4) },
};

test("the figures are what the hub remembers", () => {
	expect(wrongWith(memory, truth)).toEqual([]);
	expect(figuresOf(memory, [], 12.3)).toEqual({
		...{ ok: true, lieutenants: 3, tasksDone: 3, logEntries: 4, feedEvents: 40 },
		...{ usageSessions: 4, gateNags: 2, tokens: 40, costUsd: 0.4, seconds: 12.3 },
	});
	expect(figuresOf(memory, ["something"], 1).ok).toBe(false);
});

const [first, ...others] = memory.entries;
const auto = { ...first, facts: { ...first?.facts, mark: "auto" } } as (typeof others)[number];

test.each<readonly [string, Partial<Memory>, Partial<Truth>]>([
	["the hub knows 2 lieutenants, not 3", { lieutenants: memory.lieutenants.slice(1) }, {}],
	["2 tasks are done, not 3", { tasks: memory.tasks.slice(1) }, {}],
	["no commit on lt/ada", {}, { commits: new Map([...truth.commits, ["lt/ada", []]]) }],
	["no log entry accounts for commit 3fa91c2", {}, { commits: new Map([...truth.commits, ["lt/x", ["3fa91c2ab"]]]) }],
	["no log entry by orchestrator", { entries: others }, {}],
	["no log entry by orchestrator", { entries: [auto, ...others] }, {}],
	["the gate told ben nothing", { gate: memory.gate.slice(0, 1) }, {}],
	["usage of 3 sessions is known, not of 4", { sessions: memory.sessions.slice(0, 3) }, { tokens: 30 }],
	["the hub counts 40 tokens, the model 41", {}, { tokens: 41 }],
	[
		"ada had to be started again",
		{ lieutenants: [{ name: "ada", lives: 2 } as Lieutenant, ...memory.lieutenants.slice(1)] },
		{},
	],
	["the host was not restarted", {}, { after: { hub: processOf(3), host: processOf(2) } }],
	[
		"the orchestrator did not call vers_lt_read for each task",
		{ sessions: memory.sessions.map((session) => ({ ...session, toolCalls: { board_update_task: 3 } })) },
		{},
	],
])("it is told that %s", (sentence, seen, really) => {
	expect(wrongWith({ ...memory, ...seen }, { ...truth, ...really })).toEqual([sentence]);
});
