import { expect, test } from "vitest";
import { simulate } from "./run.ts";
import { tableOf } from "./table.ts";

/** `FLAGSHIP_SIM_SEED=42` plays that run alone; what a failing test prints is such a line. */
const only = process.env.FLAGSHIP_SIM_SEED;
const RUNS = 100;
const seeds = only === undefined ? Array.from({ length: RUNS }, (_, i) => i + 1) : [Number(only)];

test(`${seeds.length} seeded runs under kills of host and agents and cut connections lose, double and forget nothing`, async () => {
	const struck = new Map<string, number>();
	for (const seed of seeds) {
		const run = await simulate(seed);
		expect(run.failures, `FLAGSHIP_SIM_SEED=${seed}`).toEqual([]);
		for (const [key, count] of run.struck) struck.set(key, (struck.get(key) ?? 0) + count);
	}
	console.log(tableOf(struck));
	// Each fault met lieutenants at rest and at work, or these runs prove little.
	for (const fault of ["host kill", "agent kill", "cut"]) {
		for (const state of only === undefined ? ["idle", "working", "starting"] : []) {
			expect(struck.get(`${fault} ${state}`) ?? 0, `${fault} while ${state}`).toBeGreaterThan(0);
		}
	}
}, 120_000);

test("the same seed gives the same run, to the last step", async () => {
	const lines = async (seed: number): Promise<readonly string[]> => {
		const trace: string[] = [];
		const run = await simulate(seed, { trace: (line) => trace.push(line) });
		return [...trace, `${run.steps} steps, ${run.took} ms`];
	};
	const first = await lines(7);
	expect(first.length).toBeGreaterThan(50);
	expect(await lines(7)).toEqual(first);
	expect(await lines(8)).not.toEqual(first);
});
