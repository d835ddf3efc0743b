import { expect, it } from "vitest";
import { distance, matchWords, nearest } from "../../src/cli/words.ts";

const verbs = ["hub run", "hub", "board list", "hosts"].map((words) => ({ words }));

it("the longest command that begins what was typed is meant; the rest is its arguments", () => {
	expect(matchWords(verbs, ["hub", "run", "x"])).toEqual({ verb: { words: "hub run" }, rest: ["x"] });
	expect(matchWords(verbs, ["hub", "walk"])).toEqual({ verb: { words: "hub" }, rest: ["walk"] });
	expect(matchWords(verbs, ["board"])).toBeUndefined();
});

it("a slip of the finger finds the command that was meant; nonsense finds none", () => {
	const known = ["board list", "board create", "log append", "hosts", "stop"];
	expect(nearest(known, ["baord", "list"])).toBe("board list");
	expect(nearest(known, ["log", "apend", "a text", "--json"])).toBe("log append");
	expect(nearest(known, ["hots"])).toBe("hosts");
	expect(nearest(known, ["xyzzy"])).toBeUndefined();
	expect(nearest(known, [])).toBeUndefined();
});

it.each([
	["", "", 0],
	["abc", "abc", 0],
	["abc", "acb", 1],
	["abc", "ab", 1],
	["", "abc", 3],
	["kitten", "sitting", 3],
])("from '%s' to '%s' are %d changes", (a, b, expected) => {
	expect(distance(a, b)).toBe(expected);
	expect(distance(b, a)).toBe(expected);
});
