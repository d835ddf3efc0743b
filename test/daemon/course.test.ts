import { expect, it } from "vitest";
import { afterEnd, backoff, type Course, type Ended, entryOf } from "../../src/daemon/course.ts";

const a = { version: "1", entry: "/a" };
const b = { version: "2", entry: "/b" };
const running: Course = { good: a, failures: 0 };
const trial: Course = { good: a, trying: b, failures: 0 };
const ended = (how: Ended["how"], settled = false): Ended => ({ how, settled });

it("an end in order ends the loop, also that of a new entry", () => {
	expect(afterEnd(running, ended("order"))).toEqual({ type: "leave", code: 0 });
	expect(afterEnd(trial, ended("order"))).toEqual({ type: "leave", code: 0 });
});

it("a daemon that refuses in words is not started again", () => {
	expect(afterEnd(running, ended("refused"))).toEqual({ type: "leave", code: 78 });
});

it("crashes are answered with longer and longer pauses, and a good life resets them", () => {
	let course = running;
	const delays: number[] = [];
	for (let i = 0; i < 9; i++) {
		const step = afterEnd(course, ended("crash"));
		if (step.type !== "start") throw new Error("left");
		delays.push(step.delay);
		course = step.course;
	}
	expect(delays).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
	expect(afterEnd(course, ended("crash", true))).toMatchObject({ delay: 100, course: { failures: 1 } });
	expect(backoff(10_000)).toBe(10_000);
});

it("a daemon that finds the lock held is tried again", () => {
	expect(afterEnd(running, ended("held"))).toMatchObject({ type: "start", course: { good: a } });
});

it("what a newer client asked for is started at once, however the old one ended", () => {
	for (const how of ["order", "crash", "held", "refused"] as const) {
		const step = afterEnd(running, { how, settled: true, next: b });
		expect(step).toEqual({ type: "start", course: trial, delay: 0 });
	}
});

it("a new entry that fails twice gives way to the last good one; one that stays up becomes the good one", () => {
	for (const how of ["crash", "held", "refused"] as const) {
		const once = afterEnd(trial, ended(how));
		expect(once).toMatchObject({ type: "start", course: { good: a, trying: b, failures: 1 } });
		if (once.type !== "start") throw new Error("left");
		const twice = afterEnd(once.course, ended(how));
		expect(twice).toEqual({ type: "start", course: { good: a, failures: 0 }, delay: 0, gaveUp: b });
	}
	const proven = afterEnd(trial, ended("crash", true));
	expect(proven).toMatchObject({ type: "start", course: { good: b } });
	expect(proven.type === "start" && entryOf(proven.course)).toEqual(b);
});

it("a second update while the first is on trial falls back to what was good before both", () => {
	const c = { version: "3", entry: "/c" };
	expect(afterEnd(trial, { ...ended("order"), next: c })).toMatchObject({ course: { good: a, trying: c } });
});
