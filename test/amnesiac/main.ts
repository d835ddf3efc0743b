/**
 * The amnesiac run: `npm run amnesiac [-- --keep] [--set gates.workLog=off]`. No skills, no prompt section, compaction
 * every five turns, a model that ignores every instruction; what must hold holds by structure alone. Its last line is
 * the recount; it ends with 1 when an invariant does not hold.
 */
import { makeContext } from "../../src/cli/context.ts";
import { findPi } from "../../src/cli/pi.ts";
import { livingDaemon } from "../../src/daemon/run-file.ts";
import { readAdminToken } from "../../src/daemon/token.ts";
import { endFleet, endHub } from "../../src/demo/curtain.ts";
import { startModel } from "../../src/demo/model/server.ts";
import { demoOptions } from "../../src/demo/options.ts";
import { Patience } from "../../src/demo/patience.ts";
import { makeStage, removeStage } from "../../src/demo/stage.ts";
import { Fault, reason } from "../../src/errors.ts";
import { VersSim } from "../support/vers-sim/sim.ts";
import { answersOf } from "./evidence.ts";
import { NO_FIGURES } from "./recount.ts";
import { Run } from "./run.ts";

/** ms for everything. */
const WITHIN = 150_000;
const USAGE = "Usage: npm run amnesiac [-- --keep] [-- --set gates.workLog=off]";

async function amnesiac(args: readonly string[]): Promise<number> {
	const { world, env: person, speaks, out } = makeContext();
	const { keep, settings } = demoOptions(args, USAGE);
	const pi = await findPi(person);
	const stage = makeStage(person);
	const stop = new AbortController();
	for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => stop.abort(new Error("stopped by hand.")));
	const daemons = { world, home: stage.home, env: stage.env, speaks };
	const model = await startModel({ log: stage.requests, answers: answersOf(stage), keep: 10_000 });
	const sim = await VersSim.start({ slots: 2 });
	const since = world.clock.elapsed();
	const say = (text: string): void =>
		out(`${((world.clock.elapsed() - since) / 1_000).toFixed(1).padStart(6)}  ${text}`);
	say(`An amnesiac fleet in real pi ${pi.version}; all of it happens in ${stage.root}.`);
	const patience = new Patience(world.clock, WITHIN, stop.signal);
	const run = new Run({ pi, stage, settings, daemons, model, patience, sim, signal: stop.signal, say });
	let figures = NO_FIGURES;
	try {
		const found = await run.play();
		for (const sentence of found.wrong) out(`  Not as it should be: ${sentence}.`);
		figures = found.figures;
	} catch (thrown) {
		out(`  It did not come to its end: ${reason(thrown)}`);
	} finally {
		run.close();
		await endFleet(daemons);
		if (!keep) await endHub(daemons);
		await model.close();
		await sim.close();
	}
	say("It is over.");
	if (keep) {
		const where = `FLAGSHIP_HOME=${stage.home.root} XDG_RUNTIME_DIR=${stage.env.XDG_RUNTIME_DIR}`;
		out(`  Kept. To look:  ${where} flagship log query`);
		out(`  To end it:      ${where} flagship stop; rm -r ${stage.root}`);
		const hubUrl = livingDaemon(world, stage.home, "hub")?.address ?? null;
		const token = readAdminToken(world, stage.home.hub) ?? null;
		const { repository: repo, requests } = stage;
		out(JSON.stringify({ kept: { home: stage.home.root, hubUrl, token, repo, requests, answers: answersOf(stage) } }));
	} else removeStage(stage);
	out(JSON.stringify(figures));
	return figures.ok ? 0 : 1;
}

try {
	process.exitCode = await amnesiac(process.argv.slice(2));
} catch (thrown) {
	if (!(thrown instanceof Fault)) throw thrown;
	process.stderr.write(`${thrown.message}\n`);
	process.exitCode = 2;
}
