/** Which word on a session counts, whom it counts for, and what is known to be missing. */
import { describe, expect, test } from "vitest";
import type { TestHub } from "../support.ts";
import { testHub, worldAt } from "../support.ts";
import { lieutenant, linkTo } from "./link.ts";

const now = Date.parse("2026-03-10T12:00:00Z");
const DAY = 86_400_000;
const iso = (ms: number): string => new Date(ms).toISOString();
const five = (total: number) => ({ input: total, output: 0, cacheRead: 0, cacheWrite: 0, total });
const fresh = () => testHub({ world: worldAt(() => now) });
const word = (tokens: number, fields: object = {}) => ({
	...{ sessionId: "s", agent: "ada", model: "p/m", tokens: five(tokens), cost: five(tokens / 1_000), turns: 1 },
	...{ startedAt: iso(now - DAY), endedAt: iso(now - DAY + tokens), ...fields },
});
const tell = ({ done }: TestHub, body: object) => done("POST", "/usage/sessions", body);
const all = async ({ done }: TestHub) => (await done("GET", "/usage?range=all")).totals;
const by = async ({ done }: TestHub, dimension: string) =>
	(await done("GET", `/usage/totals?by=${dimension}&range=all`)).rows.map(
		(row: { key?: string; tokens: number; sessions: number }) => [row.key, row.tokens, row.sessions],
	);

describe("a word on a session", () => {
	test("that comes late takes nothing back, and one that comes twice changes nothing and makes no event", async () => {
		const hub = await fresh();
		await tell(hub, word(300, { turns: 3 }));
		const stands = await tell(hub, word(500, { turns: 5 }));
		const events = async () => (await hub.done("GET", "/feed/events?type=usage_recorded")).length;
		expect(await tell(hub, word(300, { turns: 3 }))).toEqual(stands);
		expect(await tell(hub, word(500, { turns: 5 }))).toEqual(stands);
		expect(await all(hub)).toMatchObject({ tokens: 500, sessions: 1 });
		expect(await events()).toBe(2);
	});

	test("that says less of a later moment is a correction, and counts", async () => {
		const hub = await fresh();
		await tell(hub, word(500));
		await tell(hub, word(50, { endedAt: iso(now) }));
		expect(await all(hub)).toMatchObject({ tokens: 50, sessions: 1 });
	});

	test("keeps task and parent that another word has named", async () => {
		const hub = await fresh();
		await tell(hub, word(100, { task: "T1", parentAgent: "captain" }));
		await tell(hub, word(200));
		expect(await by(hub, "task")).toEqual([["T1", 200, 1]]);
		expect(await by(hub, "parent")).toEqual([["captain", 200, 1]]);
	});

	test("found in a file counts once, under the name of whoever tells of the session itself, before or after", async () => {
		const hub = await fresh();
		const eve = await hub.mint("lieutenant", "eve");
		const { agent: _, ...own } = word(200);
		await hub.done("POST", "/usage/sessions", own, { token: eve });
		await tell(hub, word(300, { agent: "somebody", found: true }));
		expect(await by(hub, "agent")).toEqual([["eve", 300, 1]]);
		await tell(hub, word(700, { sessionId: "t", agent: "somebody", found: true }));
		await hub.done("POST", "/usage/sessions", { ...own, sessionId: "t" }, { token: eve });
		await hub.done("POST", "/usage/sessions", { ...own, ...word(900), sessionId: "t", agent: "eve" }, { token: eve });
		expect(await by(hub, "agent")).toEqual([["eve", 1_200, 2]]);
	});

	test("found in a file takes its estimates with it when it gets its own name, and no lieutenant may find one", async () => {
		const hub = await fresh();
		const eve = await hub.mint("lieutenant", "eve");
		const { agent: _, ...own } = word(200);
		const cut = { request: "e1", model: "p/m", tokens: five(7), cost: five(0), cutBy: "abort", at: iso(now) };
		await tell(hub, word(100, { agent: "somebody", found: true }));
		const told = { ...cut, sessionId: "s", agent: "somebody", found: true };
		await hub.done("POST", "/usage/estimates", told);
		await hub.done("POST", "/usage/sessions", own, { token: eve });
		await hub.done("POST", "/usage/estimates", told);
		await hub.done("POST", "/usage/estimates", { ...cut, sessionId: "s" }, { token: eve });
		const { estimates } = await hub.done("GET", "/usage/estimates");
		expect(estimates).toMatchObject([{ agent: "eve", tokens: five(7) }]);
		const { rows } = await hub.done("GET", "/usage/totals?by=agent&range=all");
		expect(rows).toMatchObject([{ key: "eve", tokens: 200, estimated: { requests: 1, tokens: 7 } }]);
		for (const [path, body] of [
			["/usage/sessions", { ...own, found: true }],
			["/usage/estimates", { ...cut, sessionId: "s", found: true }],
		] as const)
			expect((await hub.ask("POST", path, body, { token: eve })).status).toBe(403);
	});

	test("whose parts come to more than the whole is refused", async () => {
		const hub = await fresh();
		const part = { day: "2026-03-09", model: "p/m", tokens: 60, cost: 0 };
		const refused = await hub.ask("POST", "/usage/sessions", word(100, { parts: [part, part] }));
		expect(refused).toMatchObject({ status: 400, body: { error: expect.stringContaining("parts come to more") } });
		const unreadable = await hub.ask("POST", "/usage/sessions", word(100, { parts: [{ ...part, day: "2026-13-45" }] }));
		expect(unreadable).toMatchObject({ status: 400, body: { error: "invalid parts[0].day: 2026-13-45" } });
		expect((await all(hub)).sessions).toBe(0);
	});
});

describe("the totals", () => {
	test("are by the day of use and the model that was used, and add up to what the sessions told", async () => {
		const hub = await fresh();
		const parts = [
			{ day: "2026-03-09", model: "p/m", tokens: 100, cost: 0.1 },
			{ day: "2026-03-10", model: "p/big", tokens: 50, cost: 0.4 },
		];
		await tell(hub, word(200, { cost: five(0.6), parts }));
		expect(await by(hub, "day")).toEqual([
			["2026-03-10", 50, 0],
			["2026-03-09", 150, 1],
		]);
		expect(await by(hub, "model")).toEqual([
			["p/big", 50, 0],
			["p/m", 150, 1],
		]);
		// Whole days: the one in which the range begins counts from its first moment.
		const today = await hub.done("GET", "/usage/totals?by=day&range=1h");
		expect(today).toMatchObject({ from: "2026-03-10", totals: { tokens: 50, cost: 0.4, sessions: 0 } });
	});

	test("name what has no task, keep estimates apart, and say how many rows are beyond the limit", async () => {
		const hub = await fresh();
		await tell(hub, word(100, { sessionId: "a", task: "T1" }));
		await tell(hub, word(30, { sessionId: "b" }));
		await tell(hub, word(20, { sessionId: "c", task: "T2" }));
		await hub.done("POST", "/usage/estimates", {
			...{ sessionId: "a", request: "life 1", agent: "ada", model: "p/m", tokens: five(7), cost: five(0.007) },
			...{ cutBy: "kill", at: iso(now), task: "T1" },
		});
		const none = { requests: 0, tokens: 0, cost: 0 };
		const sums = await hub.done("GET", "/usage/totals?by=task&limit=2");
		expect(sums).toMatchObject({ count: 2, more: 1, totals: { tokens: 150, sessions: 3 } });
		expect(sums.rows).toEqual([
			{ key: "T1", tokens: 100, cost: 0.1, sessions: 1, estimated: { requests: 1, tokens: 7, cost: 0.007 } },
			{ tokens: 30, cost: 0.03, sessions: 1, estimated: none },
		]);
		expect(await hub.ask("GET", "/usage/totals?by=moon")).toMatchObject({
			status: 400,
			body: { error: "by must be one of agent, model, day, task, parent" },
		});
	});
});

describe("the coverage", () => {
	test("counts lieutenants that have used tokens and told of no session, and what known sessions lack", async () => {
		const hub = await fresh();
		const link = await linkTo(hub);
		await link.say(lieutenant("01A", "ada", 500, now - DAY), 1);
		await link.say(lieutenant("01B", "bo", 70, now - 3 * DAY), 2);
		await link.say(lieutenant("01C", "idle", 0, now), 3);
		const coverage = async (range: string) => (await hub.done("GET", `/usage?range=${range}`)).coverage;
		expect(await coverage("all")).toEqual({ seen: 0, known: 2, unreported: ["ada", "bo"], tokens: 570 });
		expect(await coverage("2d")).toEqual({ seen: 0, known: 1, unreported: ["ada"], tokens: 500 });
		await tell(hub, word(400, { sessionId: "01A" }));
		expect(await coverage("all")).toEqual({ seen: 1, known: 2, unreported: ["bo"], tokens: 170 });
		await tell(hub, word(500, { sessionId: "01A" }));
		await tell(hub, word(70, { sessionId: "01B", agent: "bo" }));
		expect(await coverage("all")).toEqual({ seen: 2, known: 2, unreported: [], tokens: 0 });
		await link.say(lieutenant("01B", "bo", 90, now - 3 * DAY), 4);
		expect(await coverage("all")).toEqual({ seen: 2, known: 2, unreported: [], tokens: 20 });
		const byDay = await hub.done("GET", "/usage/totals?by=day&range=all");
		expect(byDay.coverage).toEqual({ seen: 2, known: 2, unreported: [], tokens: 20 });
	});

	test.each([
		[{ seen: 15, known: 15, unreported: [], tokens: 0 }, "15 of 15 sessions seen."],
		[{ seen: 1, known: 1, unreported: [], tokens: 0 }, "1 of 1 session seen."],
		[
			{ seen: 13, known: 15, unreported: ["ada", "bo"], tokens: 4_120 },
			"13 of 15 sessions seen. Not counted: ada, bo. The real number is higher, by at least 4120 tokens.",
		],
	])("%j reads as %j", async (coverage, sentence) => {
		const { tellCoverage } = await import("../../../src/contract/coverage.ts");
		expect(tellCoverage(coverage)).toBe(sentence);
	});
});
