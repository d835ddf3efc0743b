import { describe, expect, test } from "vitest";
import { type Body, testHub, worldAt } from "../support.ts";

let now = Date.parse("2026-01-01T00:00:00Z");
const { ask, done, mint } = await testHub({ world: worldAt(() => now) });
const [here, there] = [`01${"H".repeat(24)}`, `01${"J".repeat(24)}`];
const hostToken = await mint("host", here);
const host = { token: hostToken };
const other = { token: await mint("host", there) };
const lead = { token: await mint("orchestrator", "lead", hostToken) };
const ann = { token: await mint("lieutenant", "ann", hostToken) };

const refused = { cause: "capacity", type: "refused", what: "a machine was refused" };
const tell = (fact: object, as: object = host): Promise<Body> =>
	done("POST", "/incidents", { ...refused, ...fact }, as);
const over = (id: string, as: object = host): Promise<Body> => done("POST", `/incidents/${id}/close`, {}, as);
const listed = async (query: string): Promise<Body[]> => (await done("GET", `/incidents?${query}`)).incidents;

describe("what is told of an outage", () => {
	test("is one incident of its host and cause, from the first fact to the all-clear", async () => {
		const first = await tell({ at: "2026-01-01T01:00:00+01:00", running: 6, machine: "m1" });
		expect(first).toEqual({
			...{ id: expect.stringMatching(/^[0-9A-Z]{26}$/), host: here, cause: "capacity", opened: true },
			...{ from: "2026-01-01T00:00:00.000Z", openedBy: here, what: "a machine was refused" },
			...{ refusals: 1, lowest: 6, machines: 1, lieutenants: 0, fellBack: 0, leaked: 0 },
		});
		await tell({ type: "fell_back", what: "made here", lieutenant: "ann" });
		await tell({ type: "leaked", what: "m2 could not be deleted", machine: "m2" });
		expect(await tell({ running: 5, what: "another was refused" }, lead)).toMatchObject({
			...{ id: first.id, opened: false, refusals: 2, lowest: 5, fellBack: 1, leaked: 1, machines: 2, lieutenants: 1 },
		});
		expect((await tell({ cause: "transient" })).id).not.toBe(first.id);
		expect((await tell({}, other)).id).not.toBe(first.id);
		now += 42 * 60_000;
		expect(await over(first.id)).toMatchObject({ to: "2026-01-01T00:42:00.000Z", closedBy: here });
		const next = await tell({});
		expect(next).toMatchObject({ opened: true });
		expect(next.id).not.toBe(first.id);
		for (const one of await listed("state=open")) await over(one.id, {});
	});

	test("in the same words is one line with how often, also from many at once", async () => {
		const facts = Array.from({ length: 20 }, (_, i) => ({ running: 8 - (i % 4), at: `2026-01-02T00:00:${10 + i}Z` }));
		const { id } = await tell({ at: "2026-01-02T00:00:00Z" });
		await Promise.all(facts.map((fact) => tell(fact)));
		const { timeline, refusals, lowest } = await done("GET", `/incidents/${id}`);
		expect([refusals, lowest]).toEqual([21, 5]);
		expect(timeline).toEqual([
			{
				...{ type: "refused", what: "a machine was refused", by: here, times: 21, running: 5 },
				...{ at: "2026-01-02T00:00:00.000Z", lastAt: expect.stringMatching(/^2026-01-02T00:00:\d\d/) },
			},
		]);
		await over(id);
	});

	test("opens no second one when many see its beginning at once", async () => {
		const all = await Promise.all(Array.from({ length: 20 }, (_, i) => tell({ what: `refused ${i}` })));
		expect(new Set(all.map(({ id }) => id)).size).toBe(1);
		expect(all.filter(({ opened }) => opened)).toHaveLength(1);
		await over(all[0].id);
	});

	test("under an episode comes to the same incident however late, also after its end, and opens none", async () => {
		const { id } = await tell({ episode: "e1" });
		await over("e1");
		expect(await tell({ episode: "e1", what: "kept while the hub was away" })).toMatchObject({ id, opened: false });
		expect(await listed("state=open")).toEqual([]);
		expect((await done("GET", "/incidents/e1")).timeline).toHaveLength(2);
		// An episode is its host's: another's of the same name is another incident.
		expect((await tell({ episode: "e1" }, other)).id).not.toBe(id);
		await over((await listed("state=open"))[0].id, other);
	});

	test("under a new episode belongs to the one that is open: a host that forgot its own opens no second", async () => {
		const { id } = await tell({ episode: "e2" });
		expect(await tell({ episode: "e3" })).toMatchObject({ id, opened: false });
		expect(await over("e3")).toMatchObject({ id, to: expect.any(String) });
		expect(await tell({ episode: "e2" })).toMatchObject({ id, opened: false });
	});

	test("again under one key is told once", async () => {
		const key = { ...host, headers: { "idempotency-key": "k1" } };
		const first = await tell({ what: "with a key" }, key);
		expect(await tell({ what: "with a key" }, key)).toEqual(first);
		expect((await done("GET", `/incidents/${first.id}`)).timeline[0].times).toBe(1);
		await over(first.id);
	});

	test("keeps no secret, wherever it stands", async () => {
		const key = `0f8fad5b-d9cb-469f-a165-70867728950e${"0a1b".repeat(16)}`;
		const { id } = await tell({
			...{ what: `refused ${key}`, raw: `HTTP 500 Authorization: Bearer ${key}\nnetlink error` },
			call: `POST /vm/new_root ${key}`,
		});
		const kept = await done("GET", `/incidents/${id}`);
		expect(JSON.stringify([kept, await done("GET", "/feed/events?limit=5")])).not.toContain("0a1b0a1b");
		expect(kept.timeline[0].raw).toContain("netlink error");
		await over(id);
	});
});

describe("the all-clear", () => {
	test("is given once, says on the feed how long it was and what it came to, and a second changes nothing", async () => {
		const { id } = await tell({ what: "one" });
		await tell({ type: "fell_back", what: "made here", lieutenant: "bob" });
		now += 7 * 60_000;
		const ended = await done("POST", `/incidents/${id}/close`, { what: "a probe was let in" }, lead);
		expect(ended).toMatchObject({ closedBy: "lead" });
		expect(await done("GET", "/feed/events?limit=3")).toMatchObject([
			{ type: "incident_opened", agent: here, detail: { incident: id, host: here, cause: "capacity" } },
			{ type: "incident_updated", detail: { fact: "fell_back" } },
			{
				type: "incident_closed",
				summary: `all clear: capacity on ${here} after 7 min; 1 refused, 1 lieutenants named, 1 made here`,
			},
		]);
		const events = (await done("GET", "/feed/stats")).total;
		now += 60_000;
		expect(await over(id)).toEqual(ended);
		expect((await done("GET", "/feed/stats")).total).toBe(events);
		expect((await done("GET", `/incidents/${id}`)).timeline.at(-1)).toMatchObject({
			type: "note",
			what: "a probe was let in",
		});
	});

	test("of what nobody has opened is not found", async () => {
		expect(await ask("POST", "/incidents/none/close", {}, host)).toMatchObject({
			status: 404,
			body: { error: "incident not found" },
		});
	});
});

describe("a host", () => {
	test("tells of itself alone; who leads tells of any, and must say which where the token does not", async () => {
		expect(await ask("POST", "/incidents", { ...refused, host: there }, host)).toMatchObject({
			status: 403,
			body: { error: "A host may not tell what another host has seen." },
		});
		const { id } = await tell({ host: there }, lead);
		expect(await ask("POST", `/incidents/${id}/close`, {}, host)).toMatchObject({ status: 403 });
		await over(id, other);
		expect(await ask("POST", "/incidents", refused)).toMatchObject({
			status: 400,
			body: { error: "host is required: this token is of no host" },
		});
		expect(await ask("POST", "/incidents", refused, ann)).toMatchObject({ status: 403 });
	});

	test.each([
		[{ cause: "weather" }, "invalid cause: weather"],
		[{ what: " " }, "what is required"],
		[{ at: "yesterday" }, "invalid at: yesterday"],
		[{ running: -1 }, "invalid running: -1"],
		[{ raw: "x".repeat(8_193) }, /raw/],
	])("that says %j is refused in words, and nothing is opened", async (fact, error) => {
		const reply = await ask("POST", "/incidents", { ...refused, ...fact }, host);
		expect([reply.status, reply.body.error]).toEqual([
			400,
			error instanceof RegExp ? expect.stringMatching(error) : error,
		]);
		expect(await listed(`state=open&host=${here}`)).toEqual([]);
	});
});

test("incidents are listed newest first by state, host and cause, and their timelines read, in pages", async () => {
	const causes = ["auth", "unreachable", "other"];
	for (const cause of causes) await tell({ cause }, other);
	expect((await listed(`host=${there}&state=open`)).map(({ cause }) => cause)).toEqual(causes.toReversed());
	expect(await listed(`host=${there}&state=over&cause=other`)).toEqual([]);
	const first = await done("GET", `/incidents?host=${there}&state=open&limit=2`);
	expect(first).toMatchObject({ count: 2, next: expect.any(String) });
	expect((await listed(`host=${there}&state=open&cursor=${first.next}`)).map(({ cause }) => cause)).toEqual(["auth"]);
	const [{ id }] = first.incidents;
	for (let i = 0; i < 4; i++) await tell({ cause: "other", what: `fact ${i}` }, other);
	const page = await done("GET", `/incidents/${id}?limit=3`, undefined, ann);
	const rest = await done("GET", `/incidents/${id}?limit=3&cursor=${page.next}`);
	expect([...page.timeline, ...rest.timeline].map(({ what }) => what)).toEqual([
		"a machine was refused",
		...["fact 0", "fact 1", "fact 2", "fact 3"],
	]);
	expect(rest.next).toBeUndefined();
});
