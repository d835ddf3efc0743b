/** The sentences of budgets. */
import type { Budget } from "../../contract/budgets.ts";
import type { Share } from "./share.ts";

/** Whose budget. */
export type Side =
	| { readonly type: "fleet"; readonly fleet: string }
	| { readonly type: "lieutenant"; readonly id: string };

const money = (usd: number): string => `$${usd.toFixed(2)}`;

/** The limit that won, as a stop names it. `limitUsd` of the budget that decides. */
export function limitText({ granted, by }: Pick<Share, "granted" | "by">, limitUsd: number | undefined): string {
	if (by === undefined || limitUsd === undefined)
		return `the ${money(granted)} reserved for it, and no hub to reserve more`;
	return by === "fleet" ? `the fleet's budget of ${money(limitUsd)}` : `its own budget of ${money(limitUsd)}`;
}

/** `The fleet has spent $4.10 of $5.00 (82 %).` */
export function warningText(side: Side, name: string, { spentUsd, limitUsd = 0 }: Budget): string {
	const whose = side.type === "fleet" ? "The fleet" : name;
	const part = Math.floor((spentUsd / limitUsd) * 100 + 1e-6);
	const then = side.type === "fleet" ? "no lieutenant gets new work" : `${name} gets no new work`;
	return `${whose} has spent ${money(spentUsd)} of ${money(limitUsd)} (${part} %). At the limit work is stopped with a report, and ${then}; budget_show says who has what.`;
}
