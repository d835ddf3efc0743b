/** New machines through the breaker, by the real client on the simulated platform: what is refused here is not asked for there. */
import { beforeEach, expect, test } from "vitest";
import { type Http, realHttp } from "../../src/client/http.ts";
import type { Fault } from "../../src/errors.ts";
import { PAUSE_MS } from "../../src/vers/breaker.ts";
import { VersClient } from "../../src/vers/client.ts";
import { Creations } from "../../src/vers/creations.ts";
import { KeptBreaker } from "../../src/vers/kept-breaker.ts";
import { ownerOf } from "../../src/vers/key.ts";
import { VersMachines } from "../../src/vers/machines.ts";
import { realWorld } from "../../src/world/real.ts";
import { API_KEY, NETLINK } from "../support/vers-sim/fixture.ts";
import { startSim } from "../support/vers-sim/visitor.ts";
import { ours } from "../support/vers-sim/vms.ts";

const SLOTS = 3;
const ROOT = { type: "root" } as const;
const sim = await startSim({ slots: SLOTS });
const world = realWorld();
const asked: string[] = [];
const real = realHttp();
const http: Http = {
	...real,
	exchange(exchange) {
		asked.push(`${exchange.method} ${exchange.path}`);
		return real.exchange(exchange);
	},
	close: () => real.close(),
};
const account = () => ({ key: API_KEY, url: sim.baseUrl });
const client = new VersClient({ world, account, http });
const machines = new VersMachines(world, client);

let now: number;
let told: { operation: string; input: { type?: string; running?: number; raw?: string } }[];
let breaker: KeptBreaker;
let creations: Creations;

beforeEach(async () => {
	sim.faults.clear();
	for (const { id } of sim.vms.all.filter(ours)) await machines.end(id);
	await sim.vms.reclaim();
	[now, told] = [1_000_000, []];
	let attempts = 0;
	breaker = new KeptBreaker({
		...{ clock: { now: () => now }, random: { fraction: () => 0.5 }, mask: (text: string) => text },
		...{ load: () => undefined, save: () => undefined, transaction: (work: () => void) => work() },
		keep: (operation, input) => void told.push({ operation, input: input as never }),
	});
	creations = new Creations({ client, machines, breaker, account, newId: () => `a${attempts++}` });
	asked.length = 0;
});

const refused = async (making: Promise<unknown>): Promise<Fault> => {
	try {
		await making;
	} catch (thrown) {
		return thrown as Fault;
	}
	throw new Error("it was made");
};

test("once there is no room the platform is not asked again, not even for its list, until a pause is over", async () => {
	for (let i = 0; i < SLOTS; i++) await creations.make(ROOT, {});
	const first = await refused(creations.make(ROOT, {}));
	expect(first).toMatchObject({ code: "vers_capacity", message: "Vers has no room for a new machine." });
	expect(told).toMatchObject([{ operation: "incidents.record", input: { type: "refused", running: SLOTS } }]);
	expect(told[0]?.input.raw).toContain(NETLINK);
	asked.length = 0;
	const next = await refused(creations.make(ROOT, {}));
	expect(next).toMatchObject({
		code: "vers_capacity",
		message: expect.stringMatching(
			/^The platform has no room for one more machine \(refused at 3 running\); it is asked again from /,
		),
	});
	expect(asked).toEqual([]);
	now += PAUSE_MS;
	expect((await refused(creations.make(ROOT, {}))).code).toBe("vers_capacity");
	expect(asked.filter((one) => one.startsWith("POST"))).toHaveLength(1);
	expect(told).toHaveLength(2);
});

test("one that is let in gives the all-clear; at the learned ceiling the platform is only asked for its list", async () => {
	const [one = ""] = await Promise.all(Array.from({ length: SLOTS }, () => creations.make(ROOT, {})));
	await refused(creations.make(ROOT, {}));
	expect(await machines.end(one)).toEqual({ type: "gone" });
	breaker.freed();
	await creations.make(ROOT, {});
	expect(told.at(-1)).toMatchObject({ operation: "incidents.close" });
	asked.length = 0;
	expect((await refused(creations.make(ROOT, {}))).message).toContain("lets no more machines run than do now");
	expect(asked).toEqual(["GET /vms"]);
});

test("many at once beyond what fits: as many as fit are made, and all of it is one outage", async () => {
	const all = await Promise.allSettled(Array.from({ length: 8 }, () => creations.make(ROOT, {})));
	expect(all.filter(({ status }) => status === "fulfilled")).toHaveLength(SLOTS);
	expect(sim.vms.all.filter(ours)).toHaveLength(SLOTS);
	const episodes = new Set(told.map(({ input }) => (input as { episode?: string }).episode));
	expect(episodes.size).toBe(1);
	expect(breaker.sentence()).toContain("refused at 3 running");
});

test("clones are made one by one; what fits is kept, and the rest says why without being asked for", async () => {
	const vm = await creations.make(ROOT, {});
	asked.length = 0;
	const { ids, why } = await creations.branch(vm, 10);
	expect(ids).toHaveLength(SLOTS - 1);
	expect(why).toMatchObject({ code: "vers_capacity" });
	expect(why?.message).not.toContain("netlink");
	expect(asked.filter((one) => one.startsWith("POST"))).toHaveLength(SLOTS);
	expect((await creations.branch(vm, 2)).ids).toEqual([]);
	expect(asked.filter((one) => one.startsWith("POST"))).toHaveLength(SLOTS);
});

test("another failure opens nothing, and machines of others take no place", async () => {
	sim.faults.add({ type: "internal", body: "json" }, { op: "new_root", times: 1 });
	expect((await refused(creations.make(ROOT, {}))).code).not.toBe("vers_capacity");
	expect([breaker.sentence(), told]).toEqual([undefined, []]);
	expect((await client.list()).length).toBeGreaterThan(sim.vms.all.filter(ours).length);
	for (let i = 0; i < SLOTS; i++) await creations.make(ROOT, {});
	await refused(creations.make(ROOT, {}));
	expect(told[0]?.input.running).toBe(SLOTS);
});

test("whose a key is stands in it; one of another form says nothing", () => {
	expect(ownerOf(account())).toMatch(/^[0-9a-f-]{36}$/);
	expect(ownerOf({ key: "sk-1234567890", url: "" })).toBeUndefined();
});
