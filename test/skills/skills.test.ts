import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { FINDER } from "../../src/fleet/finder.ts";
import { gatesSchema } from "../../src/gates/settings.ts";
import { LOCAL } from "../../src/pi/route.ts";
import { everyOperation } from "../fleet/catalog.ts";

const folder = new URL("../../skills/", import.meta.url);
const names = readdirSync(folder);
const operations = await everyOperation();
/** pi's own finder is the only tool here that is not ours. */
const tools = new Set([...operations.flatMap((operation) => operation.tool ?? []), FINDER, LOCAL, "tool_search"]);
/** What can be switched off or to a warning is a gate. */
const gateNames = Object.entries(gatesSchema.properties).flatMap(([name, value]) => ("enum" in value ? [name] : []));
const firstWords = new Set([...tools].map((tool) => tool.split("_", 1)[0] ?? ""));
const read = (name: string): string => readFileSync(new URL(`${name}/SKILL.md`, folder), "utf8");
const quoted = (text: string): string[] => [...text.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? "");

/** Words of the contract that are written as tools are: `in_review`, `blocker_found`. */
const values = new Set(
	operations.flatMap(({ input, output }) =>
		[...JSON.stringify([input, output]).matchAll(/"([a-z]+_[a-z_]+)"/g)].map((match) => match[1] ?? ""),
	),
);
const looksLikeTool = (word: string): boolean =>
	/^[a-z]+(?:_[a-z]+)+$/.test(word) && firstWords.has(word.split("_", 1)[0] ?? "");

/** Paragraphs and list items: a mark belongs to the statement that it stands in. */
const statements = (text: string): string[] =>
	text.replace(/^---\n.*?\n---\n/s, "").split(/\n\s*\n|\n(?=\s*(?:[-*|]|\d+\.)\s)/);

describe("the first skills", () => {
	it("are the seven that the fleet starts with, at least", () => {
		expect(names).toEqual(
			expect.arrayContaining(["board", "feed", "lieutenants", "log", "recovery", "registry", "usage"]),
		);
	});
});

describe.each(names)("the skill %s", (name) => {
	const text = read(name);

	it("has the name of its folder and a description that pi takes", () => {
		const [, front = ""] = /^---\n(.*?)\n---\n/s.exec(text) ?? [];
		expect(/^name: (.+)$/m.exec(front)?.[1]).toBe(name);
		const description = /^description: (.+)$/m.exec(front)?.[1] ?? "";
		expect(description.length).toBeGreaterThan(40);
		expect(description.length).toBeLessThanOrEqual(1024);
		// A bare colon would be read as a mapping, and pi would not load the skill.
		expect(description).not.toMatch(/: |^["'[{&*!|>%@`]/);
	});

	it("is short enough to be read", () => {
		expect(text.length).toBeLessThan(3_500);
	});

	it("names only tools that there are", () => {
		const wrong = quoted(text).filter((word) => looksLikeTool(word) && !tools.has(word) && !values.has(word));
		expect(wrong).toEqual([]);
		expect(quoted(text).some((word) => tools.has(word))).toBe(true);
	});

	it("orders nothing that code does not hold: each always, never, must is a gate's or marked as advice", () => {
		for (const statement of statements(text)) {
			if (!/\b(?:always|never|must)\b/i.test(statement)) continue;
			const gate = /\(gate `(\w+)`\)/.exec(statement)?.[1];
			const held = gate !== undefined && gateNames.includes(gate);
			expect(held || /\*advice\*/i.test(statement), statement).toBe(true);
		}
	});
});
