/**
 * The gate's memory: events kept in the session as custom entries, folded into a state. Because they are entries, they
 * survive compaction, reload, resume and crash; because changes have ids, a fork can learn which of its copied changes
 * its parent covered.
 */
import { type Change, type Found, union } from "./facts.ts";
import type { Baseline } from "./tree.ts";

/** `customType` of the entries. */
export const WORK = "flagship.work";

export type CoveredBy = "log" | "unmatched" | "auto" | "warned";

export type WorkEvent =
	/** First tool of a run that may leave a trace; `baseline` is the tree before it, for a run cut off by a crash. */
	| { readonly type: "opened"; readonly baseline: Baseline }
	| ({ readonly type: "changed" } & Change)
	/** Test counts that a tool's output showed. */
	| { readonly type: "tested"; readonly counts: readonly number[] }
	| { readonly type: "covered"; readonly ids: readonly string[]; readonly by: CoveredBy }
	/** An entry was sent back because its words do not match the facts. */
	| { readonly type: "questioned" }
	| { readonly type: "refused"; readonly refusal: number }
	| { readonly type: "settled" };

export interface Ledger {
	readonly changes: readonly Change[];
	readonly covered: ReadonlySet<string>;
	/** All test counts seen in this session. */
	readonly tests: readonly number[];
	/** Those seen since the last entry. */
	readonly freshTests: readonly number[];
	/** The last entry was sent back; the next is kept whatever it says. */
	readonly questioned: boolean;
	/** Refusals to settle in the run that is open. */
	readonly refusals: number;
	readonly baseline?: Baseline;
}

export const EMPTY: Ledger = {
	changes: [],
	covered: new Set(),
	tests: [],
	freshTests: [],
	questioned: false,
	refusals: 0,
};

export function apply(ledger: Ledger, event: WorkEvent): Ledger {
	switch (event.type) {
		case "opened":
			return { ...ledger, baseline: event.baseline };
		case "changed": {
			const { type: _, ...change } = event;
			return { ...ledger, changes: [...ledger.changes, change] };
		}
		case "tested":
			return {
				...ledger,
				tests: [...ledger.tests, ...event.counts],
				freshTests: [...ledger.freshTests, ...event.counts],
			};
		case "covered":
			return { ...ledger, covered: new Set([...ledger.covered, ...event.ids]), questioned: false, freshTests: [] };
		case "questioned":
			return { ...ledger, questioned: true };
		case "refused":
			return { ...ledger, refusals: event.refusal };
		case "settled": {
			const { baseline: _, ...rest } = ledger;
			return { ...rest, refusals: 0 };
		}
	}
}

export const fold = (events: readonly WorkEvent[]): Ledger => events.reduce(apply, EMPTY);

export const unlogged = (ledger: Ledger): readonly Change[] =>
	ledger.changes.filter((change) => !ledger.covered.has(change.id));

/** Everything that this session is known to have done, covered or not: what an entry may truthfully name. */
export const known = (ledger: Ledger): Found => union(ledger.changes);

/**
 * The events among a session's entries, read defensively: the file may come from another version of this package.
 * All branches count, not only the current one: going back in the conversation does not undo what was done.
 */
export function workEvents(
	entries: readonly { readonly type: string; readonly customType?: unknown; readonly data?: unknown }[],
): readonly WorkEvent[] {
	return entries
		.filter((entry) => entry.type === "custom" && entry.customType === WORK)
		.map((entry) => entry.data)
		.filter(isWorkEvent);
}

const texts = (value: unknown): boolean => Array.isArray(value) && value.every((item) => typeof item === "string");

const isCommit = (value: unknown): boolean =>
	typeof value === "object" &&
	value !== null &&
	"id" in value &&
	typeof value.id === "string" &&
	"subject" in value &&
	typeof value.subject === "string" &&
	"files" in value &&
	texts(value.files);

type Raw = Readonly<Record<string, unknown>>;

const checks: { readonly [T in WorkEvent["type"]]: (raw: Raw) => boolean } = {
	opened: (raw) => typeof raw.baseline === "object" && raw.baseline !== null,
	changed: (raw) =>
		typeof raw.id === "string" &&
		texts(raw.files) &&
		texts(raw.effects) &&
		Array.isArray(raw.commits) &&
		raw.commits.every(isCommit),
	tested: (raw) => Array.isArray(raw.counts) && raw.counts.every(Number.isInteger),
	covered: (raw) => texts(raw.ids) && typeof raw.by === "string",
	questioned: () => true,
	refused: (raw) => Number.isInteger(raw.refusal),
	settled: () => true,
};

function isWorkEvent(value: unknown): value is WorkEvent {
	if (typeof value !== "object" || value === null || !("type" in value)) return false;
	const check = Object.entries(checks).find(([type]) => type === value.type)?.[1];
	return check?.({ ...value }) ?? false;
}
