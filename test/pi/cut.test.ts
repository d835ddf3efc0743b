import { expect, test } from "vitest";
import { cutAnswers, cutByDeath, cutSummary } from "../../src/pi/cut.ts";
import { type Entry, parseEntry } from "../../src/pi/entry.ts";

const USAGE = { input: 1_000, output: 100, cacheRead: 0, cacheWrite: 0, totalTokens: 1_100 };
const COST = { input: 0.001, output: 0.0002, cacheRead: 0, cacheWrite: 0, total: 0.0012 };
const NONE = { ...USAGE, input: 0, output: 0, totalTokens: 0 };

/** A path of messages, each below the one before. */
function session(...messages: readonly object[]): Entry[] {
	return messages
		.map((message, n) =>
			parseEntry({
				...{ type: "message", id: `e${n}`, parentId: n === 0 ? null : `e${n - 1}` },
				...{ timestamp: `2026-03-10T12:00:0${n}Z`, message },
			}),
		)
		.filter((entry) => entry !== undefined);
}

const user = (text: string) => ({ role: "user", content: text });
const said = (text: string) => ({
	...{ role: "assistant", content: [{ type: "text", text }], provider: "fake", model: "m", stopReason: "stop" },
	usage: { ...USAGE, cost: COST },
});
const cut = (text: string, stopReason: string, errorMessage: string) => ({
	...said(text),
	...{ content: text === "" ? [] : [{ type: "text", text }], stopReason, errorMessage, usage: NONE },
});
const called = {
	...said(""),
	content: [{ type: "toolCall", id: "c", name: "bash", arguments: {} }],
	stopReason: "toolUse",
};
const result = { role: "toolResult", toolCallId: "c", toolName: "bash", content: "x".repeat(40) };
const death = { life: 3, heard: 80, asked: undefined, at: "2026-03-10T13:00:00Z" };

test("an answer that an abort has cut off is estimated from the last count and what stands since", () => {
	const entries = session(
		user("go"),
		said("hi"),
		user("y".repeat(400)),
		cut("z".repeat(200), "aborted", "Request was aborted"),
	);
	expect(cutAnswers(entries)).toEqual([
		{
			...{ request: "e3", model: "fake/m", cutBy: "abort", at: "2026-03-10T12:00:03Z" },
			tokens: { input: 1_200, output: 50, cacheRead: 0, cacheWrite: 0, total: 1_250 },
			cost: {
				cacheRead: 0,
				cacheWrite: 0,
				input: expect.closeTo(0.0012),
				output: expect.closeTo(0.0001),
				total: expect.closeTo(0.0013),
			},
		},
	]);
});

test.each([
	["an abort before the first word", cut("", "aborted", "Request aborted"), "abort"],
	["an abort inside of a tool, when nothing had been asked", cut("", "error", "This operation was aborted"), undefined],
	["the same on a newer pi", cut("", "aborted", "This operation was aborted"), undefined],
	["a provider's refusal", cut("", "error", "429 too many"), undefined],
	["a stream that broke", cut("half", "error", "terminated"), "failure"],
	["an answer that was heard", said("whole"), undefined],
])("%s", (_what, message, cutBy) => {
	expect(cutAnswers(session(user("go"), message)).map((one) => one.cutBy)).toEqual(cutBy === undefined ? [] : [cutBy]);
});

test("a request under way at the end of a process is one, whatever of it was heard", () => {
	const entries = session(user("go"), called, result);
	expect(cutByDeath(entries, death)).toMatchObject({
		...{ request: "life 3", model: "fake/m", cutBy: "kill", at: death.at },
		tokens: { input: 1_110, output: 20, total: 1_130 },
	});
});

test("what dies in a tool, at rest or after a failure had no request under way", () => {
	expect(cutByDeath(session(user("go"), called), death)).toBeUndefined();
	expect(cutByDeath(session(user("go"), said("done")), death)).toBeUndefined();
	expect(cutByDeath(session(user("go"), cut("", "error", "429")), death)).toBeUndefined();
	expect(cutByDeath([], death)).toBeUndefined();
});

test("what dies over its first request has left no file: what it was asked tells", () => {
	expect(cutByDeath([], { ...death, asked: 400, heard: 0 })).toMatchObject({
		model: "unknown",
		tokens: { input: 100, output: 0, total: 100 },
		cost: { total: 0 },
	});
});

test("what a kill cuts off before any answer is counted for the model that the session was made with", () => {
	const asked = { ...death, asked: 40, model: "fake/m2" };
	expect(cutByDeath([], asked)?.model).toBe("fake/m2");
	expect(cutByDeath([], { ...death, asked: 40 })?.model).toBe("unknown");
	expect(cutByDeath(session(user("go"), said("hi"), user("on")), asked)?.model).toBe("fake/m");
});

test("a summary that was given up is estimated from what it was asked about, also where a kill did that", () => {
	const before = session(user("q".repeat(4_000)), said("hi"));
	const summed = parseEntry({
		type: "compaction",
		id: "c",
		parentId: "e1",
		timestamp: "2026-03-10T12:00:04Z",
		summary: "s",
	});
	const after = parseEntry({
		...{ type: "message", id: "e9", parentId: "c", timestamp: "2026-03-10T12:00:05Z" },
		message: user("y".repeat(400)),
	});
	const entries = [...before, summed, after].filter((entry) => entry !== undefined);
	const tokens = { input: 100, output: 0, cacheRead: 0, cacheWrite: 0, total: 100 };
	const expected = { request: "summary after e9", model: "fake/m", tokens, cost: { total: expect.closeTo(0.0001) } };
	expect(cutSummary(entries, "abort", death.at)).toMatchObject({ ...expected, cutBy: "abort", at: death.at });
	expect(cutByDeath(entries, { ...death, summing: true })).toMatchObject({ ...expected, cutBy: "kill" });
	// The entry is there: it was counted, and only the word of its end was lost.
	expect(cutByDeath(entries.slice(0, -1), { ...death, summing: true })).toBeUndefined();
});
