import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as contract from "../../../src/contract/undeleted.ts";
import { type Body, testHub, worldAt } from "../support.ts";

let now = Date.parse("2026-01-01T00:00:00Z");
const { ask, done, mint } = await testHub({ world: worldAt(() => now) });
const [here, there] = [`01${"H".repeat(24)}`, `01${"J".repeat(24)}`];
const hostToken = await mint("host", here);
const host = { token: hostToken };
const other = { token: await mint("host", there) };
const lead = { token: await mint("orchestrator", "lead", hostToken) };
const ann = { token: await mint("lieutenant", "ann", hostToken) };

const note = (machine: string, more: object = {}, as: object = host): Promise<Body> =>
	done("POST", "/undeleted", { machine, cause: "transient", ...more }, as);
const confirm = (seen: readonly object[], listed: readonly string[], more: object = {}, as: object = host) =>
	done("POST", "/undeleted/confirm", { seen, listed, ...more }, as);
const stillThere = async (query = ""): Promise<string[]> =>
	(await done("GET", `/undeleted?${query}`)).machines.map(({ machine }: Body) => machine);

describe("a machine whose deletion failed", () => {
	test("is noted once, with how often it was tried and what the last answer was", async () => {
		expect(
			await note("m1", { name: "lt-usage", account: "owner-1", raw: "HTTP 500 Bearer abcdefghijklmnopqrstuvwx" }),
		).toEqual({
			...{ machine: "m1", name: "lt-usage", host: here, account: "owner-1", state: "there", tries: 1 },
			...{ cause: "transient", raw: "HTTP 500 Bearer [masked]" },
			...{ firstAt: "2026-01-01T00:00:00.000Z", lastAt: "2026-01-01T00:00:00.000Z" },
		});
		now += 60_000;
		expect(await note("m1", { cause: "forbidden" }, lead)).toMatchObject({
			...{ name: "lt-usage", host: here, tries: 2, cause: "forbidden" },
			...{ firstAt: "2026-01-01T00:00:00.000Z", lastAt: "2026-01-01T00:01:00.000Z" },
		});
		expect(await done("GET", "/feed/events?limit=2")).toMatchObject([
			{ type: "machine_undeleted", summary: "lt-usage: its deletion failed, transient, try 1", agent: here },
			{ type: "machine_undeleted", detail: { machine: "m1", tries: 2 }, agent: "lead" },
		]);
		const { machines } = await done("GET", "/undeleted", undefined, ann);
		const told = contract.list.tell({ machines, count: 1 }, {});
		expect(told).toBe(
			"m1 (lt-usage), deletion tried 2 times, last 2026-01-01T00:01:00.000Z: forbidden, not confirmed as gone",
		);
		await confirm([{ machine: "m1", tries: 2 }], [], { account: "owner-1" });
	});

	test("told twice under one key is tried once; from many at once each try counts", async () => {
		const key = { ...host, headers: { "idempotency-key": "u1" } };
		await note("m2", {}, key);
		expect(await note("m2", {}, key)).toMatchObject({ tries: 1 });
		await Promise.all(Array.from({ length: 10 }, () => note("m2")));
		expect((await done("GET", "/undeleted")).machines).toMatchObject([{ machine: "m2", tries: 11 }]);
		await confirm([{ machine: "m2", tries: 11 }], []);
	});

	test("is gone once the platform's list is without it, and kept for what it may still hold", async () => {
		await note("m3");
		await note("m4");
		const answer = await confirm(
			[
				{ machine: "m3", tries: 1 },
				{ machine: "m4", tries: 1 },
			],
			["m4", "m9"],
		);
		expect(answer).toEqual({ gone: ["m3"], stays: [{ machine: "m4", why: "listed" }] });
		expect(await stillThere()).toEqual(["m4"]);
		expect((await done("GET", "/undeleted?state=gone")).machines[0]).toMatchObject({
			...{ machine: "m3", state: "gone", goneAt: "2026-01-01T00:01:00.000Z", tries: 1 },
		});
		expect(await done("GET", "/feed/events?limit=1")).toMatchObject([
			{ type: "machines_gone", detail: { machines: ["m3"] } },
		]);
		const events = (await done("GET", "/feed/stats")).total;
		expect(await confirm([{ machine: "m3", tries: 1 }], [])).toEqual({ gone: ["m3"], stays: [] });
		expect((await done("GET", "/feed/stats")).total).toBe(events);
		expect(await note("m3")).toMatchObject({ state: "there", tries: 2 });
		expect(await stillThere()).toEqual(["m4", "m3"].sort().reverse());
		await confirm(
			[
				{ machine: "m3", tries: 2 },
				{ machine: "m4", tries: 1 },
			],
			[],
		);
	});

	test("stays while a list proves nothing: one that is older than the last try, another host's, another account's", async () => {
		await note("m5", { account: "owner-1" });
		await note("m5");
		const why = async (tries: number, more: object, as: object): Promise<string> =>
			(await confirm([{ machine: "m5", tries }], [], more, as)).stays[0]?.why;
		expect(await why(1, { account: "owner-1" }, host)).toBe("tried_since");
		expect(await why(2, { account: "owner-2" }, host)).toBe("other_account");
		expect(await why(2, {}, host)).toBe("other_account");
		expect(await why(2, { account: "owner-1" }, other)).toBe("other_host");
		expect(await stillThere()).toEqual(["m5"]);
		const unknown = await confirm(
			[
				{ machine: "m5", tries: 2 },
				{ machine: "never", tries: 1 },
			],
			[],
			{ account: "owner-1" },
			lead,
		);
		expect(unknown).toEqual({ gone: ["m5"], stays: [{ machine: "never", why: "unknown" }] });
		expect(contract.confirm.tell(unknown, { seen: [], listed: [] })).toBe(
			"m5 is gone.\nnever stays: it was never noted.",
		);
	});

	test("is noted by a host for itself and by who leads, never by an agent; nothing takes it off", async () => {
		expect(await ask("POST", "/undeleted", { machine: "x", cause: "auth", host: there }, host)).toMatchObject({
			status: 403,
		});
		expect(await ask("POST", "/undeleted", { machine: "x", cause: "auth" }, ann)).toMatchObject({ status: 403 });
		expect(
			await ask("POST", "/undeleted/confirm", { seen: [{ machine: "x", tries: 1 }], listed: [] }, ann),
		).toMatchObject({
			status: 403,
		});
		expect(await ask("DELETE", "/undeleted/x")).toMatchObject({ status: 404 });
		expect(await ask("POST", "/undeleted", { machine: "x", cause: "weather" }, host)).toMatchObject({
			status: 400,
			body: { error: "invalid cause: weather" },
		});
		expect(await stillThere()).toEqual([]);
	});
});

test("they are listed newest first, by host, in pages", async () => {
	for (const machine of ["p1", "p2", "p3"]) await note(machine);
	await note("q1", {}, other);
	expect(await stillThere(`host=${here}`)).toEqual(["p3", "p2", "p1"]);
	const first = await done("GET", `/undeleted?host=${here}&limit=2`);
	expect(await stillThere(`host=${here}&limit=2&cursor=${first.next}`)).toEqual(["p1"]);
	const { markdown } = await (async () => {
		const { id } = await done("POST", "/incidents", { cause: "transient", type: "leaked", what: "x" }, host);
		return await done("POST", `/incidents/${id}/report`, {}, host);
	})();
	expect(markdown).toContain("\n- Not confirmed as deleted now: 3 (p1, p2, p3)\n");
	await confirm(
		["p1", "p2", "p3"].map((machine) => ({ machine, tries: 1 })),
		[],
	);
	await confirm([{ machine: "q1", tries: 1 }], [], {}, other);
});

/** A platform with machines, a ledger, and a reaper that reads, asks and confirms, with anything between its steps. */
type Move =
	| { readonly type: "fail" | "vanish"; readonly machine: number }
	| { readonly type: "read" | "ask" | "confirm" };

const machines = [0, 1];
const move: fc.Arbitrary<Move> = fc.oneof(
	fc.record({ type: fc.constantFrom("fail" as const, "vanish" as const), machine: fc.constantFrom(...machines) }),
	fc.record({ type: fc.constantFrom("read" as const, "ask" as const, "confirm" as const) }),
);

test("however tries, lists and confirmations interleave, none that the platform has is forgotten", async () => {
	let round = 0;
	await fc.assert(
		fc.asyncProperty(fc.array(move, { minLength: 10, maxLength: 40, size: "max" }), async (moves) => {
			round += 1;
			const nameOf = (machine: number): string => `r${round}-${machine}`;
			const live = new Set<string>();
			const noted = new Set<string>();
			let seen: { machine: string; tries: number }[] = [];
			let listed: readonly string[] | undefined;
			for (const one of moves) {
				switch (one.type) {
					case "fail":
						// Deleted in vain: the platform has it now, whatever it had when it was asked before.
						live.add(nameOf(one.machine));
						noted.add(nameOf(one.machine));
						await note(nameOf(one.machine));
						break;
					case "vanish":
						live.delete(nameOf(one.machine));
						break;
					case "read":
						seen = (await done("GET", "/undeleted")).machines.map(({ machine, tries }: Body) => ({ machine, tries }));
						listed = undefined;
						break;
					case "ask":
						listed = [...live];
						break;
					case "confirm":
						if (listed !== undefined && seen.length > 0) await confirm(seen, listed);
						break;
				}
				const kept = new Set(await stillThere());
				for (const machine of live) expect(kept.has(machine)).toBe(true);
			}
			const all = (await done("GET", "/undeleted")).machines.map(({ machine, tries }: Body) => ({ machine, tries }));
			if (all.length > 0) await confirm(all, []);
			const gone = new Set(await stillThere("state=gone"));
			for (const machine of noted) expect(gone.has(machine)).toBe(true);
			expect(await stillThere()).toEqual([]);
		}),
		{ numRuns: 60 },
	);
}, 60_000);
