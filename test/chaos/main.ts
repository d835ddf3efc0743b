/**
 * `npm run chaos -- --minutes 3 --seed S`: real processes under seeded kills and freezes, judged by what they leave. A
 * failing seed is printed with what happened, and its folder stays.
 */
import { parseArgs } from "node:util";
import { findPi } from "../../src/cli/pi.ts";
import { openTheatre } from "../support/theatre.ts";
import { CHAOS, Chaos } from "./run.ts";

const { values } = parseArgs({ options: { minutes: { type: "string" }, seed: { type: "string" } } });
const minutes = Number(values.minutes ?? 3);
const seed = Number(values.seed ?? Math.floor(Math.random() * 1e6));
const theatre = await openTheatre();
const { env, out, stage, daemons, model, signal, say } = theatre;
const crew = ["ada", "bo", "cy"];
const chaos = new Chaos({
	...{
		pi: await findPi(env),
		stage,
		daemons,
		model,
		signal,
		seed,
		ms: minutes * 60_000,
		rhythm: CHAOS,
		crew,
		say,
	},
});
let failed = true;
try {
	const { failures, faults, messages } = await chaos.play();
	for (const failure of failures) out(`  ${failure}`);
	failed = failures.length > 0;
	out(`${failed ? "FAILED" : "ok"}: seed ${seed}, ${faults} faults, ${messages} messages, ${failures.length} failures`);
} finally {
	chaos.close();
	await theatre.close(failed ? `FLAGSHIP_CHAOS_SEED=${seed}; ` : undefined);
}
process.exitCode = failed ? 1 : 0;
