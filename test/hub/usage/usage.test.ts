import { describe, expect, test } from "vitest";
import { type Body, testHub, worldAt } from "../support.ts";

const HOUR = 3_600_000;
const start = Date.parse("2026-03-10T12:34:56Z");
const now = start;
const { ask, done, mint } = await testHub({ world: worldAt(() => now) });
const five = (total: number) => ({ input: total, output: 0, cacheRead: 0, cacheWrite: 0, total });
const session = (id: string, fields: object = {}) => ({
	sessionId: id,
	agent: "ann",
	model: "m",
	tokens: five(100),
	cost: five(0.1),
	turns: 2,
	startedAt: new Date(now).toISOString(),
	endedAt: new Date(now).toISOString(),
	...fields,
});
const fresh = async () => {
	const hub = await testHub({ world: worldAt(() => now) });
	return { ...hub, usage: (range: string) => hub.done("GET", `/usage?range=${range}`) };
};

describe("a session", () => {
	test("is echoed with what the old API adds", async () => {
		expect(await done("POST", "/usage/sessions", session("s1", { toolCalls: { bash: 3 } }))).toEqual({
			...session("s1", { toolCalls: { bash: 3 } }),
			id: expect.any(String),
			parentAgent: null,
			recordedAt: new Date(now).toISOString(),
		});
	});

	test("said again replaces what it said, also when its start moves", async () => {
		const { usage, ...hub } = await fresh();
		const first = await hub.done("POST", "/usage/sessions", session("s"));
		const later = session("s", {
			tokens: five(250),
			cost: five(0.25),
			startedAt: new Date(now - 30 * HOUR).toISOString(),
		});
		expect((await hub.done("POST", "/usage/sessions", later)).id).toBe(first.id);
		expect((await usage("7d")).totals).toEqual({ tokens: 250, cost: 0.25, sessions: 1, vms: 0 });
		expect((await usage("24h")).totals).toEqual({ tokens: 0, cost: 0, sessions: 0, vms: 0 });
		expect((await usage("24h")).byAgent).toEqual({});
		expect((await hub.done("GET", "/usage/sessions")).count).toBe(1);
	});

	test("of another agent under the same id is another session", async () => {
		const { usage, ...hub } = await fresh();
		const eve = await hub.mint("lieutenant", "eve");
		await hub.done("POST", "/usage/sessions", session("s"));
		const { agent: _, ...mine } = session("s");
		await hub.done("POST", "/usage/sessions", mine, { token: eve });
		expect((await usage("7d")).totals.tokens).toBe(200);
	});

	const sentence = (field: string) => `${field} must include input, output, cacheRead, cacheWrite, total as numbers`;
	test.each([
		[{ sessionId: undefined }, "sessionId is required"],
		[{ agent: undefined }, "agent is required"],
		[{ model: 5 }, "model is required"],
		[{ tokens: undefined }, sentence("tokens")],
		[{ tokens: { ...five(1), total: "1" } }, sentence("tokens")],
		[{ tokens: { input: 1 } }, sentence("tokens")],
		[{ cost: null }, sentence("cost")],
		[{ turns: -1 }, "turns must be a non-negative number"],
		[{ turns: "1" }, "turns must be a non-negative number"],
		[{ startedAt: undefined }, "startedAt is required"],
		[{ endedAt: undefined }, "endedAt is required"],
		[{ startedAt: "yesterday" }, "invalid startedAt: yesterday"],
		[{ endedAt: "later" }, "invalid endedAt: later"],
	])("with %j is refused", async (fields, error) => {
		expect(await ask("POST", "/usage/sessions", session("bad", fields))).toMatchObject({
			status: 400,
			body: { error },
		});
	});

	test("may have more tokens than 32 bits hold", async () => {
		const hub = await fresh();
		await hub.done("POST", "/usage/sessions", session("big", { tokens: five(3e9) }));
		expect((await hub.usage("7d")).totals.tokens).toBe(3e9);
	});
});

describe("the summary", () => {
	test("sorts agents by cost, rounds to cents, echoes its range, and says what it has seen", async () => {
		const hub = await fresh();
		for (const [agent, cost] of [
			["cheap", 0.014],
			["dear", 2],
			["cheap", 0.012],
		] as const) {
			await hub.done("POST", "/usage/sessions", session(`${agent}${cost}`, { agent, cost: five(cost) }));
		}
		await hub.done("POST", "/usage/vms", {
			vmId: "v",
			role: "worker",
			agent: "dear",
			createdAt: new Date(now).toISOString(),
		});
		const summary = await hub.done("GET", "/usage");
		expect(summary).toMatchObject({
			range: "7d",
			totals: { tokens: 300, cost: 2.03, sessions: 3, vms: 1 },
			coverage: { seen: 3, known: 3, unreported: [], tokens: 0 },
		});
		expect(Object.entries(summary.byAgent)).toEqual([
			["dear", { tokens: 100, cost: 2, sessions: 1 }],
			["cheap", { tokens: 200, cost: 0.03, sessions: 2 }],
		]);
		expect((await hub.usage("nonsense")).range).toBe("nonsense");
	});
});

describe("sessions and VMs", () => {
	test("are listed latest start first, in pages", async () => {
		const hub = await fresh();
		for (const [id, age] of [
			["b", 2],
			["a", 1],
			["c", 3],
			["b2", 2],
		] as const) {
			await hub.done("POST", "/usage/sessions", session(id, { startedAt: new Date(now - age * HOUR).toISOString() }));
		}
		const first = await hub.done("GET", "/usage/sessions?limit=2");
		const second = await hub.done("GET", `/usage/sessions?limit=2&cursor=${first.next}`);
		const ids = [...first.sessions, ...second.sessions].map((one: Body) => one.sessionId);
		expect(ids).toEqual(["a", "b2", "b", "c"]);
		expect(second).not.toHaveProperty("next");
		expect((await hub.done("GET", "/usage/sessions?range=2h&agent=ann")).count).toBe(3);
		expect((await hub.done("GET", "/usage/sessions?agent=nobody")).count).toBe(0);
	});

	test("VMs are listed by record, newest first, whenever they say that they were created", async () => {
		const hub = await fresh();
		const old = (days: number) => new Date(now - days * 86_400_000).toISOString();
		for (const [vmId, days] of [
			["first", 1],
			["second", 3],
			["third", 2],
		] as const)
			await hub.done("POST", "/usage/vms", { vmId, role: "worker", agent: "ann", createdAt: old(days) });
		const { vms } = await hub.done("GET", "/usage/vms?range=all");
		expect(vms.map(({ vmId }: { vmId: string }) => vmId)).toEqual(["third", "second", "first"]);
	});

	test("a destroyed VM updates its newest record", async () => {
		const vm = { vmId: "v1", role: "worker", agent: "ann", createdAt: new Date(now).toISOString() };
		const made = await done("POST", "/usage/vms", { ...vm, commitId: "c" });
		expect(made).toEqual({ ...vm, commitId: "c", id: expect.any(String), recordedAt: expect.any(String) });
		const ended = await done("POST", "/usage/vms", { ...vm, destroyedAt: new Date(now).toISOString() });
		expect(ended).toMatchObject({ id: made.id, commitId: "c", destroyedAt: new Date(now).toISOString() });
		expect((await done("GET", "/usage/vms?role=worker&agent=ann&range=1h")).vms).toEqual([ended]);
		expect((await ask("POST", "/usage/vms", { ...vm, role: "custom" })).body.error).toBe("invalid role: custom");
		expect((await ask("POST", "/usage/vms", { ...vm, createdAt: "x" })).body.error).toBe("invalid createdAt: x");
		expect(mint).toBeTypeOf("function");
	});
});

describe("an answer that was cut off", () => {
	const estimate = (request: string, fields: object = {}) => ({
		...{ sessionId: "s1", request, agent: "ann", model: "m", tokens: five(40), cost: five(0.02), cutBy: "kill" },
		at: new Date(now).toISOString(),
		...fields,
	});

	test("is a row of its own, once, marked, and in no session's numbers", async () => {
		const { usage, ...hub } = await fresh();
		await hub.done("POST", "/usage/sessions", session("s1"));
		const first = await hub.done("POST", "/usage/estimates", estimate("life 1"));
		expect(first).toMatchObject({ ...estimate("life 1"), estimated: true });
		// Told again by a host that has read the file once more.
		expect((await hub.done("POST", "/usage/estimates", estimate("life 1", { tokens: five(99) }))).id).toBe(first.id);
		await hub.done("POST", "/usage/estimates", estimate("e7", { cutBy: "abort" }));
		expect(
			(await hub.done("GET", "/usage/estimates")).estimates.map((row: { request: string }) => row.request),
		).toEqual(["e7", "life 1"]);
		const summary = await usage("7d");
		expect(summary.totals).toEqual({ tokens: 100, cost: 0.1, sessions: 1, vms: 0 });
		expect(summary.estimated).toEqual({ requests: 2, tokens: 80, cost: 0.04 });
	});

	test("is told by the host that looks after the agent, in the agent's name", async () => {
		const eve = await mint("lieutenant", "eve");
		expect((await ask("POST", "/usage/estimates", estimate("x"), { token: eve })).status).toBe(403);
	});
});
