import { describe, expect, it } from "vitest";
import { mismatches } from "../../src/gates/claims.ts";
import { type Found, NOTHING } from "../../src/gates/facts.ts";

const commit = {
	id: "3fa91c2d4e5f60718293a4b5c6d7e8f901234567",
	subject: "Sum usage by day",
	files: ["src/usage/totals.ts"],
};
const done: Found = { files: ["docs/usage.md"], commits: [commit], effects: ["pushed origin/lt/usage (3fa91c2)"] };
const judge = (text: string, known: Found = done, unlogged: Found = known, tests: readonly number[] = [35]) =>
	mismatches(text, { known, unlogged, tests });

describe("an entry that matches", () => {
	it.each([
		"Summed usage by day in src/usage/totals.ts (commit 3fa91c2), pushed; 35 tests pass.",
		"Updated docs/usage.md.",
		"Totals are now per day.",
		"Committed and pushed 3fa91c2.",
		"Changed totals.ts as described in docs/spec.md.",
		"Fixed the regression introduced by abc1234f in totals.ts.",
		"Sum usage by day: done.",
		"usage.md explains it. Did not touch src/other.ts.",
	])("%s", (text) => expect(judge(text)).toEqual([]));

	it("may be about anything when nothing waits to be logged", () => {
		expect(judge("Decided to use SQLite, because it needs no server.", NOTHING)).toEqual([]);
		expect(judge("Found the bug in src/a.ts: the loop ends too early.", NOTHING)).toEqual([]);
	});

	it("may name what an earlier entry has covered", () => {
		expect(judge("Committed 3fa91c2.", done, NOTHING)).toEqual([]);
	});
});

describe("an entry that does not", () => {
	it.each([
		["Did some work.", "names none of the changes"],
		["Updated src/other.ts and docs/usage.md.", "src/other.ts"],
		["Committed deadbee1: docs/usage.md.", "deadbee1"],
		["Updated docs/usage.md; 36 tests pass.", "36"],
		["Wrote usage.md, all 12 tests green.", "12"],
	])("%s", (text, why) => expect(judge(text).join()).toContain(why));

	it("claims a commit or a push where none was", () => {
		const only: Found = { ...NOTHING, files: ["a.ts"] };
		expect(judge("Changed a.ts and committed it.", only).join()).toContain("no commit");
		expect(judge("Changed a.ts and pushed.", only).join()).toContain("no push");
		expect(judge("Changed a.ts, not committed yet.", only)).toEqual([]);
	});

	it("is also found when nothing is unlogged", () => {
		expect(judge("Fixed src/b.ts.", NOTHING).join()).toContain("src/b.ts");
	});
});
