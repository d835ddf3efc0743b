/**
 * `npm run exact [-- --short] [--keep]`: what the hub says was used, against the scripted model's own log, after 20 kills,
 * three compactions, an outage of the hub and a session from before. The last line is the balance; it ends with 1 when
 * anything does not agree to the token and the cent.
 */
import { parseArgs } from "node:util";
import { makeContext } from "../../src/cli/context.ts";
import { findPi } from "../../src/cli/pi.ts";
import { endFleet, endHub } from "../../src/demo/curtain.ts";
import { startModel } from "../../src/demo/model/server.ts";
import { Patience } from "../../src/demo/patience.ts";
import { makeStage, removeStage } from "../../src/demo/stage.ts";
import { answersOf } from "../amnesiac/evidence.ts";
import { Exact, SHORT, WHOLE } from "./run.ts";

/** ms for everything. */
const WITHIN = 180_000;

const { values } = parseArgs({ options: { short: { type: "boolean" }, keep: { type: "boolean" } } });
const { world, env, speaks, out } = makeContext();
const stage = makeStage(env);
const stop = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => stop.abort(new Error("stopped by hand.")));
const daemons = { world, home: stage.home, env: stage.env, speaks };
const model = await startModel({ log: stage.requests, answers: answersOf(stage), keep: 10_000 });
const since = world.clock.elapsed();
const say = (text: string): void => out(`${((world.clock.elapsed() - since) / 1_000).toFixed(1).padStart(6)}  ${text}`);
const patience = new Patience(world.clock, WITHIN, stop.signal);
const plan = values.short === true ? SHORT : WHOLE;
const exact = new Exact({ pi: await findPi(env), stage, daemons, model, patience, signal: stop.signal, plan, say });
let well = false;
try {
	const { wrong, ...figures } = await exact.play();
	for (const sentence of wrong) out(`  Not as it should be: ${sentence}.`);
	well = wrong.length === 0;
	out(JSON.stringify({ ok: well, ...figures }));
} finally {
	exact.close();
	await endFleet(daemons);
	await endHub(daemons);
	await model.close();
	if (values.keep === true) out(`What it left is in ${stage.root}`);
	else removeStage(stage);
}
process.exitCode = well ? 0 : 1;
