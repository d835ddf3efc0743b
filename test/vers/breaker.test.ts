/** The breaker on creation: each cell of its table by itself, then against platforms with slots, leaks and outages. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
	ATTEMPT_MS,
	type Breaker,
	type BreakerEffect,
	type BreakerEvent,
	breaker,
	CLOSED,
	PAUSE_MAX_MS,
	PAUSE_MS,
	pauseOf,
	RELAPSE_MS,
} from "../../src/vers/breaker.ts";
import { BELIEVED_MS, ceilingText } from "../../src/vers/ceiling.ts";

const NOW = 1_000_000;
const asked = (id: string, running: number, at = NOW): BreakerEvent => ({ type: "asked", id, running, at });
const made = (id: string, running: number, at = NOW): BreakerEvent => ({ type: "made", id, running, at });
const refused = (id: string, running: number, at = NOW): BreakerEvent => ({
	...{ type: "refused", id, running, at, chance: 0.5 },
});
const failed = (id: string, at = NOW): BreakerEvent => ({ type: "failed", id, at, chance: 0.5 });
const freed = (at = NOW): BreakerEvent => ({ type: "freed", at });

function play(from: Breaker, ...events: readonly BreakerEvent[]) {
	let state = from;
	let effects: readonly BreakerEffect[] = [];
	for (const event of events) ({ breaker: state, effects } = breaker(state, event));
	return { state, effects, told: effects.map(({ type }) => type) };
}

/** Six ran, eight did once; `late` was asked for at the same time as `a`, whose refusal opened it. */
const eight = play(CLOSED, asked("x", 7), made("x", 7)).state;
const open = play(eight, asked("a", 6), asked("late", 6), refused("a", 6)).state;
const DUE = NOW + PAUSE_MS;
const probing = play(open, asked("p", 6, DUE)).state;
/** The probe was let in with fewer running: what was learned still holds. */
const wiser = play(probing, failed("late", DUE), made("p", 4, DUE + 1)).state;
const ceilingOf = ({ learned }: Breaker) => learned.ceiling;

describe("closed", () => {
	test("asked: is allowed; the same again is the same; at the ceiling it is denied, those under way counted", () => {
		expect(play(CLOSED, asked("a", 99)).effects).toEqual([{ type: "allow", id: "a", probe: false }]);
		const twice = play(CLOSED, asked("a", 1), asked("a", 1));
		expect([twice.told, twice.state.underway]).toEqual([["allow"], [{ id: "a", at: NOW }]]);
		expect(play(wiser, asked("b", 5, DUE + 2)).told).toEqual(["allow"]);
		const until = NOW + BELIEVED_MS;
		expect(play(wiser, asked("b", 6, DUE + 2)).effects).toEqual([{ type: "deny", id: "b", why: "ceiling", until }]);
		expect(play(wiser, asked("b", 5, DUE + 2), asked("c", 5, DUE + 2)).effects).toMatchObject([{ why: "ceiling" }]);
	});

	test("asked at a ceiling that is no longer believed: one is allowed, the others wait for what becomes of it", () => {
		const later = NOW + BELIEVED_MS;
		const one = play(wiser, asked("b", 6, later));
		expect(one.told).toEqual(["allow"]);
		expect(play(one.state, asked("c", 6, later + 1)).told).toEqual(["deny"]);
		expect(ceilingOf(play(one.state, made("b", 6, later + 1)).state)).toBeUndefined();
		expect(play(one.state, failed("b", later + 1), asked("c", 6, later + ATTEMPT_MS)).told).toEqual(["allow"]);
	});

	test("made: what runs is remembered, and a ceiling that it passes is lifted, no other", () => {
		expect(play(CLOSED, asked("a", 2), made("a", 2)).state).toMatchObject({ learned: { most: 3 }, underway: [] });
		const below = play(wiser, asked("b", 4, DUE + 2), made("b", 4, DUE + 3)).state;
		expect(ceilingOf(below)).toMatchObject({ at: 6 });
		const passed = play(wiser, asked("b", 4, DUE + 2), made("b", 6, DUE + 3)).state;
		expect(ceilingOf(passed)).toBeUndefined();
	});

	test("refused: opens, names the outage by the attempt, and learns how many run and how many leaked", () => {
		const { state, effects } = play(eight, asked("a", 6), refused("a", 6));
		expect(state).toMatchObject({ type: "open", episode: "a", since: NOW, refusals: 1, step: 1, until: DUE });
		expect(effects).toEqual([
			{ type: "opened", episode: "a", ceiling: { at: 6, leaked: 2, until: NOW + BELIEVED_MS } },
			{ type: "wait", until: DUE },
		]);
		const ceiling = ceilingOf(state);
		expect(ceiling && ceilingText(ceiling)).toBe("refused at 6 running, 2 slots likely leaked");
	});

	test("refused soon after an all-clear: the pause goes on growing; later it begins anew", () => {
		const again = (at: number) => play(wiser, asked("b", 5, at), refused("b", 5, at)).state;
		expect(again(DUE + 2)).toMatchObject({ step: 2, until: DUE + 2 + 2 * PAUSE_MS });
		expect(again(DUE + 1 + RELAPSE_MS)).toMatchObject({ step: 1 });
	});

	test("failed and freed: teach nothing", () => {
		const before = play(CLOSED, asked("a", 2)).state;
		expect(play(before, failed("a")).state).toEqual(CLOSED);
		expect(play(wiser, freed(DUE + 2))).toMatchObject({ state: wiser, effects: [] });
	});
});

describe("open", () => {
	test("asked: is denied until the pause is over, then allowed as the probe", () => {
		expect(play(open, asked("b", 0, DUE - 1)).effects).toEqual([{ type: "deny", id: "b", why: "open", until: DUE }]);
		expect(play(open, asked("b", 0, DUE))).toMatchObject({
			...{ state: { type: "probing", episode: "a", probe: { id: "b", at: DUE } } },
			effects: [{ type: "allow", id: "b", probe: true }],
		});
	});

	test("asked with a clock that was set back: waits no longer than the longest pause", () => {
		expect(play(open, asked("b", 0, NOW - 2 * PAUSE_MAX_MS)).told).toEqual(["allow"]);
	});

	test("made, asked for before: raises the ceiling to what runs, and stays open", () => {
		const { state, effects } = play(open, made("late", 6));
		expect([state.type, ceilingOf(state), effects]).toEqual([
			"open",
			{ at: 7, leaked: 1, until: NOW + BELIEVED_MS },
			[],
		]);
	});

	test("refused, asked for before: lowers the ceiling, is counted, and the pause stays", () => {
		const { state, effects } = play(open, refused("late", 5, NOW + 1));
		expect(state).toMatchObject({ type: "open", refusals: 2, step: 1, until: DUE });
		expect([ceilingOf(state), effects]).toMatchObject([{ at: 5, leaked: 3 }, []]);
		expect(ceilingOf(play(open, refused("late", 7)).state)).toMatchObject({ at: 6 });
	});

	test("failed, asked for before: is waited for no more", () => {
		expect(play(open, failed("late"))).toMatchObject({
			state: { type: "open", until: DUE, underway: [] },
			effects: [],
		});
	});

	test("freed: the pause is over", () => {
		const { state, effects } = play(open, freed(NOW + 1));
		expect(effects).toEqual([{ type: "wait", until: NOW + 1 }]);
		expect(play(state, asked("b", 6, NOW + 1)).effects).toEqual([{ type: "allow", id: "b", probe: true }]);
	});
});

describe("probing", () => {
	test("asked: its own again is allowed, another denied, until the probe has taken too long", () => {
		expect(play(probing, asked("p", 6, DUE + 1)).effects).toEqual([{ type: "allow", id: "p", probe: true }]);
		const until = DUE + ATTEMPT_MS;
		expect(play(probing, asked("b", 6, until - 1)).effects).toEqual([{ type: "deny", id: "b", why: "probing", until }]);
		const taken = play(probing, asked("b", 6, until));
		expect(taken).toMatchObject({ state: { probe: { id: "b" } }, effects: [{ type: "allow", probe: true }] });
		expect(play(taken.state, made("p", 6, until + 1))).toMatchObject({ state: taken.state, effects: [] });
	});

	test("made, the probe: closed, and all is clear; what was learned holds unless it was passed", () => {
		const { state, effects } = play(probing, made("p", 6, DUE + 1));
		expect(effects).toEqual([{ type: "all_clear", episode: "a", since: NOW, refusals: 1 }]);
		expect([state.type, ceilingOf(state)]).toEqual(["closed", undefined]);
		expect([wiser.type, ceilingOf(wiser)]).toMatchObject(["closed", { at: 6, leaked: 2 }]);
	});

	test("refused, the probe: open again, the pause twice as long, up to the longest; the episode stays", () => {
		let state: Breaker = open;
		const pauses: number[] = [];
		for (let i = 0; i < 8 && state.type === "open"; i++) {
			const at: number = state.until;
			state = play(state, asked(`p${i}`, 6, at), refused(`p${i}`, 6, at)).state;
			if (state.type === "open") pauses.push((state.until - at) / PAUSE_MS);
		}
		expect(pauses).toEqual([2, 4, 8, 16, 30, 30, 30, 30]);
		expect(state).toMatchObject({ episode: "a", since: NOW, refusals: 9 });
	});

	test("failed, the probe: open again for the same pause, for it says nothing of capacity", () => {
		const { state, effects } = play(probing, failed("p", DUE + 1));
		expect(state).toMatchObject({ type: "open", step: 1, refusals: 1, until: DUE + 1 + PAUSE_MS });
		expect(effects).toEqual([{ type: "wait", until: DUE + 1 + PAUSE_MS }]);
	});

	test("made and refused, another that was asked for before: as in open", () => {
		expect(play(probing, made("late", 6, DUE + 1))).toMatchObject({
			...{ state: { type: "probing", learned: { ceiling: { at: 7 } } }, effects: [] },
		});
		expect(play(probing, refused("late", 5, DUE + 1))).toMatchObject({
			...{ state: { type: "probing", refusals: 2, step: 1, learned: { ceiling: { at: 5 } } }, effects: [] },
		});
	});

	test("freed: changes nothing, for a probe is under way", () => {
		expect(play(probing, freed(DUE + 1))).toMatchObject({ state: probing, effects: [] });
	});
});

test.each([
	["closed", CLOSED],
	["open", open],
	["probing", probing],
])(
	"%s: an answer to what was not allowed, that comes twice, or after it was given up, changes nothing",
	(_name, state) => {
		for (const event of [made("z", 6, DUE), refused("z", 6, DUE), failed("z", DUE)])
			expect(play(state, event)).toEqual({ state, effects: [], told: [] });
		const lost = DUE + ATTEMPT_MS;
		const late = play(play(state, asked("y", 0, DUE)).state, refused("y", 0, lost), made("p", 0, lost));
		expect([late.state.type, late.effects]).toEqual([state.type === "open" ? "probing" : state.type, []]);
	},
);

/** A platform with slots, some of which leak; somebody may want one more machine every ten seconds. */
interface Day {
	/** How many it lets run, by time: an outage is a stretch with few. */
	readonly course: readonly { readonly ticks: number; readonly slots: number }[];
	/** How many are wanted at once, each time. */
	readonly wants: readonly number[];
	/** Of what becomes of attempts and machines. */
	readonly seed: number;
	/** Ticks after which an answer comes. */
	readonly delay: number;
	/** Each state is stored and read again. */
	readonly stored: boolean;
}

const TICK_MS = 10_000;
/** Long enough for the longest pause to be over once all is well. */
const WELL_TICKS = Math.ceil((1.5 * PAUSE_MAX_MS) / TICK_MS);

const days: fc.Arbitrary<Day> = fc.record({
	course: fc.array(fc.record({ ticks: fc.integer({ min: 6, max: 400 }), slots: fc.integer({ min: 0, max: 8 }) }), {
		minLength: 1,
		maxLength: 4,
	}),
	wants: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 20 }),
	seed: fc.integer(),
	delay: fc.integer({ min: 0, max: 5 }),
	stored: fc.boolean(),
});

/** 0 ≤ x < 1, the same for each seed. */
function luckOf(seed: number): () => number {
	let state = seed | 0;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

interface Seen {
	readonly event: BreakerEvent;
	readonly before: Breaker;
	readonly effects: readonly BreakerEffect[];
}

function live({ course, wants, seed, delay, stored }: Day) {
	const luck = luckOf(seed);
	const seen: Seen[] = [];
	const underway: { readonly due: number; readonly id: string; readonly type: "made" | "refused" | "failed" }[] = [];
	let state: Breaker = CLOSED;
	let [tick, running, held, beyond] = [0, 0, 0, 0];
	const send = (event: BreakerEvent): readonly BreakerEffect[] => {
		const before: Breaker = state;
		const step = breaker(before, event);
		state = stored ? (JSON.parse(JSON.stringify(step.breaker)) as Breaker) : step.breaker;
		seen.push({ event, before, effects: step.effects });
		return step.effects;
	};
	for (const { ticks, slots } of [...course, { ticks: WELL_TICKS, slots: Number.POSITIVE_INFINITY }]) {
		for (const end = tick + ticks; tick < end; tick++) {
			const at = tick * TICK_MS;
			for (const { id, type } of underway.filter(({ due }) => due === tick)) {
				send({ type, id, running, at, chance: luck() });
				if (type === "made") running++;
			}
			if (luck() < 0.05 && running > 0) {
				running--;
				// The other half leaks: gone from the list, and its slot is still held.
				if (luck() < 0.5) held--;
				send({ type: "freed", at });
			}
			for (let i = wants[tick % wants.length] ?? 0; i > 0; i--) {
				const id = `${tick}.${i}`;
				if (send({ type: "asked", id, running, at })[0]?.type !== "allow") continue;
				const room = held < slots;
				const type = slots < Number.POSITIVE_INFINITY && luck() < 0.05 ? "failed" : room ? "made" : "refused";
				if (type === "made") held++;
				if (type === "refused") beyond++;
				underway.push({ due: tick + 1 + delay, id, type });
			}
		}
	}
	return { seen, state, beyond };
}

describe("on any day of any platform", () => {
	const always = (holds: (day: Day) => void) => fc.assert(fc.property(days, holds), { numRuns: 60 });

	test("each question is answered once, by leave or by a refusal that says until when", () => {
		always((day) => {
			const questions = live(day).seen.filter(({ event }) => event.type === "asked");
			const odd = questions.filter(({ effects: [answer, ...more], event }) => {
				const isFuture = answer?.type === "deny" && answer.until > event.at;
				return more.length > 0 || (answer?.type !== "allow" && !isFuture);
			});
			expect(odd).toEqual([]);
		});
	});

	test("each outage is opened once, ends with one all-clear of its own name, and no two are open at once", () => {
		always((day) => {
			const course = live(day).seen.flatMap(({ effects }) => effects);
			let now: string | undefined;
			for (const effect of course) {
				if (effect.type === "opened") {
					expect(now).toBeUndefined();
					now = effect.episode;
				} else if (effect.type === "all_clear") {
					expect(effect.episode).toBe(now);
					now = undefined;
				}
			}
		});
	});

	test("while it is open one probe at a time is allowed, and not before the pause is over or a machine is gone", () => {
		always((day) => {
			const early = live(day).seen.filter(({ event, before, effects: [answer] }) => {
				if (answer?.type !== "allow") return false;
				if (answer.probe !== (before.type !== "closed")) return true;
				if (before.type === "open") return event.at < before.until;
				return before.type === "probing" && event.at < before.probe.at + ATTEMPT_MS;
			});
			expect(early).toEqual([]);
		});
	});

	test("once there is room again it closes, as long as somebody asks", () => {
		always((day) => {
			const wants = [...day.wants, 1];
			expect(live({ ...day, wants }).state.type).toBe("closed");
		});
	});

	test("of k slots of which n leak it learns that one is refused at k - n, and that n leaked; then it asks no more", () => {
		const leaks = fc.integer({ min: 1, max: 12 }).chain((k) => fc.tuple(fc.constant(k), fc.nat(k)));
		fc.assert(
			fc.property(leaks, ([k, n]) => {
				const filled = Array.from({ length: k }, (_, i) => [asked(`m${i}`, i), made(`m${i}`, i)]).flat();
				const left = k - n;
				const full = play(CLOSED, ...filled, asked("x", left), refused("x", left)).state;
				expect(ceilingOf(full)).toEqual({ at: left, leaked: n, until: NOW + BELIEVED_MS });
				// One is deleted, and the probe gets its place: now as many run as can.
				if (left === 0) return;
				const clear = play(full, freed(NOW + 1), asked("p", left - 1, NOW + 1), made("p", left - 1, NOW + 2));
				expect(clear.told).toEqual(["all_clear"]);
				expect(play(clear.state, asked("y", left, NOW + 3)).effects).toMatchObject([{ type: "deny", why: "ceiling" }]);
			}),
		);
	});

	test("an outage of a whole day is knocked at some fifty times, however many ask", () => {
		const day = 86_400_000;
		const out = { course: [{ ticks: day / TICK_MS, slots: 0 }], wants: [3], seed: 1, delay: 0, stored: false };
		const { beyond } = live(out);
		expect(beyond).toBeGreaterThan(10);
		// What was asked before the first answer, then growing pauses, then one every half hour or somewhat less.
		expect(beyond).toBeLessThanOrEqual(3 + 6 + day / (0.75 * PAUSE_MAX_MS));
	});
});

test("the pause grows from one minute to half an hour, a quarter more or less", () => {
	expect([pauseOf(1, 0), pauseOf(1, 1)]).toEqual([0.75 * PAUSE_MS, 1.25 * PAUSE_MS]);
	fc.assert(
		fc.property(fc.integer({ min: 1, max: 5_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (step, chance) => {
			expect(pauseOf(step, chance)).toBeLessThanOrEqual(1.25 * PAUSE_MAX_MS);
			expect(pauseOf(step + 1, chance)).toBeGreaterThanOrEqual(pauseOf(step, chance));
		}),
	);
});

test("what was learned reads as a sentence", () => {
	const ceiling = { at: 5, until: 0 };
	expect(ceilingText({ ...ceiling, leaked: 0 })).toBe("refused at 5 running");
	expect(ceilingText({ ...ceiling, leaked: 1 })).toBe("refused at 5 running, 1 slot likely leaked");
});
