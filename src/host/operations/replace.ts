/**
 * A fresh agent takes a lieutenant's place: the same name, role, folder, branch, task and unread messages, another session
 * and another id. The old one's end, the new one's beginning and the messages that change hands are stored together, so that
 * a host that is killed has either of them at work, and no message is lost or answered twice.
 */
import type { Static } from "@sinclair/typebox";
import { BUDGET_LEAST } from "../../contract/budgets.ts";
import type { replace } from "../../contract/replace.ts";
import { fault } from "../../errors.ts";
import { type Bound, begin, courseOf, type Order } from "../bounds/bound.ts";
import type { Context } from "../calls.ts";
import type { Host } from "../host.ts";
import type { Lieutenant } from "../lieutenant.ts";
import type { Spec, Standing } from "../store/roster.ts";
import { legacyOf } from "./legacy.ts";
import { moneyFor, orderText } from "./order.ts";
import { takeTaskBack } from "./resume.ts";

type Input = Static<typeof replace.input>;
type Output = Static<typeof replace.output>;

/** One whose place was taken by a first request, the answer of which was lost. */
export const successorOf = (host: Host, id: string | undefined): Lieutenant | undefined =>
	id === undefined ? undefined : [...host.lieutenants.values()].find(({ standing }) => standing.spec.before?.id === id);

/** Messages in which its work is looked for. */
const RECENT = 50;

export async function replaceLieutenant(host: Host, old: Lieutenant, input: Input, context: Context): Promise<Output> {
	const { standing } = old;
	const { spec, owner, bound } = standing;
	if (spec.loop !== undefined)
		throw fault("conflict", `${spec.name} is a round of a Ralph loop: the next one is fresh anyway.`);
	const to = host.moves.of(spec.id);
	if (to !== undefined) throw fault("lieutenant_moving", spec.name, to);
	const taken = () => fault("conflict", `${spec.name} is being moved or replaced by another call.`);
	return await host.moves.alone(spec.id, taken, async () => {
		host.disk.refuse(spec.cwd);
		const id = host.newId();
		const own = host.purse.ownLimit(spec.id);
		if (own !== undefined) await host.purse.limit(owner, id, Math.max(BUDGET_LEAST, own - standing.costUsd));
		const work = () => succeed(host, old, { id, input }, context);
		if (bound === undefined) return await work();
		// Before the old one is ended: work that nobody can pay for is not begun anew.
		const who = { id, name: spec.name, fleet: owner, costUsd: 0, generation: context.acting?.generation };
		return await host.purse.during(who, moneyFor(host, {}, bound), work);
	});
}

async function succeed(
	host: Host,
	old: Lieutenant,
	{ id, input }: { readonly id: string; readonly input: Input },
	context: Context,
): Promise<Output> {
	// At once: what waits for it is its successor's to read.
	await old.pause(0);
	const before = await legacyOf(host, old, input.note);
	const { standing } = old;
	const { spec } = standing;
	host.store.transaction(() => host.tokens.of(`lieutenant:${id}`, "lieutenant", spec.name));
	const note = await takeTaskBack(host, standing, id);
	// What came from another machine's session is known by the old one alone.
	const launch = spec.from === undefined ? context.launch : undefined;
	if (launch === undefined) host.launches.hand(spec.id, id);
	else host.launches.keep(id, launch);
	const next = standingOf(host, standing, { id, input, pi: launch?.pi ?? spec.pi, before });
	await old.succeeded(id, () => {
		host.roster.save(next);
		handOver(host, standing, next, note);
	});
	host.dismiss(spec.id);
	const lieutenant = host.employ(next);
	host.introduce(`lieutenant:${id}`);
	await lieutenant.launch();
	return { ...lieutenant.view(), ...(note === undefined ? {} : { note }) };
}

interface Fresh {
	readonly id: string;
	readonly input: Input;
	readonly pi: readonly string[];
	readonly before: Spec["before"];
}

function standingOf(host: Host, { spec, owner, bound }: Standing, { id, input, pi, before }: Fresh): Standing {
	const { request: _, before: __, ...stays } = spec;
	const { model, thinking } = input;
	const createdAt = host.isoNow();
	const made: Spec = {
		...{ ...stays, id, pi, createdAt },
		...(model === undefined ? {} : { model }),
		...(thinking === undefined ? {} : { thinking }),
		...(before === undefined ? {} : { before }),
	};
	const fresh: Standing = {
		...{ spec: made, owner, state: "starting", changedAt: createdAt },
		...{ lives: 0, dead: 0, deaths: [], errors: 0, turns: 0, tokens: 0, costUsd: 0 },
	};
	if (bound === undefined) return fresh;
	const course = courseOf(fresh, host.options.world.clock.now());
	return { ...fresh, bound: begin(host.newId(), orderOf(bound), course, host.bounds) };
}

const orderOf = ({ deliverable, cap, task }: Bound): Order => ({
	...{ deliverable, cap },
	...(task === undefined ? {} : { task }),
});

/** What was not read is the new one's. The work in whose middle the old one was ended is given again, before all that. */
function handOver(
	host: Host,
	{ spec, state, interrupted }: Standing,
	{ spec: { id }, bound }: Standing,
	note: string | undefined,
): void {
	const cutShort = interrupted === true || state === "stopped" || state === "failed";
	const open = host.outbox.rows(spec.id).filter((row) => row.open === 1);
	const asked = host.outbox.list(spec.id, RECENT);
	const given = asked.find(({ mode, receipt }) => mode !== "steer" && receipt === "consumed");
	if (bound !== undefined && given !== undefined && cutShort) {
		const words = ["Go on with this, which the one before you was asked:", given.text, orderText(orderOf(bound)), note];
		const text = words.filter(Boolean).join("\n\n");
		host.outbox.add(id, { id: host.newId(), n: 1, mode: "prompt", text, receipt: "queued" }, host.isoNow());
	}
	host.outbox.take(open.map((row) => ({ ...row, lieutenant: id, receipt: "queued" })));
}
