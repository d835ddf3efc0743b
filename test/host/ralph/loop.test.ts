import { describe, expect, test } from "vitest";
import type { RalphRound } from "../../../src/contract/ralph.ts";
import { endOf, endText, type Loop, outcomeOf, roundText, spentOf } from "../../../src/host/ralph/loop.ts";
import { roundRecord } from "../../../src/host/ralph/records.ts";
import type { Standing } from "../../../src/host/store/roster.ts";

const START = "2026-01-01T00:00:00.000Z";
const loop: Loop = {
	...{ id: "l1", name: "fix", owner: "cap", prompt: "Fix it.", command: "npm test", pi: [], workspace: { cwd: "/w" } },
	limits: { rounds: 5, usd: 1, minutes: 60, turns: 30 },
	...{ state: "running", startedAt: START },
};
const round = (n: number, more: Partial<RalphRound> = {}): RalphRound => ({
	...{ n, lieutenant: `lt${n}`, startedAt: START, endedAt: START, outcome: "answered", passed: false, wrote: true },
	...{ turns: 3, tokens: 100, costUsd: 0.1 },
	...more,
});
const standing = (more: object): Standing => {
	const whole = { state: "working", lives: 1, dead: 0, errors: 0, bound: { id: "b" }, ...more };
	return whole as unknown as Standing;
};
const end = (rounds: readonly RalphRound[], minutes = 1) =>
	endOf(loop, rounds, spentOf(loop, rounds, Date.parse(START) + minutes * 60_000));

describe("a round", () => {
	test.each([
		["works", {}, undefined],
		["rests before its end was told", { state: "idle" }, undefined],
		["has answered", { state: "idle", bound: undefined }, "answered"],
		["met a limit, and its process still ends", { state: "stopped" }, undefined],
		["met a limit", { state: "stopped", dead: 1 }, "limit"],
		["cannot be kept up", { state: "failed", dead: 1 }, "failed"],
		["is no longer resumed after its provider's errors", { state: "idle", errors: 5 }, "failed"],
		["is resumed after an error", { state: "idle", errors: 4 }, undefined],
		["was paused by somebody", { state: "paused", dead: 1 }, undefined],
		["says nothing", { state: "stalled" }, undefined],
		["was ended by somebody", { state: "gone", dead: 1 }, "ended"],
	])("that %s: %j is %s", (_, more, outcome) => {
		expect(outcomeOf(standing(more))).toBe(outcome);
	});

	test("is told the prompt, its number, the command, what that said, and that it knows nothing else", () => {
		const first = roundText({ ...loop, task: "T1" }, 1, "Missing: `npm test`, it ended with 1.");
		expect(first).toMatch(/^Fix it\.\n\nThis is round 1 of at most 5;/);
		expect(first).toContain("`npm test` passes");
		expect(first).toContain("it ended with 1");
		expect(first).toContain("Task T1 is held by fix");
		expect(first).not.toContain("Earlier rounds");
		expect(roundText(loop, 2, undefined)).toContain("Earlier rounds left their files");
	});

	test("is an event of the feed, under one key however often it is told", () => {
		const record = roundRecord(loop, round(3));
		expect(record.key).toBe("ralph l1 round 3");
		expect(record.input).toMatchObject({ type: "custom", summary: "round 3/5 of fix: answered" });
	});
});

describe("a loop", () => {
	test("goes on while nothing ends it", () => {
		expect(end([])).toBeUndefined();
		expect(
			end([round(1), round(2, { outcome: "limit" }), round(3, { outcome: "failed", wrote: false })]),
		).toBeUndefined();
	});

	test("has passed with the command, also in the round that met the last limit", () => {
		const last = round(5, { passed: true, costUsd: 5 });
		expect(end([1, 2, 3, 4].map((n) => round(n)).concat(last), 999)).toEqual({
			state: "passed",
			reason: "`npm test` passes after round 5",
		});
	});

	test.each([
		["dollars, all rounds together", [round(1, { costUsd: 0.4 }), round(2, { costUsd: 0.6 })], 1, "$1.00"],
		["minutes", [round(1)], 60, "60 minutes"],
		["rounds", [1, 2, 3, 4, 5].map((n) => round(n, { costUsd: 0 })), 1, "5 rounds"],
	])("ends at a limit: %s", (_, rounds, minutes, reason) => {
		expect(end(rounds, minutes)).toEqual({ state: "limit", reason });
	});

	test("takes no time, and gives none, when the clock is set back", () => {
		expect(spentOf(loop, [], Date.parse(START) - 3_600_000).minutes).toBe(0);
	});

	test("is stuck after three rounds in a row that wrote nothing, and not after two", () => {
		const idle = (n: number) => round(n, { wrote: false, costUsd: 0 });
		expect(end([round(1), idle(2), idle(3)])).toBeUndefined();
		expect(end([idle(1), round(2), idle(3), idle(4)])).toBeUndefined();
		expect(end([round(1), idle(2), idle(3), idle(4)])).toEqual({
			state: "stuck",
			reason: "3 rounds in a row wrote nothing (the last: answered)",
		});
	});

	test("is stopped when somebody ends a round's lieutenant: it does not grow another head", () => {
		expect(end([round(1, { outcome: "ended" })])?.state).toBe("stopped");
	});

	test("says how it ended, where its work is, and what to do next", () => {
		const passed = endText(loop, [round(1), round(2, { passed: true })], { state: "passed", reason: "it passes" });
		expect(passed).toBe("Ralph loop fix passed: it passes. 2 rounds, $0.20.\nNext: look at the work in /w.");
		const limited = endText(loop, [round(1, { says: "Missing: x." })], { state: "limit", reason: "5 rounds" });
		expect(limited).toContain(
			"ended without passing: 5 rounds. 1 round, $0.10 of at most 5 rounds. The last check: Missing: x.",
		);
		expect(limited).toContain("ralph_start with the name fix goes on there");
	});
});
