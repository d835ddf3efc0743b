/**
 * A provider that asks for less (429, "overloaded") asks the whole fleet: each pi that tries again by itself makes it
 * worse. So the fleet holds back as one, for a growing time, and goes on one after another. Pure; `storms.ts` carries it
 * out. Times are of the monotonic clock, ms; `chance` is 0 ≤ x < 1.
 */

export interface Storm {
	/** While it is calm: who was refused lately, and when. */
	readonly refused: ReadonlyMap<string, number>;
	/** Set while the fleet holds back. `out`: who was let go since `until`. */
	readonly hold:
		| { readonly step: number; readonly until: number; readonly out: ReadonlySet<string>; readonly due: boolean }
		| undefined;
}

export type StormEvent =
	/** `final`: pi itself has given up, after its own attempts. */
	| {
			readonly type: "refused";
			readonly who: string;
			readonly at: number;
			readonly final: boolean;
			readonly chance: number;
	  }
	/** The wait is over; `waiting`: who has something to send, oldest first. */
	| { readonly type: "due"; readonly at: number; readonly waiting: readonly string[]; readonly chance: number };

export type StormEffect =
	/** Nobody sends until then; `first`: the fleet was going until now. */
	| { readonly type: "hold"; readonly until: number; readonly first: boolean }
	| { readonly type: "release"; readonly who: string }
	/** `due` is to come after so many ms, in place of an earlier wait. */
	| { readonly type: "wait"; readonly ms: number }
	| { readonly type: "calm" };

export interface StormSettings {
	readonly holdSeconds: number;
	readonly holdMaxSeconds: number;
}

export const CALM: Storm = { refused: new Map(), hold: undefined };

/** Two lieutenants refused within so many ms are no accident of one. */
const WINDOW_MS = 60_000;
const MANY = 2;
/** ms between two that are let go: enough to see the first one refused. */
const GAP_MS = 3_000;

/** 429, and what other providers say in its place. */
export const isThrottle = (error: string): boolean =>
	/\b(429|529)\b|rate.?limit|too many requests|overloaded/i.test(error);

/** Doubled each time, within the settings' end; a quarter more or less, so that two machines do not march in step. */
export const pauseOf = (step: number, chance: number, { holdSeconds, holdMaxSeconds }: StormSettings): number =>
	Math.min(holdMaxSeconds, holdSeconds * 2 ** (step - 1)) * 1_000 * (0.75 + chance / 2);

export function weather(
	storm: Storm,
	event: StormEvent,
	settings: StormSettings,
): { readonly storm: Storm; readonly effects: readonly StormEffect[] } {
	const { hold } = storm;
	if (event.type === "refused") {
		if (hold === undefined) return gather(storm, event, settings);
		// The rest of the same gust: those who had asked before the hold was heard of.
		if (event.at < hold.until) return { storm, effects: [] };
		return begin(hold.step + 1, event, settings);
	}
	if (hold === undefined) return { storm, effects: [] };
	if (event.at < hold.until) return { storm, effects: [{ type: "wait", ms: hold.until - event.at }] };
	const next = event.waiting.find((who) => !hold.out.has(who));
	const wait: StormEffect = { type: "wait", ms: GAP_MS * (0.75 + event.chance / 2) };
	if (next !== undefined) {
		const out = new Set([...hold.out, next]);
		return { storm: { ...storm, hold: { ...hold, out, due: true } }, effects: [{ type: "release", who: next }, wait] };
	}
	// The last one that was let go has its time to be refused, too.
	if (hold.due) return { storm: { ...storm, hold: { ...hold, due: false } }, effects: [wait] };
	return { storm: CALM, effects: [{ type: "calm" }] };
}

type Refused = Extract<StormEvent, { type: "refused" }>;

function gather(storm: Storm, event: Refused, settings: StormSettings) {
	const late = [...storm.refused].filter(([, at]) => event.at - at < WINDOW_MS);
	const refused = new Map([...late, [event.who, event.at] as const]);
	if (event.final || refused.size >= MANY) return begin(1, event, settings);
	return { storm: { refused, hold: undefined }, effects: [] };
}

function begin(step: number, { at, chance }: Refused, settings: StormSettings) {
	const ms = pauseOf(step, chance, settings);
	const until = at + ms;
	const effects: StormEffect[] = [
		{ type: "hold", until, first: step === 1 },
		{ type: "wait", ms },
	];
	return { storm: { refused: new Map(), hold: { step, until, out: new Set<string>(), due: false } }, effects };
}
