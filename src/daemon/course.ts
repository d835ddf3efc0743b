/** What a restart loop does when its daemon has ended: a pure function, for the loop must be too small to fail. */
import type { Entry } from "./run-file.ts";

/** How a daemon's process ends; its exit code tells the loop what to make of it. */
export const EXIT = {
	/** Stopped, retired or idle: nothing is to be started again. */
	order: 0,
	/** Another one works on the same data: look again. */
	held: 69,
	/** The loop's own end: the program that it should start is no longer there. */
	moved: 70,
	/** It said in words why it cannot run, and would say the same again. */
	refused: 78,
} as const;

export interface Course {
	/** The last entry that stayed up. */
	readonly good: Entry;
	/** A newer one that has still to prove itself. */
	readonly trying?: Entry;
	/** Failures in a row. */
	readonly failures: number;
}

export interface Ended {
	readonly how: "order" | "held" | "refused" | "crash";
	/** It had answered for a while. */
	readonly settled: boolean;
	/** What a newer client asked for, when it asked this daemon to retire. */
	readonly next?: Entry;
}

export type Step =
	| { readonly type: "leave"; readonly code: number }
	| { readonly type: "start"; readonly course: Course; readonly delay: number; readonly gaveUp?: Entry };

const FIRST_DELAY = 100;
/** Below the 15 s for which a session waits, so that it sees at least one attempt. */
const LONGEST_DELAY = 10_000;
/** A new entry fails twice, and the last good one is back. */
const CHANCES = 2;

export const entryOf = (course: Course): Entry => course.trying ?? course.good;

export const backoff = (failures: number): number =>
	Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** Math.min(failures - 1, 10));

export function afterEnd(course: Course, ended: Ended): Step {
	if (ended.next !== undefined) {
		const good = ended.settled ? entryOf(course) : course.good;
		return { type: "start", course: { good, trying: ended.next, failures: 0 }, delay: 0 };
	}
	if (ended.how === "order") return { type: "leave", code: EXIT.order };
	if (course.trying !== undefined && !ended.settled) return afterTrial(course, course.trying);
	if (ended.how === "refused") return { type: "leave", code: EXIT.refused };
	const failures = ended.settled ? 1 : course.failures + 1;
	return { type: "start", course: { good: entryOf(course), failures }, delay: backoff(failures) };
}

function afterTrial(course: Course, trying: Entry): Step {
	const failures = course.failures + 1;
	if (failures < CHANCES) return { type: "start", course: { ...course, failures }, delay: FIRST_DELAY };
	return { type: "start", course: { good: course.good, failures: 0 }, delay: 0, gaveUp: trying };
}
