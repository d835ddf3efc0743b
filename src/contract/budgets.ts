/**
 * Budgets in US dollars, of a fleet (an orchestrator's lieutenants together) and of a lieutenant (all its work). Money is
 * reserved before work begins and settled from usage: what is told is always how much was spent in all, so that a word
 * that comes twice, late or out of order changes nothing.
 */
import { type Static, Type } from "@sinclair/typebox";
import { EVERYONE, operation } from "./operation.ts";
import { oneOf, text } from "./shapes.ts";

/** US dollars. */
export const BUDGET_LEAST = 0.01;
export const BUDGET_MOST = 100_000;

const Fleet = text(200, "orchestrator name; default: yours");
const Usd = Type.Number({ minimum: 0, maximum: 1e6 });

export const Budget = Type.Object({
	limitUsd: Type.Optional(Type.Number({ description: "absent: no limit" })),
	spentUsd: Type.Number(),
	reservedUsd: Type.Number({ description: "given to work that is under way, and not spent yet" }),
	since: Type.String({ description: "ULID of the last change of the limit; empty for one of the settings" }),
});
export type Budget = Static<typeof Budget>;

const dollars = (usd: number): string => `$${usd.toFixed(2)}`;

/** `$1.84 / $5.00, $2.00 reserved`. */
function budgetText({ limitUsd, spentUsd, reservedUsd }: Budget): string {
	if (limitUsd === undefined) return "no limit";
	return `${dollars(spentUsd)} / ${dollars(limitUsd)}${reservedUsd > 0 ? `, ${dollars(reservedUsd)} reserved` : ""}`;
}

export const set = operation({
	name: "budgets.set",
	at: "hub",
	tool: "budget_set",
	cli: "budget set",
	summary: "Limit what your fleet, or one lieutenant in all its work, may spend. A fleet's limit you can only lower.",
	method: "POST",
	path: "/budgets",
	status: 200,
	input: Type.Object({
		usd: Type.Number({ minimum: BUDGET_LEAST, maximum: BUDGET_MOST, description: "US dollars" }),
		lieutenant: Type.Optional(text(200, "name or id; default: the whole fleet")),
		fleet: Type.Optional(Fleet),
		fresh: Type.Optional(Type.Boolean({ description: "count from zero again" })),
	}),
	output: Type.Object({ fleet: Type.String(), lieutenant: Type.Optional(Type.String()), ...Budget.properties }),
	allow: ["admin", "host", "orchestrator"],
	sentences: {
		usd: `a budget is ${BUDGET_LEAST} to ${BUDGET_MOST} US dollars, not {value}; flagship budget lift takes a limit away`,
	},
	tell: (budget) => `${budget.lieutenant ?? budget.fleet}: ${budgetText(budget)}.`,
});

export const lift = operation({
	name: "budgets.lift",
	at: "hub",
	cli: "budget lift",
	summary: "Take the limit away from a fleet (a person does that) or from a lieutenant.",
	method: "POST",
	path: "/budgets/lift",
	status: 200,
	input: Type.Object({
		lieutenant: Type.Optional(text(200, "name or id; default: the whole fleet")),
		fleet: Type.Optional(Fleet),
	}),
	output: Type.Object({ fleet: Type.String(), lieutenant: Type.Optional(Type.String()), ...Budget.properties }),
	allow: ["admin", "orchestrator"],
	tell: (budget) => `${budget.lieutenant ?? budget.fleet}: ${budgetText(budget)}.`,
});

export const show = operation({
	name: "budgets.show",
	at: "hub",
	tool: "budget_show",
	cli: "budget show",
	summary: "What the fleet and its lieutenants may spend, have spent, and have reserved.",
	method: "GET",
	path: "/budgets",
	status: 200,
	input: Type.Object({ fleet: Type.Optional(Fleet) }),
	output: Type.Object({
		fleet: Type.String(),
		...Budget.properties,
		lieutenants: Type.Array(Type.Object({ id: Type.String(), name: Type.String(), ...Budget.properties })),
	}),
	allow: EVERYONE,
	tell: ({ fleet, lieutenants, ...budget }) =>
		[
			`${fleet}: ${budgetText(budget)}`,
			...lieutenants.map(
				(one) =>
					`${one.name}: ${one.limitUsd === undefined ? `${dollars(one.spentUsd)}, ${dollars(one.reservedUsd)} reserved` : budgetText(one)}`,
			),
		].join("\n"),
});

/** Whose money: both budgets hold, and the one with less left decides. */
const share = {
	fleet: text(200, "orchestrator name"),
	lieutenant: text(26, "lieutenant id"),
	name: text(40, "lieutenant's name"),
	n: Type.Integer({
		minimum: 1,
		maximum: Number.MAX_SAFE_INTEGER,
		description: "the host's stored counter: an older word about the same share takes nothing back",
	}),
	spentUsd: Type.Number({ ...Usd, description: "spent under this share in all, never what came since" }),
};

const Standing = {
	n: Type.Integer({ description: "of the word that this share stands by" }),
	open: Type.Boolean({ description: "money is reserved" }),
	grantedUsd: Type.Optional(Type.Number({ description: "up to which it may spend in all; absent without any limit" })),
	by: Type.Optional(oneOf(["fleet", "lieutenant"], "whose limit made it less than was asked")),
	spentUsd: Type.Number(),
	fleet: Budget,
	lieutenant: Type.Optional(Budget),
};
const ShareAnswer = Type.Object(Standing);
export type ShareAnswer = Static<typeof ShareAnswer>;

export const reserve = operation({
	name: "budgets.reserve",
	at: "hub",
	cli: "budget reserve",
	summary: "Reserve money before work begins, in place of what this lieutenant had reserved. Hosts do that.",
	method: "POST",
	path: "/budgets/reserve",
	status: 200,
	input: Type.Object({
		...share,
		usd: Type.Number({ ...Usd, description: "how much more it may spend" }),
		leastUsd: Type.Optional(Type.Number({ ...Usd, description: "so much will do, 0 too; default: all of it" })),
		generation: Type.Optional(Type.Integer({ description: "of the orchestrator's session that asks" })),
	}),
	output: ShareAnswer,
	allow: ["admin", "host"],
	tell: ({ grantedUsd }) => (grantedUsd === undefined ? "No limit." : `Up to ${dollars(grantedUsd)} in all.`),
});

export const settle = operation({
	name: "budgets.settle",
	at: "hub",
	cli: "budget settle",
	summary: "Say what was spent under a share, and give back the rest once its work is over. Hosts do that.",
	method: "POST",
	path: "/budgets/settle",
	status: 200,
	input: Type.Object({ ...share, open: Type.Boolean({ description: "false: the rest goes back" }) }),
	output: ShareAnswer,
	allow: ["admin", "host"],
	tell: ({ spentUsd }) => `${dollars(spentUsd)} spent.`,
});
