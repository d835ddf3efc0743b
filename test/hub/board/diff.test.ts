import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { lineDiff } from "../../../src/hub/board/diff.ts";
import { makeFolder } from "../../support/folder.ts";

const texts = fc
	.array(fc.constantFrom("a", "b", "c", "", "-a", "+b", "@@"), { maxLength: 14 })
	.map((lines) => lines.map((line) => `${line}\n`).join(""));

/** Applies a unified diff; throws where what it takes for granted is not there. */
function applied(before: string, diff: string): string {
	const lines = before === "" ? [] : before.slice(0, -1).split("\n");
	const after: string[] = [];
	let at = 0;
	for (const line of diff === "" ? [] : diff.split("\n")) {
		const place = /^@@ -(\d+),(\d+) \+(\d+),\d+ @@$/.exec(line);
		if (place !== null) {
			after.push(...lines.slice(at, Number(place[1]) - 1));
			at = Number(place[1]) - 1;
			expect(after.length).toBe(Number(place[3]) - 1);
			continue;
		}
		if (line.startsWith("+")) after.push(line.slice(1));
		else {
			expect(lines[at]).toBe(line.slice(1));
			if (line.startsWith(" ")) after.push(line.slice(1));
			at++;
		}
	}
	return [...after, ...lines.slice(at)].map((line) => `${line}\n`).join("");
}

test("a diff makes the one text of the other, and is empty for the same", () => {
	fc.assert(
		fc.property(texts, texts, (before, after) => {
			const diff = lineDiff(before, after);
			expect(diff === "").toBe(before === after);
			expect(applied(before, diff)).toBe(after);
		}),
		{ numRuns: 2_000 },
	);
});

test("a diff takes out and puts in as few lines as git does", () => {
	const folder = makeFolder();
	const changes = (diff: string): number => diff.split("\n").filter((line) => /^[+-](?![+-]{2} )/.test(line)).length;
	fc.assert(
		fc.property(texts, texts, (before, after) => {
			fc.pre(before !== after);
			const [a, b] = [join(folder, "a"), join(folder, "b")];
			writeFileSync(a, before);
			writeFileSync(b, after);
			let said = "";
			try {
				execFileSync("git", ["diff", "--no-index", "--minimal", a, b], { encoding: "utf8", stdio: "pipe" });
			} catch (thrown) {
				said = String((thrown as { stdout: string }).stdout);
			}
			const body = said.slice(said.indexOf("@@"));
			expect(changes(lineDiff(before, after))).toBeLessThanOrEqual(changes(body));
		}),
		{ numRuns: 25 },
	);
});

test("what has nothing in common and is long is told as replaced, whole", () => {
	const [before, after] = ["a", "b"].map((letter) =>
		Array.from({ length: 3_000 }, (_, n) => `${letter}${n}\n`).join(""),
	);
	const diff = lineDiff(before ?? "", after ?? "");
	expect(applied(before ?? "", diff)).toBe(after);
	expect(diff.split("\n")).toHaveLength(6_001);
});
