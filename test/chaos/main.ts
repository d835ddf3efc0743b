/**
 * `npm run chaos -- --minutes 3 --seed S`: real processes under seeded kills and freezes, judged by what they leave. A
 * failing seed is printed with what happened, and its folder stays.
 */
import { parseArgs } from "node:util";
import { makeContext } from "../../src/cli/context.ts";
import { findPi } from "../../src/cli/pi.ts";
import { endFleet, endHub } from "../../src/demo/curtain.ts";
import { startModel } from "../../src/demo/model/server.ts";
import { makeStage, removeStage } from "../../src/demo/stage.ts";
import { answersOf } from "../amnesiac/evidence.ts";
import { CHAOS, Chaos } from "./run.ts";

const { values } = parseArgs({ options: { minutes: { type: "string" }, seed: { type: "string" } } });
const minutes = Number(values.minutes ?? 3);
const seed = Number(values.seed ?? Math.floor(Math.random() * 1e6));
const { world, env, speaks, out } = makeContext();
const stage = makeStage(env);
const stop = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => stop.abort(new Error("stopped by hand.")));
const daemons = { world, home: stage.home, env: stage.env, speaks };
const model = await startModel({ log: stage.requests, answers: answersOf(stage), keep: 10_000 });
const since = world.clock.elapsed();
const say = (text: string): void => out(`${((world.clock.elapsed() - since) / 1_000).toFixed(1).padStart(6)}  ${text}`);
const crew = ["ada", "bo", "cy"];
const chaos = new Chaos({
	...{
		pi: await findPi(env),
		stage,
		daemons,
		model,
		signal: stop.signal,
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
	await endFleet(daemons);
	await endHub(daemons);
	await model.close();
	if (failed) out(`FLAGSHIP_CHAOS_SEED=${seed}; what it left is in ${stage.root}`);
	else removeStage(stage);
}
process.exitCode = failed ? 1 : 0;
