/** Machines whose deletion failed, deleted again: a real ledger, the simulated platform, and a clock of the test's own. */
import { beforeEach, expect, test } from "vitest";
import type { Undeleted } from "../../src/contract/undeleted.ts";
import { VersClient } from "../../src/vers/client.ts";
import { VersMachines } from "../../src/vers/machines.ts";
import { dueAt, REAP_MAX_MS, REAP_MS, Reaper } from "../../src/vers/reaper.ts";
import { realWorld } from "../../src/world/real.ts";
import { testHub } from "../hub/support.ts";
import { API_KEY } from "../support/vers-sim/fixture.ts";
import { startSim } from "../support/vers-sim/visitor.ts";
import { ours } from "../support/vers-sim/vms.ts";

const HOST = `01${"H".repeat(24)}`;
const sim = await startSim({ slots: 8 });
const { done, mint } = await testHub();
const as = { token: await mint("host", HOST) };
const client = new VersClient({ world: realWorld(), account: () => ({ key: API_KEY, url: sim.baseUrl }) });
const machines = new VersMachines(realWorld(), client);

let now = Date.parse("2026-01-01T00:00:00Z");
let armed: number | undefined;
let away = false;
let [tried, complaints, freed, some]: [string[], string[], number, boolean | undefined] = [[], [], 0, undefined];

const noted = async (): Promise<readonly Undeleted[]> => {
	if (away) throw new Error("the hub does not answer");
	return (await done("GET", "/undeleted", undefined, as)).machines;
};
const note = (machine: string): Promise<unknown> =>
	done("POST", "/undeleted", { machine, cause: "transient", at: new Date(now).toISOString() }, as);
/** What a round has told waits for the hub as it does in a host; here it is there when the round is over. */
let telling: Promise<unknown>[] = [];
const begin = (): Reaper =>
	new Reaper({
		clock: {
			now: () => now,
			after(ms) {
				armed = ms;
				return { cancel: () => undefined };
			},
		},
		noted,
		listed: async () => (await client.list()).map(({ id }) => id),
		async end(machine) {
			tried.push(machine);
			return await machines.end(machine);
		},
		left: (machine) => void telling.push(note(machine)),
		confirm: async (seen, listed) => {
			const shown = seen.map(({ machine, tries }) => ({ machine, tries }));
			return (await done("POST", "/undeleted/confirm", { seen: shown, listed }, as)).gone;
		},
		freed: () => {
			freed++;
		},
		remember: (is) => {
			some = is;
		},
		complain: (what) => complaints.push(what),
	});

async function round(reaper: Reaper): Promise<readonly string[]> {
	[tried, armed] = [[], undefined];
	await reaper.round();
	await Promise.all(telling.splice(0));
	return tried;
}

beforeEach(async () => {
	sim.faults.clear();
	[away, complaints, freed, some, telling] = [false, [], 0, undefined, []];
	for (const { machine, tries } of await noted())
		await done("POST", "/undeleted/confirm", { seen: [{ machine, tries }], listed: [] }, as);
	for (const { id } of sim.vms.all.filter(ours)) await machines.end(id);
});

test("one is tried again after growing pauses until it is gone, and nothing is asked for then", async () => {
	const vm = await client.make({ type: "root" }, {});
	sim.faults.add({ type: "delete_fails", leaves: "listed" }, { vm, times: 3 });
	expect(await machines.end(vm)).toMatchObject({ type: "left" });
	await note(vm);
	const reaper = begin();
	reaper.begin();
	expect([armed, some]).toEqual([REAP_MS, true]);
	expect(await round(reaper)).toEqual([]);
	const waits: number[] = [];
	for (let rounds = 0; some !== false && rounds < 20; rounds++) {
		now += armed ?? 0;
		if ((await round(reaper)).length > 0) waits.push(now);
	}
	const [first = 0, second = 0, third = 0] = waits;
	expect(waits).toHaveLength(3);
	expect(third - second).toBeGreaterThan(second - first);
	expect(sim.vms.all.filter(ours)).toEqual([]);
	expect([await noted(), armed, freed, complaints]).toEqual([[], undefined, 1, []]);
	expect((await done("GET", "/undeleted?state=gone", undefined, as)).machines[0]).toMatchObject({
		...{ machine: vm, tries: 3 },
	});
});

test("one that leaves the list by itself is confirmed as gone without being tried", async () => {
	const vm = await client.make({ type: "root" }, {});
	await note(vm);
	await machines.end(vm);
	expect(await round(begin())).toEqual([]);
	expect([await noted(), some]).toEqual([[], false]);
});

test("one that stays on the list keeps the others from nothing, and is never given up", async () => {
	const [stays, goes] = [await client.make({ type: "root" }, {}), await client.make({ type: "root" }, {})];
	sim.faults.add({ type: "delete_fails", leaves: "listed" }, { vm: stays });
	for (const vm of [stays, goes]) await note(vm);
	now += REAP_MS;
	const reaper = begin();
	expect((await round(reaper)).toSorted()).toEqual([stays, goes].toSorted());
	expect(await noted()).toMatchObject([{ machine: stays, tries: 2 }]);
	expect(some).toBe(true);
	now += 10 * REAP_MAX_MS;
	expect(await round(reaper)).toEqual([stays]);
	expect(armed).toBeGreaterThanOrEqual(REAP_MS);
});

test("without the hub nothing is deleted, it is said once, and gone on with when the hub is back", async () => {
	const vm = await client.make({ type: "root" }, {});
	await note(vm);
	now += REAP_MS;
	away = true;
	const reaper = begin();
	for (let i = 0; i < 3; i++) expect(await round(reaper)).toEqual([]);
	expect(complaints).toEqual(["what is left to be deleted: the hub does not answer"]);
	expect(armed).toBe(REAP_MS);
	away = false;
	expect(await round(reaper)).toEqual([vm]);
	expect(await noted()).toEqual([]);
});

test("once closed it asks nobody", async () => {
	await note("vm-x");
	now += REAP_MS;
	const reaper = begin();
	reaper.close();
	expect(await round(reaper)).toEqual([]);
	expect(armed).toBeUndefined();
});

test("the pause doubles from a minute to six hours; a clock that was set back makes none longer", () => {
	const lastAt = new Date(now).toISOString();
	const pause = (tries: number): number => dueAt({ tries, lastAt }, now) - now;
	expect([1, 2, 3, 9, 10, 500].map(pause)).toEqual([
		...[REAP_MS, 2 * REAP_MS, 4 * REAP_MS, 256 * REAP_MS],
		...[REAP_MAX_MS, REAP_MAX_MS],
	]);
	expect(dueAt({ tries: 1, lastAt }, now - 86_400_000) - (now - 86_400_000)).toBe(REAP_MS);
});
