/** The breaker as it is kept, against the simulated platform: few knocks, and one incident in a real hub. */
import { beforeEach, describe, expect, test } from "vitest";
import { Spool } from "../../src/host/store/spool.ts";
import { masker } from "../../src/mask.ts";
import { PAUSE_MAX_MS, PAUSE_MS } from "../../src/vers/breaker.ts";
import { KeptBreaker } from "../../src/vers/kept-breaker.ts";
import { TestStore } from "../host/database.ts";
import { type Body, testHub } from "../hub/support.ts";
import { NETLINK } from "../support/vers-sim/fixture.ts";
import { startSim, Visitor } from "../support/vers-sim/visitor.ts";

const BEGUN = Date.parse("2026-01-01T00:00:00Z");
const SECOND = 1_000;
let now: number;
let database: TestStore;
let breaker: KeptBreaker;

/** As a host has it; begun again after a crash it knows what was stored. */
function begin(): KeptBreaker {
	const { store } = database;
	const spool = new Spool(store);
	return new KeptBreaker({
		clock: { now: () => now },
		random: { fraction: () => 0.5 },
		load: () => store.meta("breaker"),
		save: (text) => store.setMeta("breaker", text),
		transaction: (work) => store.transaction(work),
		mask: masker([{ name: "VERS_API_KEY", value: "tell-nobody" }]),
		keep: (operation, input, key) => void spool.add({ author: "host", operation, key, input, at: now }),
	});
}

/** What waits for the hub, in order. */
function kept(): readonly { readonly operation: string; readonly key: string; readonly input: Body }[] {
	const spool = new Spool(database.store);
	const all = [];
	for (let entry = spool.next(now); entry !== undefined; entry = spool.next(now)) {
		all.push({ operation: entry.operation, key: entry.key, input: entry.input as Body });
		spool.sent(entry.seq);
	}
	return all;
}

const refusal = { call: "POST /vm/from_commit, 500", raw: `{"error":"${NETLINK}"} for tell-nobody` };

beforeEach(() => {
	now = BEGUN;
	database = new TestStore();
	breaker = begin();
});

describe("a refusal", () => {
	test("is told as an incident with what was learned, without what this machine knows to be secret", () => {
		breaker.ask("a", 6);
		breaker.refused("a", 6, refusal);
		expect(kept()).toEqual([
			{
				...{ operation: "incidents.record", key: "a refused a" },
				input: {
					...{ cause: "capacity", type: "refused", episode: "a", at: "2026-01-01T00:00:00.000Z", running: 6 },
					...{ what: "a machine was not made: refused at 6 running", call: refusal.call },
					raw: `{"error":"${NETLINK}"} for [masked: VERS_API_KEY]`,
				},
			},
		]);
		expect(breaker.sentence()).toBe(
			"The platform makes no machines since 2026-01-01T00:00:00.000Z (refused at 6 running).",
		);
	});

	test("keeps the next from being asked for, with a sentence of ours and until when", () => {
		breaker.ask("a", 6);
		breaker.refused("a", 6, refusal);
		expect(breaker.ask("b", 6)).toEqual({
			...{ type: "deny", until: BEGUN + PAUSE_MS },
			why: "The platform has no room for one more machine (refused at 6 running); it is asked again from 2026-01-01T00:01:00.000Z on.",
		});
		now += PAUSE_MS;
		expect(breaker.ask("b", 6)).toEqual({ type: "allow" });
		expect(breaker.ask("c", 6)).toMatchObject({ type: "deny", why: expect.stringContaining("one is being tried now") });
	});

	test("that comes twice, or of what was never allowed, is told once or not at all", () => {
		breaker.ask("a", 6);
		breaker.refused("a", 6, refusal);
		breaker.refused("a", 6, refusal);
		breaker.refused("z", 6, refusal);
		expect(kept()).toHaveLength(1);
	});

	test("without a word is told without any", () => {
		breaker.ask("a", 6);
		breaker.refused("a", 6, { call: "POST /vm/new_root, 500", raw: " \n" });
		expect(kept()[0]?.input).not.toHaveProperty("raw");
	});
});

describe("during an outage", () => {
	test("who was made here, and which deletion failed, belong to it; without one only the deletion is noted", () => {
		breaker.fellBack("ada");
		breaker.left("vm-1", "t1", { cause: "transient", raw: "HTTP 500" });
		expect(kept().map(({ key }) => key)).toEqual(["undeleted vm-1 t1"]);
		breaker.ask("a", 6);
		breaker.refused("a", 6, refusal);
		breaker.fellBack("ada");
		breaker.left("vm-1", "t2", { cause: "transient", raw: "HTTP 500" });
		expect(kept().map(({ operation, key }) => `${operation} ${key}`)).toEqual([
			"incidents.record a refused a",
			"incidents.record a fell_back ada",
			"undeleted.record undeleted vm-1 t2",
			"incidents.record a leaked vm-1 t2",
		]);
	});

	test("a host that is killed goes on with it: the pause, the episode, and the all-clear under its name", () => {
		breaker.ask("a", 6);
		breaker.refused("a", 6, refusal);
		database.crash();
		breaker = begin();
		expect(breaker.ask("b", 6)).toMatchObject({ type: "deny", until: BEGUN + PAUSE_MS });
		now += PAUSE_MS;
		breaker.ask("p", 6);
		database.crash();
		breaker = begin();
		breaker.made("p", 6);
		expect(kept().at(-1)).toMatchObject({
			...{ operation: "incidents.close", key: "a over", input: { id: "a", what: "a machine was made again" } },
		});
		expect(breaker.sentence()).toBeUndefined();
	});

	test("what cannot be stored is not so: the next step begins where the disk stands", () => {
		breaker.ask("a", 6);
		const { store } = database;
		const whole = store.setMeta.bind(store);
		store.setMeta = () => {
			throw new Error("disk full");
		};
		expect(() => breaker.refused("a", 6, refusal)).toThrow("disk full");
		store.setMeta = whole;
		expect(kept()).toEqual([]);
		expect(breaker.ask("b", 6)).toEqual({ type: "allow" });
		breaker.refused("a", 6, refusal);
		expect(kept().map(({ key }) => key)).toEqual(["a refused a"]);
	});
});

test("on the simulated platform: leaks are learned, few knock, and all of it is one incident in the hub", async () => {
	const sim = await startSim({ slots: 4 });
	const visitor = new Visitor(sim);
	const { done, mint } = await testHub();
	const host = { token: await mint("host", `01${"H".repeat(24)}`) };
	const tell = async (): Promise<void> => {
		for (const { operation, input, key } of kept()) {
			const path = { "incidents.record": "/incidents", "undeleted.record": "/undeleted" }[operation];
			const { id, ...rest } = input;
			const asked = path === undefined ? `/incidents/${id}/close` : path;
			await done("POST", asked, path === undefined ? rest : input, { ...host, headers: { "idempotency-key": key } });
		}
	};
	let knocks = 0;
	const vms: string[] = [];
	const one = async (id: string): Promise<"made" | "refused" | "denied"> => {
		if (breaker.ask(id, vms.length).type === "deny") return "denied";
		knocks++;
		const reply = await visitor.call("POST", "/vm/new_root", { vm_config: {} });
		if (reply.status === 201) {
			breaker.made(id, vms.length);
			vms.push(String(reply.field("vm_id")));
			return "made";
		}
		breaker.refused(id, vms.length, { call: `POST /vm/new_root, ${reply.status}`, raw: reply.text });
		return "refused";
	};
	for (let i = 0; i < 4; i++) expect(await one(`m${i}`)).toBe("made");

	// Two deletions fail: the machines leave the list, and keep their slots.
	for (const vm of vms.splice(0, 2)) {
		sim.faults.add({ type: "delete_fails", leaves: "gone" }, { vm });
		const { text } = await visitor.call("DELETE", `/vm/${vm}`);
		breaker.left(vm, "t1", { cause: "transient", raw: text });
	}
	expect(await one("x")).toBe("refused");
	expect(breaker.sentence()).toContain("refused at 2 running, 2 slots likely leaked");
	breaker.fellBack("ada");

	// An hour of a fleet that wants one more every ten seconds.
	knocks = 0;
	for (let i = 0; i < 360; i++) {
		now += 10 * SECOND;
		expect(["denied", "refused"]).toContain(await one(`w${i}`));
	}
	expect(knocks).toBeGreaterThan(2);
	expect(knocks).toBeLessThanOrEqual(6);

	await sim.vms.reclaim();
	now += PAUSE_MAX_MS;
	expect(await one("p")).toBe("made");
	await tell();
	const { incidents } = await done("GET", "/incidents");
	expect(incidents).toMatchObject([
		{ cause: "capacity", refusals: knocks, lowest: 2, fellBack: 1, to: expect.any(String) },
	]);
	expect((await done("GET", "/undeleted")).count).toBe(2);
	const { markdown } = await done("POST", `/incidents/${incidents[0].id}/report`, {}, host);
	expect(markdown).toContain(NETLINK);
	expect(markdown).toContain("refused at 2 running, 2 slots likely leaked");
	expect(markdown).toContain("Not confirmed as deleted now: 2");
});
