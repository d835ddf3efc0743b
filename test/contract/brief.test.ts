import { describe, expect, test } from "vitest";
import { type Brief, briefText, isQuiet } from "../../src/contract/brief.ts";

const id = (n: number): string => `01JARZ3NDEKTSV4RRFFQ69${String(n).padStart(4, "0")}`;
const nothing: Brief = {
	...{ orchestrator: "ann@laptop:/work", since: "2026-02-28T22:48:00.000Z", until: "2026-03-01T08:00:30.000Z" },
	...{ done: [], finished: [], stuck: [], blocked: [], reviews: [], questions: [], keys: [], spent: [] },
};

describe("the brief", () => {
	test("says what is done, stuck, spent, and needs the person", () => {
		const brief: Brief = {
			...nothing,
			done: [{ id: id(31), title: "Sum usage by day", status: "done", who: "usage" }],
			finished: [{ name: "docs", text: "docs finished: 4 turns on lt/docs, $0.22." }],
			stuck: [{ name: "deep", state: "stopped", reason: "30 turns, 0 files" }],
			blocked: [{ id: id(34), title: "Deploy", status: "blocked" }],
			reviews: [{ id: id(33), title: "Share reports", status: "in_review", who: "share" }],
			questions: [{ who: "ada", text: "Which port?", task: id(35) }],
			keys: [{ name: "eve", state: "needs-credentials" }],
			spent: [
				{ who: "deep", usd: 0.9 },
				{ who: "ann@laptop:/work", usd: 0.53 },
				{ who: "usage", usd: 0.41 },
			],
		};
		expect(briefText(brief)).toBe(
			[
				" brief  2 done · 2 stuck · 3 need you    $1.84    away 9h12m",
				` ✓ ${id(31)} Sum usage by day  @usage`,
				" ✓ docs finished: 4 turns on lt/docs, $0.22.",
				" ✗ deep  stopped: 30 turns, 0 files",
				` ! ${id(34)} Deploy  blocked`,
				" $ deep $0.90 · orchestrator $0.53 · usage $0.41",
				` ? ${id(33)} Share reports  @share  waits for review`,
				` ? ada: Which port?  (${id(35)})`,
				" ? eve  needs-credentials",
				`Next: review ${id(33)}, answer ada, give eve its key, look at deep (/fleet deep).`,
			].join("\n"),
		);
		expect(isQuiet(brief)).toBe(false);
	});

	test("of a quiet night is one line", () => {
		expect(briefText(nothing)).toBe(" brief  nothing new    $0.00    away 9h12m");
		expect(isQuiet(nothing)).toBe(true);
	});

	test("says what is not in it while the hub is away", () => {
		expect(briefText({ ...nothing, missing: "The hub does not answer" }).split("\n")[1]).toBe(
			" ! Without tasks, reviews and your own cost: The hub does not answer.",
		);
	});

	test("counts what it does not list", () => {
		const done = Array.from({ length: 20 }, (_, n) => ({ id: id(n), title: `T${n}`, status: "done" as const }));
		const lines = briefText({ ...nothing, done }).split("\n");
		expect(lines[0]).toContain("20 done");
		expect(lines.at(-1)).toBe(" ✓ and 12 more");
	});

	test("names the time away in days, hours or minutes", () => {
		const away = (since: string) =>
			briefText({ ...nothing, since })
				.split("    ")
				.at(-1);
		expect(away("2026-02-26T04:00:30.000Z")).toBe("away 3d4h");
		expect(away("2026-03-01T07:43:30.000Z")).toBe("away 17m");
		const { since: _, ...ever } = nothing;
		expect(briefText(ever)).toContain("so far");
	});
});
