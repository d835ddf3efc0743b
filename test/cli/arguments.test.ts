import { readdirSync } from "node:fs";
import { Type } from "@sinclair/typebox";
import fc from "fast-check";
import { expect, it } from "vitest";
import { parseArguments, positionalsOf, usageOf } from "../../src/cli/arguments.ts";
import { VERBS } from "../../src/cli/verbs.ts";
import { type AnyOperation, operation, verbOf } from "../../src/contract/operation.ts";
import { contractFolder, loadOperations } from "../../src/fleet/catalog.ts";

const operations = await loadOperations(readdirSync(contractFolder));

const sample: AnyOperation = operation({
	name: "sample.do",
	at: "hub",
	cli: "sample do",
	summary: "For this test.",
	method: "POST",
	path: "/sample/:taskId/do",
	status: 201,
	input: Type.Object({
		text: Type.String(),
		taskId: Type.String(),
		count: Type.Optional(Type.Integer()),
		loud: Type.Optional(Type.Boolean()),
		tags: Type.Optional(Type.Array(Type.String())),
		links: Type.Optional(Type.Array(Type.Object({ url: Type.String() }))),
		whom: Type.Optional(Type.Unsafe<string | null>({ anyOf: [{ type: "string" }, { type: "null" }] })),
		detail: Type.Optional(Type.Unknown()),
		createdBy: Type.Optional(Type.String()),
	}),
	output: Type.Object({}),
	allow: ["admin"],
	tell: () => "",
});

it("path parameters come first, then what is required; all of them also as flags", () => {
	expect(positionalsOf(sample)).toEqual(["taskId", "text"]);
	const input = { taskId: "t1", text: "two words" };
	expect(parseArguments(sample, ["t1", "two words"]).input).toEqual(input);
	expect(parseArguments(sample, ["--text", "two words", "t1"]).input).toEqual(input);
	expect(parseArguments(sample, ["--task-id", "t1", "--text=two words"]).input).toEqual(input);
	expect(parseArguments(sample, ["--taskId", "t1", "two words"]).input).toEqual(input);
});

it("values become what the declaration says", () => {
	const { input, json } = parseArguments(sample, [
		...["t", "x", "--count", "3", "--loud", "--tags", "a", "--tags", "b", "--links", '{"url":"u"}'],
		...["--whom", "null", "--detail", '{"a":1}', "--created-by", "me", "--json"],
	]);
	expect(json).toBe(true);
	expect(input).toEqual({
		...{ taskId: "t", text: "x", count: 3, loud: true, tags: ["a", "b"], links: [{ url: "u" }] },
		...{ whom: null, detail: { a: 1 }, createdBy: "me" },
	});
	expect(parseArguments(sample, ["t", "x", "--no-loud", "--tags", '["a"]']).input).toMatchObject({
		loud: false,
		tags: ["a"],
	});
	expect(parseArguments(sample, ["t", "12"]).input).toMatchObject({ text: "12" });
	expect(parseArguments(sample, ["t", "x", "--detail", "plain"]).input).toMatchObject({ detail: "plain" });
});

it("a value of - is read from standard input", () => {
	expect(parseArguments(sample, ["t", "-"]).fromStdin).toEqual(["text"]);
});

it.each([
	[["t"], /text is missing/],
	[[], /taskId and text are missing/],
	[["t", "x", "y"], /'y' is one word too many/],
	[["t", "x", "--count", "many"], /count must be a number/],
	[["t", "x", "--nope"], /--nope/],
	[["t", "x", "--links", "{"], /must be an object, as JSON/],
	[["t", "x", "--loud=1"], /loud/],
])("what does not fit is refused with the usage: %j", (args, message) => {
	const attempt = () => parseArguments(sample, args);
	expect(attempt).toThrow(message);
	expect(attempt).toThrow(/Usage: flagship sample do <taskId> <text> \[--count <n>\] \[--loud\]/);
	expect(attempt).toThrow(expect.objectContaining({ code: "usage" }));
});

it("any text reaches a text field as it was typed", () => {
	fc.assert(
		fc.property(fc.string(), (text) => {
			const { input } = parseArguments(sample, ["--text", "x", `--created-by=${text}`, "--", "t"]);
			expect(input.createdBy).toBe(text);
		}),
	);
});

it("every operation is a command of its own, and its usage can be shown", () => {
	const words = [...VERBS.map((verb) => verb.words), ...operations.flatMap((one) => verbOf(one) ?? [])];
	expect(new Set(words).size).toBe(words.length);
	expect(operations.length).toBeGreaterThan(30);
	for (const one of operations) expect(usageOf(one)).toContain(verbOf(one) ?? one.name);
	const reasons = operations.flatMap(({ cli }) => (typeof cli === "string" ? [] : [cli.none]));
	for (const reason of reasons) expect(reason).toMatch(/\w+ \w+ \w+/);
	expect(reasons.length).toBeLessThan(operations.length / 20);
});
