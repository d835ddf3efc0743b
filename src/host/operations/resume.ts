/** A lieutenant is started again. A limit gave its task back to the board: it is claimed again, or it is said why not. */
import type { Static } from "@sinclair/typebox";
import * as claims from "../../contract/claims.ts";
import type { resume } from "../../contract/lieutenants.ts";
import { Fault, fault } from "../../errors.ts";
import { releaseKey } from "../bounds/report.ts";
import type { Context } from "../calls.ts";
import type { Host } from "../host.ts";
import type { Lieutenant } from "../lieutenant.ts";
import { shouldRun } from "../lifecycle.ts";
import type { Standing } from "../store/roster.ts";
import { moneyFor } from "./order.ts";

/** ms that what was kept for the hub has to reach it, and between two looks. */
const SENT_WITHIN = 5_000;
const LOOK = 100;

type Output = Static<typeof resume.output>;

export async function resumeLieutenant(host: Host, lieutenant: Lieutenant, context: Context): Promise<Output> {
	const { spec, owner, costUsd, state, bound } = lieutenant.standing;
	const to = host.moves.of(spec.id);
	if (to !== undefined) throw fault("lieutenant_moving", spec.name, to);
	host.disk.refuse(spec.cwd);
	if (bound === undefined || shouldRun(state)) return await again(host, lieutenant);
	// What it had to do is begun anew, so its money is reserved anew.
	const who = { id: spec.id, name: spec.name, fleet: owner, costUsd, generation: context.acting?.generation };
	return await host.purse.during(who, moneyFor(host, {}, bound), () => again(host, lieutenant));
}

async function again(host: Host, lieutenant: Lieutenant): Promise<Output> {
	const note = await takeTaskBack(host, lieutenant.standing, lieutenant.standing.spec.id);
	await lieutenant.resume(note);
	return { ...lieutenant.view(), ...(note === undefined ? {} : { note }) };
}

/**
 * What became of its task, in a sentence for its owner and for itself; undefined where it had none to lose. `by` is the
 * lieutenant that takes it: the same one, or its successor.
 */
export async function takeTaskBack(host: Host, standing: Standing, by: string): Promise<string | undefined> {
	const { bound, spec, state } = standing;
	if (state !== "stopped" || bound?.task === undefined) return undefined;
	const { task } = bound;
	const holder = host.tokens.of(`lieutenant:${by}`, "lieutenant", spec.name);
	try {
		await host.known(holder);
		await sent(host, `lieutenant:${spec.id}`, releaseKey(bound));
		await host.hubAs(holder).call(claims.claim, { id: task });
		return `Task ${task} is claimed again.`;
	} catch (thrown) {
		if (!(thrown instanceof Fault)) throw thrown;
		return `Task ${task} is not claimed again: ${thrown.message} ${thrown.remedy}`;
	}
}

/** The release goes first: sent after the claim, it would undo it. Throws `hub_away` when it does not go. */
async function sent(host: Host, author: string, key: string): Promise<void> {
	const { clock } = host.options.world;
	const until = clock.elapsed() + SENT_WITHIN;
	while (host.spool.holds(author, key)) {
		if (clock.elapsed() > until) throw fault("hub_away", "");
		await new Promise<void>((resolve) => clock.after(LOOK, resolve));
	}
}
