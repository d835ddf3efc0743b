import { describe, expect, test } from "vitest";
import { cacheBeforeState } from "../../src/fleet/cache-point.ts";
import { STATE_TAG } from "../../src/fleet/live-state.ts";

const mark = { cache_control: { type: "ephemeral" } };
const state = { type: "text", text: `${STATE_TAG}\n fleet` };

describe("the end of what the provider keeps", () => {
	test("moves from the state to the tool's result before it", () => {
		const result = { type: "tool_result", tool_use_id: "1", content: "ok" };
		const moved = cacheBeforeState({
			model: "m",
			messages: [
				{ role: "user", content: "go" },
				{ role: "user", content: [result] },
				{ role: "user", content: [{ ...state, ...mark }] },
			],
		});
		expect(moved).toEqual({
			model: "m",
			messages: [
				{ role: "user", content: "go" },
				{ role: "user", content: [{ ...result, ...mark }] },
				{ role: "user", content: [state] },
			],
		});
	});

	test("makes a part of a plain text, and passes over thinking and empty texts", () => {
		const marked = { role: "user", content: [{ ...state, ...mark }] };
		const moved = (content: unknown) => cacheBeforeState({ messages: [{ role: "user", content }, marked] });
		const moves = (content: unknown) => ({
			messages: [
				{ role: "user", content },
				{ role: "user", content: [state] },
			],
		});
		const [go, empty] = [
			{ type: "text", text: "go" },
			{ type: "text", text: "" },
		];
		const thinking = { type: "thinking", thinking: "hm" };
		expect(moved("go")).toEqual(moves([{ ...go, ...mark }]));
		expect(moved([go, empty, thinking])).toEqual(moves([{ ...go, ...mark }, empty, thinking]));
		expect(moved([thinking])).toBeUndefined();
	});

	test("is a part of its own in Bedrock's requests", () => {
		const point = { cachePoint: { type: "default" } };
		const text = { text: state.text };
		expect(
			cacheBeforeState({
				messages: [
					{ role: "user", content: [{ text: "go" }] },
					{ role: "user", content: [text, point] },
				],
			}),
		).toEqual({
			messages: [
				{ role: "user", content: [{ text: "go" }, point] },
				{ role: "user", content: [text] },
			],
		});
	});

	test.each([
		["no record", undefined],
		["no messages", { input: [] }],
		["no state", { messages: [{ role: "user", content: [{ type: "text", text: "go", ...mark }] }] }],
		[
			"no marker",
			{
				messages: [
					{ role: "user", content: "go" },
					{ role: "user", content: [state] },
				],
			},
		],
		["nothing before the state", { messages: [{ role: "user", content: [{ ...state, ...mark }] }] }],
	])("stays where it is with %s", (_what, payload) => {
		expect(cacheBeforeState(payload)).toBeUndefined();
	});
});
