import { describe, expect, test } from "vitest";
import { EVENT_TYPES } from "../../../src/contract/feed.ts";
import { type Body, testHub, worldAt } from "../support.ts";

let now = Date.parse("2026-01-01T00:00:00Z");
const { ask, done, folder, hub } = await testHub({ world: worldAt(() => now) });
const publish = (summary: string, fields: object = {}) =>
	done("POST", "/feed/events", { agent: "ann", type: "finding", summary, ...fields });
const summaries = async (query: string): Promise<string[]> =>
	(await done("GET", `/feed/events?${query}`)).map((event: Body) => event.summary);

describe("an event", () => {
	test("is kept as it came, data included", async () => {
		const event = await publish(" s ", { detail: { a: [null, "x"] }, metadata: "m" });
		expect(event).toEqual({
			id: expect.stringMatching(/^[0-9A-Z]{26}$/),
			seq: expect.any(Number),
			agent: "ann",
			type: "finding",
			summary: " s ",
			timestamp: "2026-01-01T00:00:00.000Z",
			actor: "admin",
			detail: { a: [null, "x"] },
			metadata: "m",
		});
		expect(await done("GET", `/feed/events/${event.id}`)).toEqual(event);
		expect(await ask("GET", "/feed/events/nope")).toMatchObject({ status: 404, body: { error: "Event not found" } });
	});

	test.each([
		[{ agent: 5 }, "Missing or invalid 'agent' field"],
		[{ type: "x" }, `Invalid 'type'. Must be one of: ${EVENT_TYPES.join(", ")}`],
		[{ type: undefined }, `Invalid 'type'. Must be one of: ${EVENT_TYPES.join(", ")}`],
		[{ summary: "" }, "Missing or invalid 'summary' field"],
		[{ agent: "", type: "x", summary: "" }, "Missing or invalid 'agent' field"],
	])("with %j is refused", async (fields, error) => {
		const body = { agent: "a", type: "custom", summary: "s", ...fields };
		expect(await ask("POST", "/feed/events", body)).toMatchObject({ status: 400, body: { error } });
	});
});

describe("the list", () => {
	test("is a bare array: the last ones, oldest first", async () => {
		for (let i = 0; i < 60; i++) await publish(`e${i}`, { agent: i % 2 === 0 ? "even" : "odd" });
		expect(await summaries("limit=3")).toEqual(["e57", "e58", "e59"]);
		expect((await summaries("")).length).toBe(50);
		expect(await summaries("agent=even&limit=2")).toEqual(["e56", "e58"]);
		expect(await summaries("type=nope")).toEqual([]);
		expect((await ask("GET", "/feed/events?limit=0")).status).toBe(400);
	});

	test("with since gives the next ones, so that a slow poller skips none", async () => {
		const all = await done("GET", "/feed/events?limit=1000");
		const from = all.at(-10);
		expect(await summaries(`since=${from.id}&limit=3`)).toEqual(["e51", "e52", "e53"]);
		expect(await summaries(`since=${from.id.toLowerCase()}&limit=1`)).toEqual(["e51"]);
		expect(await summaries(`since=${from.seq}&limit=2`)).toEqual(["e51", "e52"]);
		expect(await summaries("since=2026-01-01T00:00:00.000Z")).toEqual([]);
		expect((await summaries("since=2025-12-31")).length).toBe(50);
		expect(await summaries("since=nonsense")).toEqual([]);
	});
});

test("the counts are those of the rows, also after a restart and a clearing", async () => {
	const before = await done("GET", "/feed/stats");
	expect(before.byAgent.even).toBe(30);
	expect(before.latestPerAgent.odd.summary).toBe("e59");
	await hub.close();
	const again = await testHub({ folder, world: worldAt(() => now) });
	expect(await again.done("GET", "/feed/stats")).toEqual(before);
	const last = (await again.done("GET", "/feed/events?limit=1"))[0];
	expect(await again.done("DELETE", "/feed/events")).toEqual({ ok: true });
	expect(await again.done("GET", "/feed/stats")).toMatchObject({ total: 1, byType: { feed_cleared: 1 } });
	const events = await again.done("GET", "/feed/events");
	expect(events).toMatchObject([{ type: "feed_cleared", agent: "admin" }]);
	expect(events[0].seq).toBeGreaterThan(last.seq);
});

test("a clock that was set back, and a restart then, break neither order nor resume", async () => {
	const folder = (await testHub()).folder;
	expect(folder).toBeTypeOf("string");
	const data = await testHub({ world: worldAt(() => now) });
	const first = await data.done("POST", "/feed/events", { agent: "a", type: "custom", summary: "first" });
	await data.hub.close();
	now -= 24 * 3_600_000;
	const again = await testHub({ folder: data.folder, world: worldAt(() => now) });
	const second = await again.done("POST", "/feed/events", { agent: "a", type: "custom", summary: "second" });
	expect(second.timestamp < first.timestamp).toBe(true);
	expect(second.id > first.id).toBe(true);
	expect(await again.done("GET", `/feed/events?since=${first.id}`)).toEqual([second]);
});
