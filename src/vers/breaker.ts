/**
 * Whether a platform is asked for one more machine. A refusal for want of capacity is heeded by the whole machine at
 * once: what cannot be had is not asked for in a loop, which on a platform that leaks makes the outage longer. Pure and
 * plain data; whoever keeps it stores it. Times are wall times of one machine, ms; `chance` is 0 ≤ x < 1.
 *
 * | | closed | open | probing |
 * |---|---|---|---|
 * | asked | allowed; at the learned ceiling denied, and one allowed each time that it is no longer believed | denied until the pause is over; then allowed as the probe | the probe's own again; others denied, until it has taken too long |
 * | made | lifts a ceiling that it passes | was asked for before: raises the ceiling, stays open | the probe: closed, all clear; another: as in open |
 * | refused | open, with what it teaches | was asked for before: lowers the ceiling, the pause stays | the probe: open, the pause grows; another: as in open |
 * | failed | – | – | the probe: open, the same pause again, for it says nothing of capacity |
 * | freed | – | the pause is over | – |
 *
 * An answer counts once, and only for what was allowed: one that comes twice, or too late, changes nothing.
 */
import { type Ceiling, type Learned, madeAt, raisedTo, refusedAt, UNLEARNED } from "./ceiling.ts";

/** Allowed and not answered yet. */
interface Underway {
	readonly id: string;
	readonly at: number;
}

interface Common {
	readonly learned: Learned;
	readonly underway: readonly Underway[];
}

/** Since a refusal. */
interface Outage {
	/** The attempt that was refused first: it names the outage. */
	readonly episode: string;
	readonly since: number;
	readonly refusals: number;
	/** Pauses so far, each twice the one before. */
	readonly step: number;
}

/** `last`: of the outage before, so that one which comes again at once is not met with the shortest pause. */
export type Closed = Common & {
	readonly type: "closed";
	readonly last: { readonly at: number; readonly step: number } | undefined;
};
export type Open = Common & Outage & { readonly type: "open"; readonly until: number };
export type Probing = Common & Outage & { readonly type: "probing"; readonly probe: Underway };
export type Breaker = Closed | Open | Probing;

/** `id`: the attempt, the same in all that is said of it. `running`: machines that run, without those under way. */
export type BreakerEvent =
	| { readonly type: "asked"; readonly id: string; readonly running: number; readonly at: number }
	| { readonly type: "made"; readonly id: string; readonly running: number; readonly at: number }
	| {
			readonly type: "refused";
			readonly id: string;
			readonly running: number;
			readonly at: number;
			readonly chance: number;
	  }
	/** In any other way: nothing is known of capacity. */
	| { readonly type: "failed"; readonly id: string; readonly at: number; readonly chance: number }
	/** A machine is gone, by the platform's own list. */
	| { readonly type: "freed"; readonly at: number };

export type BreakerEffect =
	| { readonly type: "allow"; readonly id: string; readonly probe: boolean }
	| {
			readonly type: "deny";
			readonly id: string;
			readonly why: "open" | "probing" | "ceiling";
			/** Asked again then, it may be allowed. */
			readonly until: number;
	  }
	| { readonly type: "opened"; readonly episode: string; readonly ceiling: Ceiling | undefined }
	/** From then on a probe is allowed. */
	| { readonly type: "wait"; readonly until: number }
	| { readonly type: "all_clear"; readonly episode: string; readonly since: number; readonly refusals: number };

export interface Step {
	readonly breaker: Breaker;
	readonly effects: readonly BreakerEffect[];
}

export const CLOSED: Breaker = { type: "closed", learned: UNLEARNED, underway: [], last: undefined };

/** ms of the first pause and of the longest. */
export const PAUSE_MS = 60_000;
export const PAUSE_MAX_MS = 30 * 60_000;
/** ms after which an attempt is no longer waited for; every creation has a deadline below it. */
export const ATTEMPT_MS = 5 * 60_000;
/** ms after an all-clear in which the next refusal is the same outage again. */
export const RELAPSE_MS = 10 * 60_000;

/** Doubled each time; a quarter more or less, so that two machines do not knock together. */
export const pauseOf = (step: number, chance: number): number =>
	Math.min(PAUSE_MAX_MS, PAUSE_MS * 2 ** (step - 1)) * (0.75 + chance / 2);

const LONGEST = pauseOf(Number.MAX_SAFE_INTEGER, 1);

/** A clock that was set back makes no pause longer than the longest. */
const isDue = (until: number, now: number): boolean => now >= until || until - now > LONGEST;

export function breaker(before: Breaker, event: BreakerEvent): Step {
	const current = withoutLost(before, event.at);
	if (isAnswer(event)) {
		if (!current.underway.some(({ id }) => id === event.id)) return still(current);
		return answered({ ...current, underway: current.underway.filter(({ id }) => id !== event.id) }, event);
	}
	if (event.type === "asked") return asked(current, event);
	if (current.type !== "open") return still(current);
	return { breaker: { ...current, until: event.at }, effects: [{ type: "wait", until: event.at }] };
}

type Asked = Extract<BreakerEvent, { type: "asked" }>;
type Answer = Extract<BreakerEvent, { type: "made" | "refused" | "failed" }>;

const isAnswer = (event: BreakerEvent): event is Answer =>
	event.type === "made" || event.type === "refused" || event.type === "failed";

const still = (current: Breaker): Step => ({ breaker: current, effects: [] });

/** Whoever asked may have ended: an attempt without an answer takes no place for ever. */
const withoutLost = (current: Breaker, now: number): Breaker => ({
	...current,
	underway: current.underway.filter(({ at }) => Math.abs(now - at) < ATTEMPT_MS),
});

function asked(current: Breaker, event: Asked): Step {
	if (current.underway.some(({ id }) => id === event.id)) {
		const probe = current.type === "probing" && current.probe.id === event.id;
		return { breaker: current, effects: [{ type: "allow", id: event.id, probe }] };
	}
	switch (current.type) {
		case "closed":
			return askedClosed(current, event);
		case "open":
			if (!isDue(current.until, event.at)) return deny(current, event, "open", current.until);
			return probe(current, event);
		case "probing": {
			const lost = current.underway.every(({ id }) => id !== current.probe.id);
			if (!lost) return deny(current, event, "probing", current.probe.at + ATTEMPT_MS);
			return probe(current, event);
		}
	}
}

function askedClosed(current: Closed, event: Asked): Step {
	const { ceiling } = current.learned;
	const underway = [...current.underway, { id: event.id, at: event.at }];
	const allow: BreakerEffect = { type: "allow", id: event.id, probe: false };
	if (ceiling === undefined || event.running + current.underway.length < ceiling.at)
		return { breaker: { ...current, underway }, effects: [allow] };
	if (!isDue(ceiling.until, event.at)) return deny(current, event, "ceiling", ceiling.until);
	// One tries it, and the others go on believing it meanwhile.
	const learned = { ...current.learned, ceiling: { ...ceiling, until: event.at + ATTEMPT_MS } };
	return { breaker: { ...current, learned, underway }, effects: [allow] };
}

const deny = (current: Breaker, { id }: Asked, why: "open" | "probing" | "ceiling", until: number): Step => ({
	breaker: current,
	effects: [{ type: "deny", id, why, until }],
});

function probe(current: Open | Probing, { id, at }: Asked): Step {
	const { learned, underway, episode, since, refusals, step } = current;
	const one = { id, at };
	return {
		breaker: {
			...{ type: "probing", learned, underway: [...underway, one], episode, since, refusals, step },
			probe: one,
		},
		effects: [{ type: "allow", id, probe: true }],
	};
}

/** `current` waits for this answer no more. */
function answered(current: Breaker, event: Answer): Step {
	if (current.type === "closed") return answeredClosed(current, event);
	if (current.type === "probing" && current.probe.id === event.id) return answeredProbe(current, event);
	// It was asked for before it was known.
	switch (event.type) {
		case "made":
			return still({ ...current, learned: raisedTo(current.learned, event.running) });
		case "refused": {
			const learned = refusedAt(current.learned, event.running, event.at, true);
			return still({ ...current, learned, refusals: current.refusals + 1 });
		}
		case "failed":
			return still(current);
	}
}

function answeredClosed(current: Closed, event: Answer): Step {
	switch (event.type) {
		case "made":
			return still({ ...current, learned: madeAt(current.learned, event.running) });
		case "refused": {
			const { last, underway } = current;
			const again = last !== undefined && Math.abs(event.at - last.at) < RELAPSE_MS;
			const learned = refusedAt(current.learned, event.running, event.at, false);
			const outage = { episode: event.id, since: event.at, refusals: 1, step: again ? last.step + 1 : 1 };
			return pause({ learned, underway, ...outage }, event, [
				{ type: "opened", episode: event.id, ceiling: learned.ceiling },
			]);
		}
		case "failed":
			return still(current);
	}
}

function answeredProbe(current: Probing, event: Answer): Step {
	const { learned, underway, episode, since, refusals, step } = current;
	switch (event.type) {
		case "made":
			return {
				breaker: {
					...{ type: "closed", learned: madeAt(learned, event.running), underway },
					last: { at: event.at, step },
				},
				effects: [{ type: "all_clear", episode, since, refusals }],
			};
		case "refused": {
			const taught = refusedAt(learned, event.running, event.at, true);
			return pause({ learned: taught, underway, episode, since, refusals: refusals + 1, step: step + 1 }, event, []);
		}
		case "failed":
			return pause({ learned, underway, episode, since, refusals, step }, event, []);
	}
}

function pause(
	outage: Common & Outage,
	{ at, chance }: { readonly at: number; readonly chance: number },
	effects: readonly BreakerEffect[],
): Step {
	const until = at + pauseOf(outage.step, chance);
	return { breaker: { type: "open", ...outage, until }, effects: [...effects, { type: "wait", until }] };
}
