import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { covers, overlap, wrongPattern } from "../../src/contract/territory.ts";

describe("a pattern covers", () => {
	it.each([
		["src/usage/**", "src/usage/totals.ts"],
		["src/usage/**", "src/usage/day/a.ts"],
		["src/usage", "src/usage/totals.ts"],
		["./src/usage/", "src/usage/totals.ts"],
		["src/usage/totals.ts", "src/usage/totals.ts"],
		["docs/*.md", "docs/gates.md"],
		["**/*.md", "gates.md"],
		["**/*.md", "docs/deep/gates.md"],
		["src/**/schema.ts", "src/hub/board/schema.ts"],
		["src/?sage/*", "src/usage/a.ts"],
		["app/[id]/page.tsx", "app/[id]/page.tsx"],
	])("%s %s", (pattern, path) => expect(covers(pattern, path)).toBe(true));

	it.each([
		["src/usage/**", "src/usages/a.ts"],
		["src/usage/**", "src/a.ts"],
		["docs/*.md", "docs/deep/gates.md"],
		["docs/*.md", "docs/gates.ts"],
		["**/*.md", "docs/gates.ts"],
		["src/?sage/*", "src/sage/a.ts"],
		["src/usage/totals.ts", "src/usage"],
	])("not %s %s", (pattern, path) => expect(covers(pattern, path)).toBe(false));

	it("what lies below a folder that is taken whole", () => {
		expect(covers("src/usage/**", "src", true)).toBe(true);
		expect(covers("**/*.md", "docs", true)).toBe(true);
		expect(covers("src/usage/**", "docs", true)).toBe(false);
		expect(covers("src/usage/**", ".", true)).toBe(true);
	});
});

it.each([
	["src/**", "src/usage/**", true],
	["src/usage", "src/usage/totals.ts", true],
	["**/*.md", "docs", true],
	["docs/*.md", "docs/g*", true],
	["src/a.ts", "**/*.md", false],
	["src/a*", "src/b*", false],
	["src/hub/**", "src/host/**", false],
	["**/a/**", "b/**", true],
])("%s and %s overlap: %s", (one, other, so) => {
	expect(overlap(one, other)).toBe(so);
	expect(overlap(other, one)).toBe(so);
});

it("patterns that share a path overlap, whatever they are", () => {
	const name = fc.constantFrom("a", "b", "ab", "a.md", "b.ts");
	const part = fc.constantFrom("a", "b", "*", "?", "a*", "*.md", "**", "b.ts");
	const pattern = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("/"));
	fc.assert(
		fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), pattern, pattern, (names, one, other) => {
			const path = names.join("/");
			// A name with an ending is a file when patterns are compared, and a file has nothing below it.
			fc.pre(!names.slice(0, -1).some((folder) => folder.includes(".")));
			if (covers(one, path) && covers(other, path)) expect(overlap(one, other)).toBe(true);
		}),
		{ numRuns: 3_000 },
	);
});

it("says what cannot be a pattern", () => {
	expect(["/etc", "~/a", "../a", "a/../../b", "src/{a,b}", "*", "**", "**/*", "./"].map(wrongPattern)).not.toContain(
		undefined,
	);
	expect(["src/**", "*.md", "a", "docs/", "src/..a"].map(wrongPattern)).toEqual(Array(5).fill(undefined));
});

it("is judged at once, however the patterns are made", () => {
	const many = Array(60).fill("**/a*a*a*b").join("/");
	expect(overlap(`${many}/c.ts`, `${many}/a*c.md`)).toBe(false);
});
