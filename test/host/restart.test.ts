import fc from "fast-check";
import { expect, test } from "vitest";
import { begunLife, writeNote } from "../../src/host/agent/life-file.ts";
import { afterDeath, CRASH_WINDOW_MS, RESUMES, resumePause } from "../../src/host/restart.ts";
import { Turns } from "../../src/host/turns.ts";
import { SimFiles } from "../sim/files.ts";
import { Time } from "../sim/time.ts";

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

test("a life counts as begun once its process is noted or its end is: a host may die before that", () => {
	const files = new SimFiles(new Time());
	const process = { pid: 7, started: "then" };
	files.makeFolder("/lt");
	expect(begunLife(files, "/lt")).toBe(0);
	writeNote(files, "/lt", { life: 3, ended: false });
	expect(begunLife(files, "/lt")).toBe(2);
	writeNote(files, "/lt", { life: 3, process, ended: false });
	expect(begunLife(files, "/lt")).toBe(3);
	writeNote(files, "/lt", { life: 3, ended: true });
	expect(begunLife(files, "/lt")).toBe(3);
});

test("a start waits for the end that was begun before it, also for one that fails", async () => {
	const turns = new Turns();
	const done: string[] = [];
	const gate = Promise.withResolvers<void>();
	const stop = turns.take(async () => {
		await gate.promise;
		done.push("stopped");
		throw new Error("badly");
	});
	const start = turns.take(() => done.push("started"));
	await Promise.resolve();
	expect(done).toEqual([]);
	gate.resolve();
	await expect(stop).rejects.toThrow("badly");
	await start;
	expect(done).toEqual(["stopped", "started"]);
});
