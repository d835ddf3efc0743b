/**
 * The tour: the whole job by real pi processes and a scripted model, in a folder of its own. Hub and host are killed in
 * the middle, two agents forget to log; at the end the hub is asked what it remembers.
 */
import type { Context } from "../cli/context.ts";
import { findPi } from "../cli/pi.ts";
import type { EnsureOptions } from "../daemon/ensure.ts";
import { DAEMONS, type Daemon, logFile } from "../daemon/home.ts";
import { logTail } from "../daemon/log.ts";
import { livingDaemon } from "../daemon/run-file.ts";
import { readAdminToken } from "../daemon/token.ts";
import { Fault, reason } from "../errors.ts";
import { endFleet, endHub } from "./curtain.ts";
import { type Figures, NOTHING } from "./figures.ts";
import { startModel } from "./model/server.ts";
import { Narrator } from "./narrator.ts";
import { demoOptions } from "./options.ts";
import { Patience } from "./patience.ts";
import { Play } from "./play.ts";
import { makeStage, removeStage, type Stage } from "./stage.ts";
import { SCRIPT } from "./story.ts";

/** For everything that has to happen; the end comes on top. */
const WITHIN = 70_000;

/** Resolves to the exit code: 0 only when all is as it should be. Throws `usage`, `pi_missing`, `pi_too_old`. */
export async function tour(context: Context, args: readonly string[]): Promise<number> {
	const { world, out } = context;
	const { keep, settings } = demoOptions(args);
	const pi = await findPi(context.env);
	const { signal, release } = untilStopped();
	const narrator = new Narrator(world.clock, out);
	const stage = makeStage(context.env);
	const daemons = { world, home: stage.home, env: stage.env, speaks: context.speaks };
	const model = await startModel({ script: SCRIPT, log: stage.requests });
	out(`One orchestrator, three lieutenants, real pi ${pi.version} with a scripted model.`);
	out(`All of it happens in ${stage.root}; nothing of yours is touched.\n`);
	const patience = new Patience(world.clock, WITHIN, signal);
	const play = new Play({ pi, stage, settings, daemons, model, narrator, patience, signal });
	let figures: Figures = NOTHING;
	try {
		const told = await play.run();
		out(told.text);
		figures = told.figures;
	} catch (thrown) {
		out(`\n  It did not come to its end: ${sentence(thrown)}`);
		if (!signal.aborted) for (const daemon of DAEMONS) out(lastWords(daemons, daemon));
		if (!keep && !signal.aborted) out("  `flagship demo --keep` leaves everything there to look at.");
	} finally {
		play.close();
		await endFleet(daemons);
		if (!keep) await endHub(daemons);
		await model.close();
		release();
	}
	if (keep) leave(stage, daemons, out);
	else removeStage(stage);
	out(JSON.stringify({ ...figures, seconds: narrator.seconds }));
	return figures.ok ? 0 : 1;
}

const sentence = (thrown: unknown): string =>
	thrown instanceof Fault ? `${thrown.message} ${thrown.remedy}` : reason(thrown);

/** The end of a daemon's log, which goes away with the folder. */
function lastWords({ world, home }: EnsureOptions, daemon: Daemon): string {
	const words = logTail(world, logFile(home, daemon), 0);
	return words === "" ? `  The ${daemon} has logged nothing.` : `  The log of the ${daemon} ends with:\n${words}`;
}

/** Ctrl-C ends the tour in order: processes of its own are not left behind. */
function untilStopped(): { readonly signal: AbortSignal; release(): void } {
	const stop = new AbortController();
	const interrupt = () => stop.abort(new Error("stopped by hand."));
	for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, interrupt);
	return {
		signal: stop.signal,
		release() {
			for (const name of ["SIGINT", "SIGTERM"] as const) process.off(name, interrupt);
		},
	};
}

/** The token is printed on purpose: this hub holds nothing but the demo. */
function leave(
	{ root, repository, requests, env }: Stage,
	{ world, home }: EnsureOptions,
	out: (text: string) => void,
) {
	const where = `FLAGSHIP_HOME=${home.root} XDG_RUNTIME_DIR=${env.XDG_RUNTIME_DIR}`;
	out(`  Kept. To look:  ${where} flagship log query`);
	out(`  To end it:      ${where} flagship stop; rm -r ${root}\n`);
	const hubUrl = livingDaemon(world, home, "hub")?.address ?? null;
	const token = readAdminToken(world, home.hub) ?? null;
	out(JSON.stringify({ kept: { home: home.root, hubUrl, token, repo: repository, requests } }));
}
