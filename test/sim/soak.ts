/** Many simulated runs: `npm run sim:soak -- --seeds 1000 [--seed 1]`. Ends with 1 and the first failing seed. */
import { parseArgs } from "node:util";
import { simulate } from "./run.ts";
import { tableOf } from "./table.ts";

const { values } = parseArgs({
	options: {
		seeds: { type: "string" },
		seed: { type: "string" },
		trace: { type: "boolean" },
		all: { type: "boolean" },
	},
});
const first = Number(values.seed ?? 1);
const last = first + Number(values.seeds ?? 1) - 1;
const struck = new Map<string, number>();
let [messages, steps, failed] = [0, 0, 0];
for (let seed = first; seed <= last; seed++) {
	const run = await simulate(seed, values.trace === true ? { trace: (line) => console.log(line) } : {});
	for (const [key, count] of run.struck) struck.set(key, (struck.get(key) ?? 0) + count);
	messages += run.messages;
	steps += run.steps;
	if (run.failures.length === 0) continue;
	failed += 1;
	console.log(`FLAGSHIP_SIM_SEED=${seed}\n\t${run.failures.slice(0, 5).join("\n\t")}`);
	if (values.all !== true) break;
}
console.log(`${tableOf(struck)}\n${last - first + 1} runs, ${failed} failed, ${messages} messages, ${steps} steps`);
process.exitCode = failed > 0 ? 1 : 0;
