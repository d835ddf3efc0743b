import { describe, expect, test } from "vitest";
import type { Figure } from "../../../src/contract/captain.ts";
import { inventedIn } from "../../../src/hub/captain/narrative.ts";

const figure = (unit: string, value: number, name = unit): Figure => ({ name, label: unit, unit, value });
const figures = [
	...[figure("event", 604), figure("entry", 32), figure("task", 38), figure("task", 57, "ever"), figure("session", 13)],
	...[
		figure("token", 6_187_432),
		figure("usd", 5.63),
		figure("incident", 0),
		figure("lieutenant", 2),
		figure("pull request", 4),
	],
];
const invented = (text: string) => inventedIn(text, { date: "2026-01-31", figures, names: ["lt-7", "ada2", "boss"] });

describe("a narrative", () => {
	test.each([
		["604 events, 32 entries and 38 tasks done; 57 tasks since the start."],
		["Six hundred and four events came in, thirty-two work log entries tell of them."],
		["13 sessions took 6,187,432 tokens and $5.63."],
		["13 sessions took 6.2 million tokens (6.19M), 6187k, and 5.63 dollars."],
		["On 31 January 2026, at 14:05, there was quiet. January 31st went well; 2026-01-31 ends."],
		["lt-7 and ada2 worked; two lieutenants, four pull requests, no incidents."],
		["One of them was slow, and no one minded. One day it will be fast."],
		["4 PRs went in."],
	])("may stand: %s", (text) => expect(invented(text)).toEqual([]));

	test.each([
		["605 events came in", "605"],
		["There were 604 tasks", "604"],
		["38 sessions", "38"],
		["forty tasks were done", "40"],
		["one incident opened", "1"],
		["no pull requests were merged", "0"],
		["dozens of commits", "dozens"],
		["a hundred entries", "100"],
		["It cost $5.64", "$5.64"],
		["It cost $604", "$604"],
		["It cost 13 dollars", "13"],
		["It cost €5.63", "€5.63"],
		["38% were done", "38%"],
		["6.3 million tokens", "6.3 million"],
		["6,18,7432 tokens", "6,18,7432"],
		["On 30 January 2026 it began", "30"],
		["version v99 and lt-8", "99"],
		["٣٨ tasks", "٣"],
		["３９ tasks", "39"],
		["½ of it", "1"],
	])("is refused: %s", (text, said) => expect(invented(text).join(" | ")).toContain(said));
});
