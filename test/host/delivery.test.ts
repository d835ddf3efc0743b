import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deliver } from "../../src/host/delivery.ts";
import {
	type Delivery,
	type DeliveryEffect,
	type DeliveryEvent,
	NOTHING,
	type Open,
	type Seen,
	type TranscriptEnd,
} from "../../src/host/delivery-state.ts";

const seen = (
	present: readonly string[] = [],
	answered: readonly string[] = [],
	end: TranscriptEnd = "answered",
): Seen => ({
	present: new Set([...present, ...answered]),
	answered: new Set(answered),
	end,
});
const ask = (id: string, more: Partial<Omit<Open, "at" | "id">> = {}): DeliveryEvent => ({
	type: "asked",
	message: { id, n: 1, mode: "prompt", text: `text of ${id}`, receipt: "queued", ...more },
});
const up = (more: Partial<Extract<DeliveryEvent, { type: "up" }>> = {}): DeliveryEvent => ({
	...{ type: "up", life: 1, fresh: true, streaming: false, compacting: false, pending: 0, seen: seen() },
	...more,
});
const RUN: DeliveryEvent = { type: "run", on: true };
const REST: DeliveryEvent = { type: "run", on: false };
const TAKEN: DeliveryEvent = { type: "taken" };
const PATIENCE: DeliveryEvent = { type: "patience" };
const queue = (...ids: string[]): DeliveryEvent => ({ type: "queue", ids: new Set(ids), count: ids.length });
const cleared = (...ids: string[]): DeliveryEvent => ({ type: "cleared", ids: new Set(ids) });
const entered = (id: string): DeliveryEvent => ({ type: "entered", id });
const hard = { mode: "steer", hard: { supersedes: [] as string[] } } as const;

/** Plays events and gives what the last one brought about. */
function play(...events: readonly DeliveryEvent[]): { delivery: Delivery; last: readonly DeliveryEffect[] } {
	let delivery = NOTHING;
	let last: readonly DeliveryEffect[] = [];
	for (const event of events) ({ delivery, effects: last } = deliver(delivery, event));
	return { delivery, last };
}

/** Effects as words: `write a.1`, `receipt a consumed`, `clear-queue`. */
const words = (effects: readonly DeliveryEffect[]): readonly string[] =>
	effects.map((effect) => {
		if (effect.type === "write" || effect.type === "attempt") return `${effect.type} ${effect.id}.${effect.n}`;
		if (effect.type === "receipt") return `receipt ${effect.id} ${effect.receipt}`;
		return effect.type === "ask-resume" ? `ask-resume ${effect.because}` : effect.type;
	});
const last = (...events: readonly DeliveryEvent[]): readonly string[] => words(play(...events).last);
const written = (effects: readonly string[]): readonly string[] => effects.filter((word) => word.startsWith("write"));

test("what a queue gives back while a run goes on is not sent anew: that run may be taking it just now", () => {
	const stopped = [up(), ask("a"), TAKEN, RUN, ask("b"), TAKEN, queue("b"), ask("s", hard), cleared()] as const;
	// The steer is over before the answer to its clearing comes.
	const early = [up(), RUN, ask("b"), TAKEN, queue("b"), ask("s", hard)] as const;
	const answered: DeliveryEvent = { type: "transcript", seen: seen([], ["s"]) };
	expect(written(last(...early, answered, cleared("b")))).toEqual([]);
	expect(written(last(...early, answered, cleared("b"), REST))).toEqual([]);
	const proof: DeliveryEvent = { type: "proof", seen: seen() };
	expect(last(...early, answered, cleared("b"), REST, PATIENCE, proof)).toContain("write b.2");
	expect(written(last(...stopped))).toEqual([]);
});

test("a new life is asked to go on, unless what it was asked turns out to be answered before it is at rest", () => {
	const broken = up({ compacting: true, seen: seen([], [], "unanswered") });
	const rested: DeliveryEvent = { type: "compaction", on: false };
	expect(last(broken, rested)).toContain("ask-resume restart");
	for (const end of ["answered", "empty"] as const) {
		const look: DeliveryEvent = { type: "transcript", seen: seen([], [], end) };
		expect(last(broken, look, rested)).toEqual([]);
	}
});

describe("the outbox", () => {
	test("holds a message while no pi takes commands", () => {
		expect(last(ask("a"))).toEqual([]);
		expect(written(last(ask("a"), up()))).toEqual(["write a.1"]);
	});

	test("gives pi one message at a time: the next goes out with the answer to the last", () => {
		expect(written(last(up(), ask("a"), ask("b")))).toEqual([]);
		expect(written(last(up(), ask("a"), ask("b"), TAKEN))).toEqual(["write b.1"]);
	});

	test("keeps the order in which it was asked", () => {
		expect(written(last(ask("a"), ask("b"), up()))).toEqual(["write a.1"]);
	});
});

describe("a command that a full pipe did not take", () => {
	const unwritten = (...events: readonly DeliveryEvent[]): readonly string[] => {
		const { delivery } = play(...events);
		if (delivery.flight === undefined) throw new Error("nothing is in flight");
		return words(deliver(delivery, { type: "unwritten", flight: delivery.flight }).effects);
	};

	test("is written again under the same number: pi never had it", () => {
		expect(written(unwritten(up(), RUN, ask("a")))).toEqual(["write a.1"]);
	});

	test("is not, where pi shows that it has it, or where another command is in flight by now", () => {
		expect(written(unwritten(up(), RUN, ask("a"), queue("a")))).toEqual([]);
		const { delivery } = play(up(), RUN, ask("a"));
		if (delivery.flight === undefined) throw new Error("nothing is in flight");
		const stale: DeliveryEvent = { type: "unwritten", flight: { ...delivery.flight } };
		expect(words(deliver(delivery, stale).effects)).toEqual([]);
	});

	test("and is one of a hard steer, leaves it to its deadline: then pi is replaced", () => {
		const clearing = [up(), RUN, ask("a", hard)];
		expect(last(...clearing)).toEqual(["clear-queue", "await-abort"]);
		expect(unwritten(...clearing)).toEqual([]);
		expect(last(...clearing, { type: "abort-overdue" })).toEqual(["kill"]);
	});
});

describe("accepted", () => {
	test("is not what success alone says", () => {
		expect(play(up(), ask("a"), TAKEN).delivery.open[0]?.receipt).toBe("queued");
	});

	test("is what shows in pi's queue", () => {
		expect(last(up(), RUN, ask("a"), queue("a"))).toEqual(["receipt a accepted"]);
	});

	test("is what enters the run", () => {
		expect(last(up(), ask("a"), TAKEN, entered("a"))).toEqual(["receipt a accepted"]);
	});

	test("is not taken back by a late word of the queue", () => {
		const { delivery } = play(up(), ask("a"), TAKEN, entered("a"), queue("a"));
		expect(delivery.open[0]?.at).toBe("transcript");
	});

	test.each(["already processing", "compaction in progress"])("and refused are both not said by: %s", () => {
		expect(last(up(), ask("a"), { type: "unclear" })).toEqual(["await-patience"]);
		expect(play(up(), ask("a"), { type: "unclear" }).delivery.open).toHaveLength(1);
	});
});

describe("a steer that waits too long", () => {
	const harden: DeliveryEvent = { type: "harden", id: "a", because: "slow" };
	const steer = ask("a", { mode: "steer" });

	test("becomes a hard one once, wherever pi holds it", () => {
		expect(last(up(), RUN, steer, TAKEN, queue("a"), harden)).toEqual(["harden", "clear-queue", "await-abort"]);
		expect(last(up(), steer, TAKEN, entered("a"), RUN, harden)).toEqual(["harden", "clear-queue", "await-abort"]);
		expect(last(up(), steer, TAKEN, entered("a"), RUN, harden, harden)).toEqual([]);
		expect(last(up(), harden)).toEqual([]);
	});

	test("and is answered while the abort is on its way leaves no run that nobody goes on with", () => {
		const events = [up(), steer, TAKEN, entered("a"), RUN, harden, cleared()];
		const answered: DeliveryEvent = { type: "transcript", seen: seen([], ["a"], "unanswered") };
		expect(last(...events, answered)).toEqual(["receipt a consumed"]);
		expect(last(...events, answered, { type: "aborted" }, REST)).toEqual(["get-entries"]);
		const proof: DeliveryEvent = { type: "proof", seen: seen([], ["a"], "aborted") };
		expect(last(...events, answered, { type: "aborted" }, REST, proof)).toEqual(["ask-resume restart"]);
	});
});

describe("an end", () => {
	test("is consumed once an answer follows the message", () => {
		const events = [up(), ask("a"), TAKEN, entered("a")];
		expect(last(...events, { type: "transcript", seen: seen(["a"], [], "unanswered") })).toEqual([]);
		expect(last(...events, { type: "transcript", seen: seen([], ["a"]) })).toEqual(["receipt a consumed"]);
	});

	test("is rejected when pi refuses it, with pi's words", () => {
		const { last: effects } = play(up(), ask("a"), { type: "refused", because: "no model" });
		expect(effects).toEqual([{ type: "receipt", id: "a", receipt: "rejected", because: "no model" }]);
	});

	test("is lost for all that is open when its pi has ended for good", () => {
		const over: DeliveryEvent = { type: "over", because: "destroyed" };
		expect(last(up(), ask("a"), ask("b"), over)).toEqual(["receipt a lost", "receipt b lost"]);
	});
});

describe("after a restart of pi", () => {
	const before = [up(), ask("a"), TAKEN, entered("a"), ask("b"), queue("b"), TAKEN] as const;

	test("what the transcript holds is not delivered again, all else is, under its old number", () => {
		const effects = last(...before, { type: "down" }, up({ life: 2, seen: seen(["a"], [], "unanswered") }));
		expect(effects).toEqual(["receipt b queued", "write b.1", "await-patience"]);
	});

	test("a transcript that ends unanswered is followed by a resume when nothing else starts a run", () => {
		const effects = last(
			up(),
			ask("a"),
			TAKEN,
			entered("a"),
			{ type: "down" },
			up({ seen: seen(["a"], [], "unanswered") }),
		);
		expect(effects).toEqual(["ask-resume restart"]);
	});

	test.each(["answered", "empty", "aborted"] as const)("one that ends %s is not", (end) => {
		expect(last(up({ seen: seen([], [], end) }))).toEqual([]);
	});

	test("a resume whose own run failed is followed by another", () => {
		const resume = ask("r", { mode: "resume" });
		const failed: DeliveryEvent = { type: "transcript", seen: seen(["r"], [], "error") };
		const events = [up(), resume, TAKEN, RUN, entered("r"), failed] as const;
		expect(last(...events, REST)).toEqual(["await-resume"]);
		expect(last(...events, REST, { type: "resume-due" })).toEqual(["ask-resume error"]);
	});

	test("a resume that comes due while pi compacts is asked for once that is over", () => {
		const failed: DeliveryEvent = { type: "transcript", seen: seen(["a"], [], "error") };
		const compacts = [
			up(),
			ask("a"),
			TAKEN,
			RUN,
			entered("a"),
			failed,
			REST,
			{ type: "compaction", on: true },
		] as const;
		const due = [...compacts, { type: "resume-due" }] as const;
		expect(last(...due)).toEqual([]);
		expect(last(...due, { type: "compaction", on: false })).toEqual(["ask-resume error"]);
		expect(last(...due, RUN, { type: "compaction", on: false }, failed, REST)).toEqual(["await-resume"]);
	});

	test("a run that this host aborted is not resumed for its error", () => {
		const steer = [up(), RUN, ask("s", hard), cleared(), { type: "transcript", seen: seen([], [], "error") }] as const;
		expect(last(...steer, REST)).not.toContain("await-resume");
	});
});

describe("after a restart of the host", () => {
	const found = (more: Partial<Extract<DeliveryEvent, { type: "up" }>> = {}) => up({ fresh: false, ...more });

	test("every open message goes out again under its old number, and nothing is cleared while pi runs", () => {
		const events = [ask("a", { receipt: "accepted" }), ask("b"), found({ streaming: true })] as const;
		expect(written(last(...events))).toEqual(["write a.1"]);
		expect(written(last(...events, TAKEN))).toEqual(["write b.1"]);
		expect(play(...events, TAKEN, TAKEN).last.map((effect) => effect.type)).toEqual(["await-patience"]);
	});

	test("what was accepted stays so until its absence is proven", () => {
		expect(play(ask("a", { receipt: "accepted" }), found()).delivery.open[0]?.receipt).toBe("accepted");
	});

	test("a pi found at rest in the middle of something is asked to go on after a pause", () => {
		const events = [ask("a", { receipt: "accepted" }), found({ seen: seen(["a"], [], "unanswered") })] as const;
		expect(last(...events)).toEqual(["await-resume"]);
		expect(last(...events, { type: "resume-due" })).toEqual(["ask-resume restart"]);
		expect(last(...events, RUN, { type: "resume-due" })).toEqual([]);
	});
});

describe("a message that shows nowhere", () => {
	const nowhere = [up(), ask("a"), TAKEN] as const;

	test("is looked for in the entries once pi was idle for the whole patience", () => {
		expect(last(...nowhere, PATIENCE)).toEqual(["get-entries", "await-patience"]);
	});

	test("is not looked for while pi runs or compacts", () => {
		expect(last(...nowhere, RUN, PATIENCE)).toEqual([]);
		expect(last(...nowhere, { type: "compaction", on: true }, PATIENCE)).toEqual([]);
	});

	test("goes out as n + 1 when an idle pi's entries lack it", () => {
		const effects = last(...nowhere, PATIENCE, { type: "proof", seen: seen() });
		expect(effects).toEqual(["attempt a.2", "write a.2", "await-patience"]);
	});

	test("does not when a run began after the question", () => {
		const effects = last(...nowhere, PATIENCE, RUN, REST, { type: "proof", seen: seen() });
		expect(effects).toEqual(["await-patience"]);
	});

	test("does not when the entries hold it", () => {
		expect(last(...nowhere, PATIENCE, { type: "proof", seen: seen(["a"], [], "unanswered") })).toEqual([
			"receipt a accepted",
		]);
	});

	test("is taken out of an idle pi's queue first", () => {
		const events = [up(), RUN, ask("a"), queue("a"), TAKEN, REST, PATIENCE] as const;
		expect(last(...events)).toEqual(["clear-queue", "await-patience"]);
		expect(last(...events, cleared("a"))).toEqual(["receipt a queued", "attempt a.2", "write a.2", "await-patience"]);
	});

	test("has its own patience: a wait that began before it was written proves nothing", () => {
		expect(last(up(), ask("a"), TAKEN, ask("b"))).toEqual(["write b.1", "await-patience"]);
	});
});

describe("a hard steer", () => {
	const busy = [up(), ask("a"), TAKEN, RUN, entered("a"), ask("b"), queue("b"), TAKEN] as const;
	const clearing = [...busy, ask("s", hard)] as const;
	const settled = [...clearing, cleared("b"), REST, { type: "aborted" }] as const;

	test("clears, aborts, and asks at idle for the entries", () => {
		expect(last(...clearing)).toEqual(["clear-queue", "await-abort"]);
		expect(last(...clearing, cleared("b"))).toEqual(["receipt b queued", "attempt b.2", "abort", "await-abort"]);
		expect(last(...clearing, cleared("b"), { type: "aborted" })).toEqual([]);
		expect(last(...settled)).toEqual(["get-entries"]);
	});

	test("goes out first, and what was queued follows it", () => {
		const proven = [...settled, { type: "proof", seen: seen(["a"], [], "aborted") }] as const;
		expect(written(last(...proven))).toEqual(["write s.1"]);
		expect(written(last(...proven, TAKEN))).toEqual(["write b.2"]);
	});

	test("made of one that pi has taken and shows nowhere waits for a word of it before it asks for the entries", () => {
		const harden: DeliveryEvent = { type: "harden", id: "s", because: "slow" };
		const taken = [up(), RUN, ask("s", { mode: "steer" }), TAKEN, harden, cleared()] as const;
		const rested = [...taken, REST, { type: "aborted" }] as const;
		expect(last(...rested)).toEqual(["await-patience"]);
		expect(last(...rested, PATIENCE)).toEqual(["get-entries"]);
		expect(last(...rested, entered("s"))).toEqual(["receipt s accepted", "get-entries"]);
	});

	test("ends only the messages that it names", () => {
		const names = { mode: "steer", hard: { supersedes: ["b"] } } as const;
		const events = [...busy, ask("s", names), cleared("b"), REST, { type: "aborted" }] as const;
		const effects = last(...events, { type: "proof", seen: seen(["a"], [], "aborted") });
		expect(effects).toContain("receipt b superseded");
	});

	test("whose words are in the entries already is followed by a resume, not said again", () => {
		const events = [
			...busy,
			ask("s", { ...hard, receipt: "accepted" }),
			cleared("b"),
			REST,
			{ type: "aborted" },
		] as const;
		const effects = last(...events, { type: "proof", seen: seen(["a", "s"], [], "aborted") });
		expect(written(effects)).toEqual(["write b.2"]);
		expect(effects).not.toContain("write s.1");
	});

	test("asks again where a run began while it asked: what the entries said then proves nothing of now", () => {
		const late = [...settled, RUN, { type: "proof", seen: seen(["a"], [], "aborted") }] as const;
		expect(last(...late)).toEqual([]);
		expect(last(...late, REST)).toEqual(["get-entries"]);
	});

	test("kills pi when abort has no answer in time, and only then", () => {
		const aborting = [...clearing, cleared("b")] as const;
		expect(last(...aborting, { type: "abort-overdue" })).toEqual(["kill"]);
		expect(last(...aborting, { type: "aborted" }, { type: "abort-overdue" })).toEqual([]);
	});
});

describe("whatever happens in whatever order", () => {
	const ids = ["a", "b", "c"] as const;
	const some = fc.subarray([...ids]);
	const anySeen = fc
		.record({
			present: some,
			answered: some,
			end: fc.constantFrom<TranscriptEnd>("answered", "unanswered", "error", "aborted"),
		})
		.map(({ present, answered, end }) => seen(present, answered, end));
	const event: fc.Arbitrary<DeliveryEvent> = fc.oneof(
		fc.constantFrom<DeliveryEvent>(
			RUN,
			REST,
			TAKEN,
			PATIENCE,
			{ type: "down" },
			{ type: "aborted" },
			{ type: "unclear" },
		),
		fc.constantFrom<DeliveryEvent>({ type: "abort-overdue" }, { type: "resume-due" }),
		fc.boolean().map((on): DeliveryEvent => ({ type: "compaction", on })),
		some.map((present) => queue(...present)),
		some.map((present) => cleared(...present)),
		fc.constantFrom(...ids).map(entered),
		anySeen.map((found): DeliveryEvent => ({ type: "transcript", seen: found })),
		anySeen.map((found): DeliveryEvent => ({ type: "proof", seen: found })),
		fc.record({ fresh: fc.boolean(), streaming: fc.boolean(), seen: anySeen }).map((more) => up(more)),
	);
	const asked = [ask("a"), ask("b", { mode: "followUp" }), ask("c", hard)] as const;
	const history = fc.tuple(
		fc.array(event, { maxLength: 30 }),
		fc.array(fc.nat({ max: 30 }), { minLength: 3, maxLength: 3 }),
	);

	/** The events with each of the three messages asked somewhere among them, and what each step brought. */
	function run([events, places]: readonly [readonly DeliveryEvent[], readonly number[]]) {
		const all = [...events];
		asked.forEach((one, i) => void all.splice(Math.min(places[i] ?? 0, all.length), 0, one));
		let delivery = NOTHING;
		return [up(), ...all].map((one) => {
			const before = delivery;
			const step = deliver(delivery, one);
			delivery = step.delivery;
			return { event: one, before, ...step };
		});
	}

	test("at most one command is in flight", () => {
		fc.assert(
			fc.property(history, (events) => {
				for (const { effects } of run(events)) {
					const commands = effects.filter(({ type }) =>
						["write", "clear-queue", "abort", "get-entries"].includes(type),
					);
					expect(commands.length).toBeLessThanOrEqual(1);
				}
			}),
		);
	});

	test("n + 1 comes only with the answer that proves absence, one at a time", () => {
		fc.assert(
			fc.property(history, (events) => {
				for (const { event: one, before, delivery } of run(events)) {
					for (const message of delivery.open) {
						const was = before.open.find(({ id }) => id === message.id);
						if (was === undefined || was.n === message.n) continue;
						expect(message.n).toBe(was.n + 1);
						const gaveBack = one.type === "cleared" && one.ids.has(message.id);
						const lacks = one.type === "proof" && !one.seen.present.has(message.id);
						expect(gaveBack || lacks).toBe(true);
					}
				}
			}),
		);
	});

	test("each message ends at most once, and nothing is written of one that has ended", () => {
		fc.assert(
			fc.property(history, (events) => {
				const over = new Set<string>();
				for (const { effects, delivery } of run(events)) {
					for (const effect of effects) {
						if (effect.type === "write") expect(over).not.toContain(effect.id);
						if (effect.type !== "receipt" || ["queued", "accepted"].includes(effect.receipt)) continue;
						expect(over).not.toContain(effect.id);
						over.add(effect.id);
					}
					for (const { id } of delivery.open) expect(over).not.toContain(id);
				}
			}),
		);
	});

	test("nothing is written while no pi takes commands", () => {
		fc.assert(
			fc.property(history, (events) => {
				for (const { effects, delivery } of run(events)) {
					if (delivery.life === 0) expect(effects.map(({ type }) => type)).not.toContain("write");
				}
			}),
		);
	});
});

test("an abort of ours, by a pause in the middle of a run, is gone on from; anybody else's is not", () => {
	const seen = { present: new Set<string>(), answered: new Set<string>(), end: "aborted" } as const;
	const up = { type: "up", life: 2, fresh: true, streaming: false, compacting: false, pending: 0, seen } as const;
	const asks = (interrupted: boolean) =>
		deliver(NOTHING, { ...up, interrupted }).effects.some((effect) => effect.type === "ask-resume");
	expect([asks(true), asks(false)]).toEqual([true, false]);
});
