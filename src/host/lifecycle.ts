/**
 * The states of a lieutenant as one table: `(state, event) → state`. A pair that is not in the table changes nothing:
 * events may come late (a death seen after a pause) or twice.
 *
 * | state | what it means |
 * |---|---|
 * | starting | its pi was started and has not answered yet |
 * | idle, working | its pi answers; working while a run is under way |
 * | unreachable | the link to its host is down; says nothing about the agent |
 * | stalled | alive, but for 90 s there was no proof of life; the reason says whether its probe was answered |
 * | needs-credentials | its machine came back without the keys that live only in memory |
 * | paused | by a person or an orchestrator; the session is kept |
 * | stopped | by a limit; resumable once the limit is lifted |
 * | failed | its pi cannot be kept up; the reason says why |
 * | gone | destroyed; its transcript is kept |
 */
import type { LieutenantState } from "../contract/lieutenants.ts";

export type LifeEvent =
	| "launched" // a process was started
	| "ready" // pi answered, no run under way
	| "running" // a run began, or pi answered in the middle of one
	| "settled" // the run ended
	| "silent" // no proof of life for too long
	| "died" // the process ended by itself, and will be started again
	| "given-up" // it ended once too often
	| "limited" // a limit ended it
	| "noted" // something was learned that changes nothing
	| "pause"
	| "destroy"
	| "link-lost"
	| "link-back"
	| "keys-missing";

const up = {
	died: "starting",
	launched: "starting",
	silent: "stalled",
	"given-up": "failed",
	limited: "stopped",
	pause: "paused",
	destroy: "gone",
	"link-lost": "unreachable",
	"keys-missing": "needs-credentials",
} as const;
const down = { launched: "starting", destroy: "gone", "given-up": "failed" } as const;

const table: Record<LieutenantState, Partial<Record<LifeEvent, LieutenantState>>> = {
	starting: { ...up, ready: "idle", running: "working" },
	idle: { ...up, running: "working" },
	working: { ...up, settled: "idle", ready: "idle" },
	stalled: { ...up, ready: "idle", running: "working", settled: "idle" },
	unreachable: { ...up, "link-back": "starting", ready: "idle", running: "working" },
	"needs-credentials": { ...down, pause: "paused" },
	paused: { launched: "starting", destroy: "gone" },
	// Nothing runs that a pause could end; and once paused it would no longer be known that its work begins anew.
	stopped: down,
	failed: { launched: "starting", destroy: "gone" },
	gone: {},
};

export const transition = (state: LieutenantState, event: LifeEvent): LieutenantState => table[state][event] ?? state;

/** Its pi should be running: a host that starts finds or launches it. */
export const shouldRun = (state: LieutenantState): boolean => table[state].died !== undefined;

/** It takes messages; while it does not, they are refused rather than kept for a day that may not come. */
export const listens = shouldRun;
