import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ACTIONS, chosenKeys, DEFAULT_KEYS, meaningOf, saidOf } from "../../../src/fleet/view/keys.ts";

const never = () => false;
const meant = (data: string, map = DEFAULT_KEYS) => meaningOf(data, map, never);

test("the page of the terminal shows the keys as they are without any setting", () => {
	const page = readFileSync(new URL("../../../docs/terminal.md", import.meta.url), "utf8");
	const rows = ACTIONS.map(
		(action) => `| \`${action}\` | ${DEFAULT_KEYS[action].map((key) => `\`${key}\``).join(", ")} | ${saidOf(action)} |`,
	);
	expect(page).toContain(rows.join("\n"));
});

test("no key has two meanings from the start", () => {
	expect(chosenKeys({})).toEqual({ keys: DEFAULT_KEYS, problems: [] });
});

test("small and large letters are two keys, in the terminals' older and newer protocols", () => {
	expect(["x", "X", "\u001b[120u", "\u001b[120:88;2u"].map((data) => meant(data))).toEqual([
		...(["stop", "stopAll", "stop", "stopAll"] as const),
	]);
	expect(["\r", "\u001b", "\u001b[A", "\u001b[6~", "z"].map((data) => meant(data))).toEqual([
		...["open", "leave", "up", "pageDown", undefined],
	]);
});

test("a person's keys replace the defaults; pi's own for lists hold besides", () => {
	const { keys, problems } = chosenKeys({ terminal: { keys: { stop: ["ctrl+x"], leave: [] } } });
	expect(problems).toEqual([]);
	expect(["\u0018", "x", "q"].map((data) => meant(data, keys))).toEqual(["stop", undefined, undefined]);
	expect(meaningOf("\u0003", keys, (_data, binding) => binding === "tui.select.cancel")).toBe("leave");
});

test("what cannot be read is not taken and is named, and so is a key with two meanings", () => {
	const { keys, problems } = chosenKeys({ terminal: { keys: { stop: "x", dance: ["d"], resume: ["s"] } } });
	expect(keys).toEqual({ ...DEFAULT_KEYS, resume: ["s"] });
	expect(problems).toEqual([
		"terminal.keys.stop must be a list of keys",
		"there is no setting terminal.keys.dance",
		"s is both steer and resume; it is steer",
	]);
	expect(chosenKeys({ terminal: [] }).problems).toEqual(['terminal must be {"keys": {…}}']);
});
