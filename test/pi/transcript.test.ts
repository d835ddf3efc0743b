import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Entry, parseEntry } from "../../src/pi/entry.ts";
import { wrap } from "../../src/pi/envelope.ts";
import { EMPTY_TALLY, tally } from "../../src/pi/tally.ts";
import { endingOf, heldIn, outputsOf, pathTo } from "../../src/pi/transcript.ts";

const A = "01JD3V5P8QZ4X9Y2W7K6M1N0AA";
const B = "01JD3V5P8QZ4X9Y2W7K6M1N0AB";

const usage = { input: 10, output: 5, cacheRead: 2, cacheWrite: 1, totalTokens: 18, cost: { total: 0.5 } };
const user = (id: string, n = 1) => ({ role: "user", content: wrap({ id, n }, `text of ${id}`) });
const says = (text: string, stopReason = "stop", tools: readonly string[] = [], errorMessage?: string) => ({
	role: "assistant",
	content: [
		{ type: "thinking", thinking: "hm" },
		{ type: "text", text },
		...tools.map((id) => ({ type: "toolCall", id, name: "bash", arguments: {} })),
	],
	provider: "p",
	model: "m",
	usage,
	stopReason,
	errorMessage,
});
const result = (toolCallId: string, extra = {}) => ({
	...{ role: "toolResult", toolCallId, toolName: "bash", content: [{ type: "text", text: "out" }], isError: false },
	...extra,
});

/** Entries in a row; a message or a whole entry each. */
function entries(...items: readonly object[]): readonly Entry[] {
	return items.flatMap((item, i) => {
		const body = "type" in item ? item : { type: "message", message: item };
		const parsed = parseEntry({ id: `e${i}`, parentId: i === 0 ? null : `e${i - 1}`, timestamp: "t", ...body });
		return parsed === undefined ? [] : [parsed];
	});
}

describe("what a transcript holds", () => {
	it("counts as answered what an answer follows, not an error or an abort", () => {
		for (const reason of ["stop", "toolUse", "length"]) {
			expect(heldIn(entries(user(A), says("ok", reason))).get(A)).toMatchObject({ entry: "e0", answer: "e1" });
		}
		for (const reason of ["error", "aborted", "deferred", "somethingNew"]) {
			expect(heldIn(entries(user(A), says("no", reason))).get(A)).toEqual({ id: A, n: 1, entry: "e0" });
		}
		expect(heldIn(entries(user(A), says("", "error"), user(B), says("ok"))).get(A)).toHaveProperty("answer", "e3");
	});

	it("answers two steers with the one turn that saw both", () => {
		const held = heldIn(entries(user(A), user(B), says("both")));
		expect([held.get(A)?.answer, held.get(B)?.answer]).toEqual(["e2", "e2"]);
	});

	it("keeps a message answered on its branch when somebody goes back in the tree", () => {
		const linear = entries(user(A), says("one"), user(B), says("two"));
		const back = parseEntry({ id: "x", parentId: "e1", timestamp: "t", type: "message", message: user(B, 2) });
		const all = [...linear, ...(back === undefined ? [] : [back])];
		expect(heldIn(all).get(B)).toEqual({ id: B, n: 2, entry: "x", answer: "e3" });
		expect(pathTo(all).map((entry) => entry.id)).toEqual(["e0", "e1", "x"]);
		expect(pathTo(all, "e3").map((entry) => entry.id)).toEqual(["e0", "e1", "e2", "e3"]);
	});

	it("never loops on a tree that bites its tail", () => {
		const knot = [
			{ id: "a", parentId: "b" },
			{ id: "b", parentId: "a" },
		].map((node) => parseEntry({ ...node, timestamp: "t", type: "message", message: says("x") }));
		const found = knot.filter((entry) => entry !== undefined);
		expect(pathTo(found).length).toBeLessThanOrEqual(3);
		expect(heldIn(found).size).toBe(0);
	});

	it.each([
		["nothing was said", [], { type: "empty" }],
		["an answer", [user(A), says("ok")], { type: "answered" }],
		["a message", [user(A)], { type: "unanswered" }],
		[
			"a gate's message",
			[user(A), says("ok"), { type: "custom_message", customType: "g", content: "log" }],
			{ type: "unanswered" },
		],
		["a tool call without result", [user(A), says("", "toolUse", ["1"])], { type: "dangling", tool: "bash" }],
		["one of two results", [user(A), says("", "toolUse", ["1", "2"]), result("1")], { type: "dangling", tool: "bash" }],
		["all results", [user(A), says("", "toolUse", ["1"]), result("1")], { type: "unanswered" }],
		["an error", [user(A), says("", "error", [], "overloaded")], { type: "failed", error: "overloaded" }],
		["an abort", [user(A), says("half", "aborted")], { type: "aborted" }],
		[
			"an abort in a tool on an older pi",
			[user(A), says("", "error", [], "This operation was aborted")],
			{ type: "aborted" },
		],
		[
			"state after an answer",
			[user(A), says("ok"), { type: "custom", customType: "x", data: 1 }],
			{ type: "answered" },
		],
	])("sees how it ends: %s", (_title, items, ending) => {
		expect(endingOf(entries(...items))).toEqual(ending);
	});

	it("gives one output per message that got words", () => {
		const said = outputsOf(
			entries(
				user(A),
				says("first", "toolUse", ["1"]),
				result("1"),
				says("second"),
				user(B),
				says(""),
				user(A, 2),
				says("z"),
			),
		);
		expect(said).toEqual([
			{ message: A, text: "first\n\nsecond" },
			{ message: A, text: "z" },
		]);
	});
});

describe("what a transcript used", () => {
	const whole = entries(
		user(A),
		says("", "toolUse", ["1", "2"]),
		result("1", { usage }),
		result("2"),
		{ type: "compaction", usage },
		says("", "error"),
		{ type: "usage", kind: "cache_warm", usage },
	);

	it("sums answers, tools' own model work, compactions and warming, and counts turns and calls", () => {
		const total = tally(whole);
		expect(total).toMatchObject({ turns: 2, tools: { bash: 2 }, totalTokens: 18 * 5, cost: 2.5 });
		expect(total.models["p/m"]?.totalTokens).toBe(36);
	});

	it("is the same read in one piece or in two", () => {
		fc.assert(
			fc.property(fc.integer({ min: 0, max: whole.length }), (at) => {
				expect(tally(whole.slice(at), tally(whole.slice(0, at)))).toEqual(tally(whole));
			}),
		);
		expect(tally([])).toEqual(EMPTY_TALLY);
	});
});
