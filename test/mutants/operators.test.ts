/** What each operator makes of a few lines; the whole proof is `npm run mutants`. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { refusedByCompiler } from "./compiler.ts";
import { type Mutant, mutantsOf, type Operator } from "./operators.ts";
import { withTrees } from "./parse.ts";
import { root } from "./start.ts";

const FILE = "sample.ts";
const SOURCE = `const ROWS = { idle: "working", paused: 1 };
export function step(effects: string[], on: boolean): string {
	if (on) note(ROWS);
	effects.push("wait", "send");
	first();
	second();
	return on ? "a" : "b";
}
class Kept {
	keep(one: string, two: string) {
		this.#one = one;
		this.#two = two;
		this.#three = this.#two;
	}
}
`;

let mutants: readonly Mutant[] = [];
const folder = mkdtempSync(join(tmpdir(), "mutants-"));

beforeAll(() => {
	writeFileSync(join(folder, FILE), SOURCE);
	mutants = withTrees(folder, [FILE], (trees) => [...trees].flatMap(([file, tree]) => mutantsOf(file, tree)));
});
afterAll(() => rmSync(folder, { recursive: true }));

const broken = ({ start, end, becomes }: Mutant): string => SOURCE.slice(0, start) + becomes + SOURCE.slice(end);
const made = (operator: Operator): readonly string[] =>
	mutants.filter((mutant) => mutant.operator === operator).map(broken);

describe("an operator", () => {
	test.each<[Operator, string, string]>([
		["drop a statement", "\tfirst();\n", "\t;\n"],
		["drop a statement", "note(ROWS);", ";"],
		["negate a condition", "if (on)", "if (!(on))"],
		["negate a condition", "on ? ", "!(on) ? "],
		["swap two effects", "first();\n\tsecond();", "second();\n\tfirst();"],
		["swap two effects", '"wait", "send"', '"send", "wait"'],
		["skip an effect", '"wait", "send"', '"send"'],
		["skip an effect", '"wait", "send"', '"wait"'],
		["drop a row", 'idle: "working",', ""],
	])("can %s: %j becomes %j", (operator, was, becomes) => {
		expect(made(operator)).toContain(SOURCE.replace(was, becomes));
	});

	test("says the line and the text of the place, on one line", () => {
		expect(mutants).toContainEqual(
			expect.objectContaining({ file: FILE, line: 5, operator: "swap two effects", was: "first(); second();" }),
		);
	});

	test("does not swap two fields that are given what is no field: nothing comes of it", () => {
		const swapped = made("swap two effects");
		expect(swapped.some((source) => source.includes("this.#two = two;\n\t\tthis.#one = one;"))).toBe(false);
		expect(swapped.some((source) => source.includes("this.#three = this.#two;\n\t\tthis.#two = two;"))).toBe(true);
	});

	test("never leaves the source as it was", () => {
		expect(mutants.filter((mutant) => broken(mutant) === SOURCE)).toEqual([]);
	});
});

test("a bug that the compiler refuses is caught by it, and the source as it is is not", async () => {
	const file = "src/host/bounds/cap.ts";
	const source = readFileSync(join(root, file), "utf8");
	const start = source.indexOf("usd: 1_000,");
	const bug = { file, start, end: start + "usd: 1_000,".length, becomes: "" } as Mutant;
	expect(await refusedByCompiler(bug, source)).toMatch(/cap\.ts.*error TS2741: Property 'usd' is missing/);
	expect(await refusedByCompiler({ ...bug, end: start }, source)).toBeUndefined();
}, 120_000);
