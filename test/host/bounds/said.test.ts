import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { capText, parseCap, usedText } from "../../../src/host/bounds/cap.ts";
import { parseDeliverable } from "../../../src/host/bounds/deliverable.ts";
import { BOUND_DEFAULTS, boundSettings, boundsSchema } from "../../../src/host/bounds/settings.ts";

describe("a cap", () => {
	test.each([
		["40 turns, 5 usd", { turns: 40, usd: 5 }, "40 turns or $5.00"],
		["$1.50", { usd: 1.5 }, "$1.50"],
		[
			"1 turn or 90 minutes and 200_000 tokens",
			{ turns: 1, minutes: 90, tokens: 200_000 },
			"1 turn or 200,000 tokens or 90 minutes",
		],
	])("is said in words: %s", (text, cap, words) => {
		expect(parseCap(text)).toEqual(cap);
		expect(capText(parseCap(text))).toBe(words);
	});

	test.each([
		"",
		"none",
		"0 turns",
		"-3 turns",
		"$-1",
		"1.5 turns",
		"9999999 turns",
		"1001 usd",
		"1000000001 tokens",
		"10081 minutes",
		"1e9 usd",
		"NaN usd",
		"5 parsecs",
		"Infinity minutes",
		"5",
	])("that is no limit is refused in words: %j", (text) => {
		expect(() => parseCap(text)).toThrow(/^cap: .+; say it like "40 turns, 5 usd, 90 minutes"/);
	});

	test("is shown with what was used of it", () => {
		const spent = { turns: 12, usd: 0.412, tokens: 5, minutes: 3.5 };
		expect(usedText({ turns: 30, usd: 2 }, spent)).toBe("12/30 turns, $0.41/$2.00");
	});
});

describe("a deliverable", () => {
	test.each([
		["path: ./docs/a.md ", { type: "path", path: "docs/a.md" }],
		["report", { type: "report", least: 80 }],
		["branch", { type: "branch", before: "" }],
		["task", { type: "task" }],
		["none", { type: "none" }],
		["command: npm test", { type: "command", command: "npm test" }],
	])("is one that can be checked: %s", (text, deliverable) => {
		expect(parseDeliverable(text)).toEqual(deliverable);
	});

	test.each(["path:/etc/passwd", "path:../a", "path:a/../../b", "path:~/a"])(
		"outside of the workspace is refused: %s",
		(text) => {
			expect(() => parseDeliverable(text)).toThrow("outside of its workspace");
		},
	);

	test.each(["", "path:", "path:.", "command:", "command", "a nice report", "NONE"])(
		"that is none is refused: %j",
		(text) => {
			expect(() => parseDeliverable(text)).toThrow(/^deliverable: /);
		},
	);
});

describe("settings", () => {
	test("that cannot be read are named and loosen nothing", () => {
		expect(boundSettings({})).toEqual({ settings: BOUND_DEFAULTS, problems: [] });
		expect(boundSettings({ bounds: { turns: 5 } }).settings).toEqual({ ...BOUND_DEFAULTS, turns: 5 });
		for (const bounds of [
			7,
			[],
			{ turns: 0 },
			{ turns: -1 },
			{ turns: 1e9 },
			{ turns: "9" },
			{ usd: null },
			{ turn: 5 },
		]) {
			const { settings, problems } = boundSettings({ bounds });
			expect(settings).toEqual(BOUND_DEFAULTS);
			expect(problems).toHaveLength(1);
		}
	});

	const docs = (name: string): string => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), "utf8");

	test("are documented with their defaults", () => {
		const [, settings = ""] = docs("bounds.md").split("## Settings");
		const rows = settings.split("\n").filter((line) => /^\| `\w+` \|/.test(line));
		expect(rows.map((row) => row.split("|").map((cell) => cell.trim()))).toEqual(
			Object.entries(boundsSchema.properties).map(([name, { minimum, maximum, default: usual, description }]) => [
				...["", `\`${name}\``, `${minimum} to ${maximum}`, `\`${usual}\``, description, ""],
			]),
		);
	});

	test("have a schema for editors", () => {
		const schema: { properties: { bounds: unknown } } = JSON.parse(docs("settings.schema.json"));
		expect(schema.properties.bounds).toEqual(boundsSchema);
	});
});
