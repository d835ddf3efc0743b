import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { CELLS, EXTRAS, FAULTS } from "./faults.ts";
import { simulate } from "./run.ts";
import type { Soaked } from "./soak.ts";
import { tableOf } from "./table.ts";

/** Enough that every fault meets every state, most of them often. */
const RUNS = 1_000;
/** Processes of their own: they need no test runner around each line, and there are two cores. */
const SHARES = 2;

async function soak(seed: number, seeds: number): Promise<Soaked> {
	const args = ["--no-warnings", "test/sim/soak.ts", "--json", "--seed", String(seed), "--seeds", String(seeds)];
	// Failing seeds end it with 1; what it prints is the same.
	const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 64 * 1024 * 1024 }).catch(
		(thrown: unknown) => {
			if (typeof thrown === "object" && thrown !== null && "stdout" in thrown && thrown.stdout !== "")
				return { stdout: String(thrown.stdout) };
			throw thrown;
		},
	);
	return JSON.parse(stdout) as Soaked;
}

test(`${RUNS} seeded runs under every kind of fault in every state lose, double, forget and hide nothing`, async () => {
	const share = RUNS / SHARES;
	const shares = await Promise.all(Array.from({ length: SHARES }, (_, i) => soak(1 + i * share, share)));
	const struck = new Map<string, number>();
	for (const [key, count] of shares.flatMap((one) => one.struck)) struck.set(key, (struck.get(key) ?? 0) + count);
	console.log(tableOf(struck));
	expect(shares.flatMap(({ failed }) => failed)).toEqual([]);
	// Each fault met lieutenants in each state, or these runs prove little.
	const never = (fault: string, state: string): boolean => (struck.get(`${fault} ${state}`) ?? 0) === 0;
	expect(CELLS.filter(({ fault, state }) => never(fault, state))).toEqual([]);
	expect(EXTRAS.flatMap((what) => FAULTS.filter((fault) => never(fault, what)))).toEqual([]);
}, 600_000);

test("the same seed gives the same run, to the last step", async () => {
	const lines = async (seed: number): Promise<readonly string[]> => {
		const trace: string[] = [];
		const run = await simulate(seed, { trace: (line) => trace.push(line) });
		return [...trace, `${run.steps} steps, ${run.took} ms`];
	};
	// One with a hub, one without.
	for (const seed of [8, 7]) {
		const first = await lines(seed);
		expect(first.length).toBeGreaterThan(20);
		expect(await lines(seed)).toEqual(first);
	}
	expect(await lines(8)).not.toEqual(await lines(7));
}, 120_000);
