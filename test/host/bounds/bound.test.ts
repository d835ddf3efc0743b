import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WORK } from "../../../src/gates/ledger.ts";
import {
	type Bound,
	begin,
	type Course,
	climbed,
	judge,
	renewed,
	stepsOf,
	workAfter,
} from "../../../src/host/bounds/bound.ts";
import { BOUND_DEFAULTS as usual } from "../../../src/host/bounds/settings.ts";
import { type Entry, parseEntry } from "../../../src/pi/entry.ts";

const START: Course = { turns: 0, worked: 0, tokens: 0, usd: 0, at: 1_000 };

/** Plays turns, `w` with a write and `.` without, and gives what came of each. */
function play(turns: string, bound: Bound = begin("b", {}, START, usual)): readonly string[] {
	let [now, course] = [bound, START];
	return [...turns].map((turn) => {
		const next = course.turns + 1;
		course = { ...course, turns: next, worked: turn === "w" ? next : course.worked };
		now = climbed(now, course, usual);
		const judgement = judge(now, course, usual);
		if (judgement.type === "tell") now = { ...now, rung: judgement.rung, rungAt: course.turns };
		return judgement.type === "tell"
			? `${judgement.rung}${judgement.hard ? "!" : ""}`
			: judgement.type === "stop"
				? judgement.limit
				: "";
	});
}
const told = (results: readonly string[]): readonly (readonly [number, string])[] =>
	results.flatMap((result, n) => (result === "" ? [] : [[n + 1, result] as const]));

describe("the ladder", () => {
	test("comes after 15 turns without a write: reminder, steer, hard steer, stop, well within 30 turns", () => {
		expect(told(play(".".repeat(24)))).toEqual([
			[15, "1"],
			[18, "2"],
			[21, "3!"],
			[24, "24 turns without a write"],
		]);
	});

	test("begins anew for whoever writes", () => {
		expect(told(play(`${".".repeat(17)}w${".".repeat(12)}`, begin("b", { cap: { turns: 99 } }, START, usual)))).toEqual(
			[[15, "1"]],
		);
	});

	test("leaves no rung out, also where nobody looked for many turns", () => {
		const bound = begin("b", { cap: { turns: 99 } }, START, usual);
		expect(judge(bound, { ...START, turns: 40 }, usual)).toMatchObject({ type: "tell", rung: 1 });
	});

	test("names what is due and how much is left", () => {
		const bound = begin("b", { deliverable: { type: "path", path: "docs/a.md" } }, START, usual);
		expect(judge(bound, { ...START, turns: 15 }, usual)).toMatchObject({
			text: "A reminder: 15 turns and nothing written; due is docs/a.md. Write docs/a.md now with what you have; it can get better afterwards. In 9 turns without a write you are stopped.",
		});
	});
});

describe("the cap", () => {
	test("is 30 turns or two dollars when nothing was said, also for one that writes all the time", () => {
		expect(told(play("w".repeat(30)))).toEqual([[30, "30 turns"]]);
		const bound = begin("b", {}, START, usual);
		expect(judge(bound, { ...START, turns: 1, worked: 1, usd: 2.013 }, usual)).toEqual({
			type: "stop",
			limit: "$2.01",
		});
	});

	test("counts from where the work began, and anew after it was lifted", () => {
		const bound = begin("b", { cap: { tokens: 100, minutes: 5 } }, { ...START, tokens: 1_000 }, usual);
		const spent = { ...START, tokens: 1_100, at: 1_000 };
		expect(judge(bound, spent, usual)).toEqual({ type: "stop", limit: "100 tokens" });
		expect(judge(renewed(bound, "c", spent), spent, usual)).toEqual({ type: "go" });
		expect(judge(bound, { ...START, tokens: 1_000, at: 301_000 }, usual)).toEqual({ type: "stop", limit: "5 minutes" });
		expect(judge(bound, { ...START, tokens: 1_000, at: -1e12 }, usual)).toEqual({ type: "go" });
	});

	test("holds whatever is done: no play of turns goes beyond it, and more work keeps what was named before", () => {
		fc.assert(
			fc.property(
				fc.array(fc.constantFrom(".", "w"), { minLength: 60, maxLength: 90 }),
				fc.integer({ min: 1, max: 50 }),
				(turns, cap) => {
					const bound = begin("b", { cap: { turns: cap } }, START, usual);
					const first = play(turns.join(""), bound).findIndex((result) => /turn/.test(result));
					expect(first).toBeGreaterThanOrEqual(0);
					expect(first).toBeLessThan(cap);
					const more = begin("c", { deliverable: { type: "task" } }, START, usual, bound);
					expect([more.cap, more.deliverable.type]).toEqual([{ turns: cap }, "task"]);
				},
			),
		);
	});
});

describe("progress", () => {
	const entries = (...raw: readonly object[]): readonly Entry[] =>
		raw.flatMap((fields, n) => parseEntry({ id: `e${n}`, parentId: null, timestamp: "", ...fields }) ?? []);
	const turn = (tool: string, stopReason = "toolUse") => ({
		type: "message",
		message: { role: "assistant", content: [{ type: "toolCall", id: "c", name: tool, arguments: {} }], stopReason },
	});
	const change = (file: string) => ({
		...{ type: "custom", customType: WORK },
		data: { type: "changed", id: file, files: [file], commits: [], effects: [] },
	});
	const session = entries(
		turn("write"),
		change("a.ts"),
		turn("read"),
		turn("read", "error"),
		turn("odd"),
		change("b.ts"),
	);

	test("is what the gate saw change; an answer that failed is no turn", () => {
		expect(stepsOf(session, "changes")).toEqual({ turns: 3, worked: 3 });
		expect(stepsOf(session.slice(0, 4), "changes")).toEqual({ turns: 2, worked: 1 });
		expect(workAfter(session, 1).files).toEqual(["b.ts"]);
	});

	test("is any tool that does not only look where the gate is off", () => {
		expect(stepsOf(session, "tools")).toEqual({ turns: 3, worked: 3 });
		expect(stepsOf(entries(turn("read"), turn("grep")), "tools")).toEqual({ turns: 2, worked: 0 });
	});
});
