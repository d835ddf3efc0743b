/** The fleet backs off as one: the table by itself, and against real pis whose model answers 429. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { livenessSettings } from "../../../src/host/liveness/settings.ts";
import { CALM, isThrottle, pauseOf, type Storm, type StormEvent, weather } from "../../../src/host/liveness/storm.ts";
import { type Sender, Storms } from "../../../src/host/liveness/storms.ts";
import type { Standing } from "../../../src/host/store/roster.ts";
import { Store } from "../../../src/host/store/store.ts";
import { KeptStorms } from "../../../src/host/store/storms.ts";
import { realWorld } from "../../../src/world/real.ts";
import { makeFolder } from "../../support/folder.ts";
import { makeHome } from "../../support/home.ts";
import { TestHost } from "../../support/host.ts";
import { makeModel } from "../../support/model.ts";
import { describeEachPi } from "../../support/pi.ts";
import { until } from "../../support/until.ts";

const settings = { holdSeconds: 10, holdMaxSeconds: 60 };
const refused = (who: string, at: number, final = false): StormEvent => ({
	...{ type: "refused", who, at, final, chance: 0.5 },
});
const due = (at: number, ...waiting: string[]): StormEvent => ({ type: "due", at, waiting, chance: 0.5 });

function play(...events: readonly StormEvent[]) {
	let storm: Storm = CALM;
	return events.map((event) => {
		const step = weather(storm, event, settings);
		storm = step.storm;
		return step.effects.map((effect) => (effect.type === "release" ? `release ${effect.who}` : effect.type));
	});
}

describe("a storm", () => {
	test("is two that are refused within a minute, or one whose pi has given up; one alone is none", () => {
		expect(play(refused("ada", 0), refused("ada", 5_000))).toEqual([[], []]);
		expect(play(refused("ada", 0), refused("bo", 61_000))).toEqual([[], []]);
		expect(play(refused("ada", 0), refused("bo", 59_000))[1]).toEqual(["hold", "wait"]);
		expect(play(refused("ada", 0, true))[0]).toEqual(["hold", "wait"]);
	});

	test("holds all, then lets one after another go, and is over when nobody waits", () => {
		const course = play(
			refused("ada", 0),
			refused("bo", 1_000),
			refused("cy", 2_000), // of the same gust
			due(5_000, "ada", "bo"), // too early
			due(11_000, "ada", "bo"),
			due(14_000, "bo"),
			due(17_000),
			due(20_000),
		);
		expect(course.slice(2)).toEqual([
			[],
			["wait"],
			["release ada", "wait"],
			["release bo", "wait"],
			["wait"],
			["calm"],
		]);
	});

	test("that meets the first one let go holds all again, for longer", () => {
		let storm: Storm = weather(CALM, refused("ada", 0, true), settings).storm;
		const held: number[] = [];
		let at = 0;
		for (let step = 1; step <= 5; step++) {
			held.push((storm.hold?.until ?? 0) - at);
			at = storm.hold?.until ?? 0;
			storm = weather(storm, due(at, "ada"), settings).storm;
			expect([...(storm.hold?.out ?? [])]).toEqual(["ada"]);
			storm = weather(storm, refused("ada", at), settings).storm;
		}
		expect(held).toEqual([10_000, 20_000, 40_000, 60_000, 60_000]);
	});

	test("whatever comes: nobody is let go while it holds, nobody twice, and it ends once nobody is refused", () => {
		const name = fc.constantFrom("a", "b", "c", "d");
		const step = fc.record({ wait: fc.integer({ min: 0, max: 40_000 }), who: name, final: fc.boolean() });
		fc.assert(
			fc.property(
				fc.array(step, { maxLength: 40 }),
				fc.array(name),
				fc.double({ min: 0, max: 0.999, noNaN: true }),
				(steps, waits, chance) => {
					let storm: Storm = CALM;
					let at = 0;
					for (const { wait, who, final } of steps) {
						at += wait;
						const event: StormEvent =
							wait % 2 === 0 ? { type: "due", at, waiting: waits, chance } : { ...refused(who, at, final), chance };
						const before = storm.hold;
						const { effects, storm: next } = weather(storm, event, settings);
						for (const effect of effects) {
							if (effect.type !== "release") continue;
							expect(at).toBeGreaterThanOrEqual(before?.until ?? Number.POSITIVE_INFINITY);
							expect(before?.out.has(effect.who)).toBe(false);
						}
						// As long as it holds there is a wait under way, or it would hold for ever.
						if (next.hold !== undefined && event.type === "due")
							expect(effects.some(({ type }) => type === "wait")).toBe(true);
						storm = next;
					}
					for (let left = 0; storm.hold !== undefined; left++) {
						expect(left).toBeLessThan(10);
						at = Math.max(at + 4_000, storm.hold.until);
						storm = weather(storm, { type: "due", at, waiting: waits, chance }, settings).storm;
					}
				},
			),
		);
	});

	test("lasts a quarter more or less than what the settings say", () => {
		expect([pauseOf(1, 0, settings), pauseOf(1, 0.999, settings)].map(Math.round)).toEqual([7_500, 12_495]);
	});

	test("is told by what providers say", () => {
		for (const text of ["429 Too many requests", "Rate limit reached", "Overloaded", '529 {"type":"error"}'])
			expect(isThrottle(text), text).toBe(true);
		for (const text of ["500 server error", "terminated", "line 4290"]) expect(isThrottle(text), text).toBe(false);
	});
});

describe("a host that is started anew in a storm", () => {
	/** Hosts on one store, one after another, on a machine whose clocks are moved by hand. */
	function machine() {
		const file = join(makeFolder(), "host.db");
		const store = new Store(realWorld().files.database(file), file);
		const [told, held] = [[] as string[], new Map<string, boolean>()];
		let [now, alarms] = [1_000_000, [] as { at: number; run(): void }[]];
		const senderOf = (id: string): Sender => ({
			standing: { spec: { id, model: "acme/one" }, owner: "captain" } as unknown as Standing,
			waiting: true,
			hold: (until) => void held.set(id, until !== undefined),
			tell: (text) => void told.push(text),
		});
		const senders = ["ada", "bo"].map(senderOf);
		return {
			...{ told, held, senders },
			start(): Storms {
				const clock = {
					...realWorld().clock,
					now: () => now,
					elapsed: () => now,
					after(ms: number, run: () => void) {
						const alarm = { at: now + ms, run };
						alarms.push(alarm);
						return { cancel: () => void alarms.splice(alarms.indexOf(alarm), 1) };
					},
				};
				alarms = [];
				held.clear();
				const world = { ...realWorld(), clock };
				const settings = livenessSettings({ liveness: { holdSeconds: 60 } }).settings;
				const storms = new Storms({ world, settings, kept: new KeptStorms(store), fleet: () => senders });
				for (const sender of senders) storms.join(sender);
				return storms;
			},
			/** To the next alarm; ms that it took. */
			next(): number {
				const [alarm] = alarms.sort((a, b) => a.at - b.at);
				if (alarm === undefined) throw new Error("nothing is waited for");
				const waited = alarm.at - now;
				alarms = alarms.filter((one) => one !== alarm);
				now = alarm.at;
				alarm.run();
				return waited;
			},
			pass(ms: number) {
				now += ms;
			},
		};
	}
	const all = (held: ReadonlyMap<string, boolean>) => [held.get("ada") === true, held.get("bo") === true];

	test("goes on holding back, tells it no second time, and lets one after another go", () => {
		const { start, senders, told, held, pass, next } = machine();
		const [ada] = senders;
		if (ada === undefined) throw new Error("no ada");
		start().refused(ada, true);
		expect([all(held), told.length]).toEqual([[true, true], 1]);
		pass(20_000);
		const storms = start();
		expect([all(held), told.length]).toEqual([[true, true], 1]);
		expect(next()).toBeGreaterThan(20_000);
		expect(all(held)).toEqual([false, true]);
		// The first one let go is refused: twice as long, and not told again.
		storms.refused(ada, true);
		expect(next()).toBeGreaterThan(90_000 - 1);
		expect(told).toHaveLength(1);
		for (let left = 0; held.get("bo") !== false || held.get("ada") !== false; left++) {
			expect(left).toBeLessThan(9);
			next();
		}
		next();
		next();
		start();
		expect(all(held)).toEqual([false, false]);
	});

	test("whose time is over by then still lets them go one by one, and never waits for a clock that was set", () => {
		const { start, senders, held, pass, next } = machine();
		const [ada] = senders;
		if (ada === undefined) throw new Error("no ada");
		start().refused(ada, true);
		pass(3_600_000);
		start();
		expect(next()).toBe(10_000);
		expect(all(held)).toEqual([false, true]);
		pass(-86_400_000);
		start();
		expect(next()).toBeLessThan(120_000);
	});
});

const hosts: TestHost[] = [];
afterEach(() => {
	for (const host of hosts.splice(0)) host.end();
});

await describeEachPi("a provider that answers 429", (pi) => {
	test("is left alone by the whole fleet, told once, and asked again one after another; nothing is lost", async () => {
		const model = await makeModel({ script: { default: { error: { status: 429, message: "Too many requests" } } } });
		const home = makeHome({ model });
		mkdirSync(home.flagship, { mode: 0o700 });
		writeFileSync(join(home.flagship, "settings.json"), JSON.stringify({ liveness: { holdSeconds: 6 } }));
		const host = new TestHost(home, pi);
		hosts.push(host);
		await host.start();
		const names = ["ada", "bo", "cy"];
		for (const name of names) await host.create({ name });
		await Promise.all(names.map((name) => host.send(name, `words-for-${name}`)));
		const { cause, text } = await until(() => host.notices[0], `a notice; host said: ${host.complaints}`, 30_000);
		expect(cause?.type).toBe("throttled");
		expect(text).toContain("asks for less (too many requests)");
		await until(
			async () => {
				const rows = await Promise.all(names.map((name) => host.status(name)));
				return rows.every((row) => row?.cause?.type === "throttled" && row.state === "idle");
			},
			"all three held back",
			30_000,
		);
		model.setScript({ default: { text: "fine" } });
		const done = () => host.notices.filter(({ type }) => type === "completion").length === names.length;
		await until(done, `all completions; host said: ${host.complaints}`, 50_000);
		for (const name of names) {
			const ends = (await host.quiet(name)).map(({ receipt }) => receipt);
			expect(new Set(ends)).toEqual(new Set(["consumed"]));
			expect((await host.state(name, "idle")).cause).toBeUndefined();
			const asked = model.requests.filter(({ body }) => JSON.stringify(body).includes(`words-for-${name}`));
			expect(Math.max(...asked.map(({ body }) => JSON.stringify(body).split(`words-for-${name}`).length - 1))).toBe(1);
		}
		expect(host.notices.map(({ type }) => type).filter((type) => type !== "completion")).toEqual(["machine"]);
	});
});
