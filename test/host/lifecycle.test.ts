import { describe, expect, test } from "vitest";
import { LIEUTENANT_STATES, type LieutenantState } from "../../src/contract/lieutenants.ts";
import { type LifeEvent, listens, shouldRun, transition } from "../../src/host/lifecycle.ts";

const EVENTS = [
	...(["launched", "ready", "running", "settled", "silent", "died", "given-up"] as const),
	...(["limited", "pause", "destroy", "link-lost", "link-back", "keys-missing"] as const),
] satisfies readonly LifeEvent[];

/** Written out anew, not read from the code: a line per state, a word per event of `EVENTS`, `-` changes nothing. */
const TABLE: Record<LieutenantState, string> = {
	starting: "- idle working - stalled - failed stopped paused gone unreachable - needs-credentials",
	idle: "starting - working - stalled starting failed stopped paused gone unreachable - needs-credentials",
	working: "starting idle - idle stalled starting failed stopped paused gone unreachable - needs-credentials",
	unreachable: "starting idle working - stalled starting failed stopped paused gone - starting needs-credentials",
	stalled: "starting idle working idle - starting failed stopped paused gone unreachable - needs-credentials",
	"needs-credentials": "starting - - - - - failed - paused gone - - -",
	paused: "starting - - - - - - - - gone - - -",
	stopped: "starting - - - - - failed - - gone - - -",
	failed: "starting - - - - - - - - gone - - -",
	gone: "- - - - - - - - - - - - -",
};

for (const state of LIEUTENANT_STATES) {
	describe(`a lieutenant that is ${state}`, () => {
		const cells = TABLE[state].split(" ");
		test.each(EVENTS.map((event, i) => [event, cells[i] === "-" ? state : cells[i]] as const))(
			"on %s is %s",
			(event, next) => {
				expect(transition(state, event)).toBe(next);
			},
		);
	});
}

test("its pi runs, and it takes messages, in the states in which a death would be news", () => {
	const up = ["starting", "idle", "working", "unreachable", "stalled"];
	expect(LIEUTENANT_STATES.filter(shouldRun)).toEqual(up);
	expect(LIEUTENANT_STATES.filter(listens)).toEqual(up);
});

test("nothing brings back one that is gone", () => {
	expect(new Set(EVENTS.map((event) => transition("gone", event)))).toEqual(new Set(["gone"]));
});
