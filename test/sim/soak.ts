/**
 * Many simulated runs: `npm run sim:soak -- --seeds 1000 [--seed 1]`. Prints each failing seed with what failed and how to
 * play it again, then how often each fault met each state. Ends with 1 when a seed failed. `--first` stops at that one,
 * `--trace` tells every step, `--json` prints one line for a program.
 */
import { parseArgs } from "node:util";
import { simulate } from "./run.ts";
import { tableOf } from "./table.ts";

/** What `--json` prints. */
export interface Soaked {
	readonly runs: number;
	readonly failed: readonly { readonly seed: number; readonly failures: readonly string[] }[];
	/** `<fault> <state>` and how often the one met the other. */
	readonly struck: readonly (readonly [string, number])[];
	readonly messages: number;
	readonly steps: number;
}

const { values } = parseArgs({
	options: {
		seeds: { type: "string", default: "1" },
		seed: { type: "string", default: "1" },
		first: { type: "boolean", default: false },
		trace: { type: "boolean", default: false },
		json: { type: "boolean", default: false },
	},
});

const struck = new Map<string, number>();
const failed: { seed: number; failures: readonly string[] }[] = [];
let [runs, messages, steps] = [0, 0, 0];
const from = Number(values.seed);
for (let seed = from; seed < from + Number(values.seeds); seed++) {
	const run = await simulate(seed, values.trace ? { trace: (line) => console.log(line) } : {});
	for (const [key, count] of run.struck) struck.set(key, (struck.get(key) ?? 0) + count);
	runs += 1;
	messages += run.messages;
	steps += run.steps;
	if (run.failures.length === 0) continue;
	failed.push({ seed, failures: run.failures });
	if (!values.json)
		console.log(
			`seed ${seed} failed; again: npm run sim:soak -- --seed ${seed} --trace\n\t${run.failures.slice(0, 5).join("\n\t")}`,
		);
	if (values.first) break;
}
if (values.json) console.log(JSON.stringify({ runs, failed, struck: [...struck], messages, steps } satisfies Soaked));
else console.log(`${tableOf(struck)}\n${runs} runs, ${failed.length} failed, ${messages} messages, ${steps} steps`);
process.exitCode = failed.length > 0 ? 1 : 0;
