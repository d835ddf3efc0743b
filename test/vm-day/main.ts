/**
 * The day on which the VMs failed, on the simulated platform: `npm run demo -- --vms [--keep]`. Four lieutenants on VMs;
 * then no machine can be had, a deletion leaks, a line dies without a word. The fleet goes on here, one is moved here; the
 * outage is one incident, and in the end the ledger of undeleted machines is empty. Its last line is counted from the hub,
 * the hosts and the platform's own list; it ends with 1 when one of them does not bear it out.
 */
import { makeContext } from "../../src/cli/context.ts";
import { endFleet, endHub } from "../../src/demo/curtain.ts";
import { startModel } from "../../src/demo/model/server.ts";
import { Patience } from "../../src/demo/patience.ts";
import { furnish, makeRepository, makeStage, removeStage } from "../../src/demo/stage.ts";
import { ORCHESTRATOR, SHOP } from "../../src/demo/story.ts";
import { reason } from "../../src/errors.ts";
import { putAway } from "../support/cleanup.ts";
import { pis } from "../support/pis.ts";
import { fleetSettings, makeGolden } from "../support/vers-fleet.ts";
import { VersSim } from "../support/vers-sim/sim.ts";
import { Day, NOTHING } from "./day.ts";

/** ms for everything: a line that died silently is noticed after 45 s, what was not deleted is tried again after 60 s. */
const WITHIN = 240_000;
/** Machines at once; one is the golden one's, which is gone by then. */
const SLOTS = 5;

async function play(keep: boolean): Promise<number> {
	const { world, env, speaks, out } = makeContext();
	const [pi] = await pis();
	if (pi === undefined || pi.missing !== undefined) throw new Error(pi?.missing ?? "There is no pi.");
	const stage = makeStage(env);
	const daemons = { world, home: stage.home, env: stage.env, speaks };
	const stop = new AbortController();
	for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => stop.abort(new Error("stopped by hand.")));
	const since = world.clock.elapsed();
	const say = (text: string) => out(`${((world.clock.elapsed() - since) / 1_000).toFixed(1).padStart(6)}  ${text}`);
	say(`Real pi ${pi.version}, a scripted model, a simulated platform; all of it happens in ${stage.root}.`);
	const sim = await VersSim.start({ slots: SLOTS });
	const model = await startModel({ log: stage.requests });
	let figures = NOTHING;
	try {
		await makeRepository(world, stage, SHOP);
		const golden = await makeGolden(sim, model.url, pi.cli);
		furnish(stage, model.url, [ORCHESTRATOR], fleetSettings(sim, golden));
		const patience = new Patience(world.clock, WITHIN, stop.signal);
		const day = new Day({ sim, stage, daemons, patience, pi: [process.execPath, pi.cli], say });
		try {
			figures = await day.play();
		} finally {
			day.close();
		}
		for (const sentence of day.wrong) out(`  Not as it should be: ${sentence}.`);
	} catch (thrown) {
		out(`  It did not come to its end: ${reason(thrown)}`);
	}
	if (keep) {
		out(`  Kept. The platform's own list: curl -H "Authorization: Bearer <its key>" ${sim.baseUrl}/sim/machines`);
		out(`  To look:  FLAGSHIP_HOME=${stage.home.root} XDG_RUNTIME_DIR=${stage.env.XDG_RUNTIME_DIR} flagship vm list`);
		out("  Ctrl-C ends it.");
		out(JSON.stringify(figures));
		await new Promise<void>((resolve) => stop.signal.addEventListener("abort", () => resolve(), { once: true }));
	}
	await endFleet(daemons);
	await endHub(daemons);
	await model.close();
	await sim.close();
	await putAway();
	removeStage(stage);
	if (!keep) out(JSON.stringify(figures));
	return figures.ok ? 0 : 1;
}

process.exitCode = await play(process.argv.includes("--keep"));
