import fc from "fast-check";
import { expect, test } from "vitest";
import { Wake } from "../../src/daemon/wake.ts";

const clock = (at: { wall: number; elapsed: number }) => ({ now: () => at.wall, elapsed: () => at.elapsed });

test("a sleep is wall time that this process did not have; a stop is time that it did not use", () => {
	const at = { wall: 1_000_000, elapsed: 0 };
	const wake = new Wake(clock(at));
	const pass = (wall: number, elapsed: number) => {
		at.wall += wall;
		at.elapsed += elapsed;
		return wake.look(5_000);
	};
	expect(pass(5_000, 5_000)).toBeUndefined();
	expect(pass(9_000, 8_000)).toBeUndefined();
	expect(pass(3_605_000, 5_000)).toEqual({ slept: 3_600_000, stood: 0 });
	expect(pass(65_000, 65_000)).toEqual({ slept: 0, stood: 60_000 });
	expect(pass(-3_595_000, 5_000)).toEqual({ slept: -3_600_000, stood: 0 });
	expect(pass(5_000, 5_000)).toBeUndefined();
});

test("each sleep is told once and whole, whenever it is looked for", () => {
	const step = fc.record({ ran: fc.integer({ min: 0, max: 6_000 }), slept: fc.constantFrom(0, 0, 0, 30_000, 900_000) });
	fc.assert(
		fc.property(fc.array(step), (steps) => {
			const at = { wall: 0, elapsed: 0 };
			const wake = new Wake(clock(at));
			let told = 0;
			for (const { ran, slept } of steps) {
				at.wall += ran + slept;
				at.elapsed += ran;
				told += wake.look(5_000)?.slept ?? 0;
			}
			expect(told).toBe(steps.reduce((sum, { slept }) => sum + slept, 0));
		}),
	);
});
