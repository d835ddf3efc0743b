/**
 * `npm run exact [-- --short] [--keep]`: what the hub says was used, against the scripted model's own log, after 20 kills,
 * three compactions, an outage of the hub and a session from before. The last line is the balance; it ends with 1 when
 * anything does not agree to the token and the cent.
 */
import { parseArgs } from "node:util";
import { findPi } from "../../src/cli/pi.ts";
import { Patience } from "../../src/demo/patience.ts";
import { openTheatre } from "../support/theatre.ts";
import { Exact, SHORT, WHOLE } from "./run.ts";

/** ms for everything. */
const WITHIN = 180_000;

const { values } = parseArgs({ options: { short: { type: "boolean" }, keep: { type: "boolean" } } });
const theatre = await openTheatre();
const { world, env, out, stage, daemons, model, signal, say } = theatre;
const patience = new Patience(world.clock, WITHIN, signal);
const plan = values.short === true ? SHORT : WHOLE;
const exact = new Exact({ pi: await findPi(env), stage, daemons, model, patience, signal, plan, say });
let well = false;
try {
	const { wrong, ...figures } = await exact.play();
	for (const sentence of wrong) out(`  Not as it should be: ${sentence}.`);
	well = wrong.length === 0;
	out(JSON.stringify({ ok: well, ...figures }));
} finally {
	exact.close();
	await theatre.close(values.keep === true ? "kept: " : undefined);
}
process.exitCode = well ? 0 : 1;
