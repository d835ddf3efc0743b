/** What was said about the bounds of new work, checked before anything is made of it. */
import { BUDGET_LEAST } from "../../contract/budgets.ts";
import { fault } from "../../errors.ts";
import type { Bound, Order } from "../bounds/bound.ts";
import { capText, parseCap } from "../bounds/cap.ts";
import { before } from "../bounds/check.ts";
import { dueText, parseDeliverable } from "../bounds/deliverable.ts";
import type { Wanted } from "../budgets/purse.ts";
import type { Host } from "../host.ts";
import type { Standing } from "../store/roster.ts";

export interface Said {
	readonly deliverable?: string;
	readonly cap?: string;
}

/** Throws `invalid_input` in words. */
export const orderOf = ({ deliverable, cap }: Said): Order => ({
	...(deliverable === undefined ? {} : { deliverable: parseDeliverable(deliverable) }),
	...(cap === undefined ? {} : { cap: parseCap(cap) }),
});

/** With what is there before the work begins, so that later there is something to compare with. */
export async function placed(host: Host, order: Order, cwd: string, task: string | undefined): Promise<Order> {
	const given = task === undefined ? {} : { task };
	if (order.deliverable === undefined) return { ...order, ...given };
	if (order.deliverable.type === "task" && task === undefined)
		throw fault("invalid_input", "deliverable: there is no board task to finish; name another, such as report");
	return { ...order, ...given, deliverable: await before(host.options.world, order.deliverable, cwd) };
}

/** The money of new work: what its cap says, all or nothing; derived, or of a cap that names none, what there is. */
export function moneyFor(host: Host, { cap }: Order, under?: Bound): Wanted {
	if (cap?.usd !== undefined) return { usd: cap.usd, least: undefined };
	const holds = cap ?? under?.cap ?? { usd: host.bounds.usd };
	return { usd: holds.usd, least: BUDGET_LEAST };
}

/** What the lieutenant is told of what was said; of what was derived it hears when it matters. */
export const orderText = ({ deliverable, cap }: Order): string =>
	[
		...(deliverable === undefined || deliverable.type === "none" ? [] : [`Due at the end: ${dueText(deliverable)}.`]),
		...(cap === undefined ? [] : [`You have ${capText(cap)}.`]),
	].join(" ");

/** Work without anything due is logged: who comes next should not look for what nobody asked for. */
export function logNothingDue(host: Host, { spec, owner }: Standing, bound: Bound, order: Order): void {
	if (order.deliverable?.type !== "none") return;
	const asker = host.tokens.of(`orchestrator:${owner}`, "orchestrator", owner);
	const effect = `gave ${spec.name} work without a deliverable`;
	const text = `[auto] ${owner} ${effect}; its cap is ${capText(bound.cap)}.`;
	const facts = { files: [], commits: [], effects: [effect], mark: "auto" as const };
	host.keep(asker.subject, "log.append", { text, facts }, `none ${bound.id}`);
}
