/**
 * Simulated runs on changed sources: `node --import ./test/mutants/hook.ts test/mutants/seeds.ts 1 2 3`. One line of JSON
 * for each run, in the order given; the first that fails is the last.
 */
import { loadHub } from "../sim/hub.ts";
import { simulate } from "../sim/run.ts";

export interface Played {
	readonly seed: number;
	/** Of CPU. */
	readonly ms: number;
	/** Where it came by; empty where nothing is noted. */
	readonly places: readonly number[];
	readonly failure?: string;
}

const reached = (globalThis as { flagshipReached?: Set<number> }).flagshipReached ?? new Set<number>();
await loadHub();
const loaded = [...reached];
for (const seed of process.argv.slice(2).map(Number)) {
	reached.clear();
	const before = process.cpuUsage();
	const [failure] = (await simulate(seed)).failures;
	const places = [...new Set([...loaded, ...reached])];
	const { user, system } = process.cpuUsage(before);
	const played: Played = { seed, ms: (user + system) / 1_000, places, ...(failure === undefined ? {} : { failure }) };
	console.log(JSON.stringify(played));
	if (failure !== undefined) break;
}
