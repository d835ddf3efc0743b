import { beforeEach, describe, expect, test } from "vitest";
import { LEASE_MS, Names, type OrchestratorCaller } from "../../src/host/names.ts";
import { realWorld } from "../../src/world/real.ts";
import type { World } from "../../src/world.ts";
import { TestStore } from "./database.ts";

let at = 0;
const living = new Set<number>();
const real = realWorld();
const world: World = {
	...real,
	clock: { ...real.clock, elapsed: () => at },
	spawn: { ...real.spawn, alive: ({ pid }) => living.has(pid) },
};

let database: TestStore;
let names: Names;
beforeEach(() => {
	at = 1_000;
	living.clear();
	database = new TestStore();
	names = new Names(world, database.store);
});

const session = (id: string, pid: number): OrchestratorCaller => {
	living.add(pid);
	return { type: "orchestrator", name: "ann", session: id, pid, started: `s${pid}` };
};
const one = () => session("one", 1);
const two = () => session("two", 2);

describe("a session that asks for a name", () => {
	test("gets it when it is free, with the next generation", () => {
		expect(names.claim(one())).toEqual({ name: "ann", generation: 1, own: true });
	});

	test("becomes an observer while another holds it, and a third one the next", () => {
		names.claim(one());
		expect(names.claim(two())).toEqual({ name: "ann#2", generation: 1, own: false });
		expect(names.claim(session("three", 3))).toEqual({ name: "ann#3", generation: 1, own: false });
	});

	test("that holds it already keeps its generation: it only connects again", () => {
		names.claim(one());
		names.disconnected("ann", "one");
		expect(names.claim(one())).toEqual({ name: "ann", generation: 1, own: true });
	});
});

describe("a name is free again", () => {
	beforeEach(() => {
		names.claim(one());
	});

	test("when it was released", () => {
		names.release("ann", "one");
		expect(names.claim(two())).toEqual({ name: "ann", generation: 2, own: true });
	});

	test("at once when the socket is closed and the process gone", () => {
		names.disconnected("ann", "one");
		living.delete(1);
		expect(names.claim(two())).toMatchObject({ generation: 2, own: true });
	});

	test("not when only the socket is closed, nor when only the process is gone", () => {
		names.disconnected("ann", "one");
		expect(names.claim(two()).own).toBe(false);
		names.claim(one());
		living.delete(1);
		expect(names.claim(session("three", 3)).own).toBe(false);
	});

	test("after 30 s without a frame, and not before", () => {
		at += LEASE_MS;
		expect(names.held("ann")).toBe(true);
		at += 1;
		expect(names.held("ann")).toBe(false);
		expect(names.claim(two())).toMatchObject({ generation: 2, own: true });
	});

	test("not while its holder is heard", () => {
		at += LEASE_MS;
		names.heard("ann", "one");
		at += LEASE_MS;
		expect(names.claim(two()).own).toBe(false);
	});

	test("not because of a frame, a close or a release of a session that does not hold it", () => {
		living.delete(1);
		names.disconnected("ann", "two");
		names.release("ann", "two");
		expect(names.held("ann")).toBe(true);
		at += LEASE_MS + 1;
		names.heard("ann", "two");
		expect(names.held("ann")).toBe(false);
	});
});

describe("after a restart of the host", () => {
	const restart = () => {
		names = new Names(world, database.crash());
	};

	test("its holder has 30 s before anyone else", () => {
		names.claim(one());
		restart();
		expect(names.claim(two()).own).toBe(false);
		expect(names.claim(one())).toEqual({ name: "ann", generation: 1, own: true });
	});

	test("a holder that does not come back loses it then", () => {
		names.claim(one());
		restart();
		at += LEASE_MS + 1;
		expect(names.claim(two())).toMatchObject({ generation: 2, own: true });
	});

	test("a holder whose process is gone loses it at once", () => {
		names.claim(one());
		living.delete(1);
		restart();
		expect(names.claim(two())).toMatchObject({ generation: 2, own: true });
	});

	test("a released name stays released, and its generations go on", () => {
		names.claim(one());
		names.release("ann", "one");
		restart();
		expect(names.claim(two())).toEqual({ name: "ann", generation: 2, own: true });
	});
});

test("a command with an older generation is refused with lease_lost, one with the newest is not", () => {
	const old = names.claim(one());
	names.release("ann", "one");
	const now = names.claim(two());
	expect(() => names.check(old)).toThrow(expect.objectContaining({ code: "lease_lost" }));
	expect(() => names.check(now)).not.toThrow();
	expect(() => names.check({ name: "nobody", generation: 1 })).toThrow(expect.objectContaining({ code: "lease_lost" }));
});

test("after a sleep of this process a holder that is there keeps its name, though nothing of it was heard", () => {
	names.claim(one());
	at += LEASE_MS + 1;
	names.woke();
	expect(names.claim(two())).toMatchObject({ name: "ann#2", own: false });
	at += LEASE_MS + 1;
	expect(names.claim(session("three", 3))).toMatchObject({ name: "ann", generation: 2, own: true });
});
