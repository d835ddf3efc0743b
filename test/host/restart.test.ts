import fc from "fast-check";
import { expect, test } from "vitest";
import { afterDeath, CRASH_WINDOW_MS, RESUMES, resumePause } from "../../src/host/restart.ts";

test("the first end is followed by a start at once, the second by one after a pause, the third by none", () => {
	expect(afterDeath([1_000])).toEqual({ type: "restart", pause: 0 });
	expect(afterDeath([1_000, 2_000])).toEqual({ type: "restart", pause: 2_000 });
	expect(afterDeath([1_000, 2_000, 3_000])).toEqual({ type: "park" });
});

test("ends outside the window count no more", () => {
	expect(afterDeath([0, 1, CRASH_WINDOW_MS + 2])).toEqual({ type: "restart", pause: 0 });
	expect(afterDeath([0, 3, CRASH_WINDOW_MS + 2])).toEqual({ type: "restart", pause: 2_000 });
});

test("whatever the clock did, three ends near each other park and one alone never does", () => {
	fc.assert(
		fc.property(fc.array(fc.integer({ min: 0, max: 10 * CRASH_WINDOW_MS }), { maxLength: 8 }), (deaths) => {
			const newest = deaths.at(-1) ?? 0;
			const near = deaths.filter((at) => Math.abs(newest - at) < CRASH_WINDOW_MS).length;
			expect(afterDeath(deaths).type).toBe(near >= 3 ? "park" : "restart");
		}),
	);
});

test("a run that ended in an error is resumed with growing pauses, so often and no more", () => {
	const pauses = Array.from({ length: RESUMES + 2 }, (_, i) => resumePause(i + 1));
	expect(pauses).toEqual([5_000, 10_000, 20_000, 40_000, undefined, undefined]);
});
