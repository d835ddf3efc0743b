/** Money is reserved before work begins, and settled from usage. Decided here alone, inside the one writer. */
import type { Static } from "@sinclair/typebox";
import * as contract from "../../contract/budgets.ts";
import { fault } from "../../errors.ts";
import type { Caller } from "../author.ts";
import type { Tx } from "../database/tx.ts";
import { type WriteCall, write } from "../handle.ts";
import {
	accountOf,
	accountRow,
	type BudgetRules,
	budgetOf,
	changedRow,
	fleetAccount,
	isFleet,
	lieutenantAccount,
	saveAccount,
	saveShare,
	shareOf,
} from "./accounts.ts";
import { nanos, reserve as reserveIn, type Share, settle as settleIn, shrunk, spentOf, usd } from "./ledger.ts";
import type { AccountRow } from "./schema.ts";

type Whose = Pick<Static<typeof contract.settle.input>, "fleet" | "lieutenant" | "name" | "n">;
type Call = Pick<WriteCall<Whose>, "input" | "author" | "caller" | "tx" | "hub">;
type By = contract.ShareAnswer["by"];

/** Both accounts hold for a share: the fleet's, then the lieutenant's own. */
const SIDES = ["fleet", "lieutenant"] as const;
const side = (by: number | undefined): By => (by === undefined ? undefined : SIDES[by]);

export const reserve = write(contract.reserve, async (call) => {
	const { input, tx, hub } = call;
	const rows = accountsOf(tx, input);
	const share = shareBefore(call);
	const asked = usd(nanos(input.usd));
	const outcome = reserveIn(
		share,
		rows.map((row) => accountOf(row, hub.budgets)),
		{
			n: input.n,
			spent: nanos(input.spentUsd),
			amount: nanos(input.usd),
			least: nanos(input.leastUsd ?? input.usd),
		},
	);
	const led = ledBy(rows, input);
	switch (outcome.type) {
		case "stale":
			throw fault("conflict", `A newer word about ${input.name}'s money was heard`);
		case "refused":
			throw refusal(led[outcome.by], input.name, input.leastUsd ?? asked, hub.budgets);
		case "unlimited":
			return answer(share, undefined, led, hub.budgets);
		case "granted":
			return await keep(call, led, share, outcome.share, side(outcome.by));
	}
});

export const settle = write(contract.settle, async (call) => {
	const { input, tx, hub } = call;
	const rows = accountsOf(tx, input);
	const share = shareBefore(call);
	const said = settleIn(share, { n: input.n, spent: nanos(input.spentUsd), open: input.open });
	const after = rows.map((row) => accountOf(changedRow(row, share, said, hub.budgets), hub.budgets));
	const { share: left, by } = shrunk(said, after);
	return await keep(call, rows, share, left, side(by));
});

function accountsOf(tx: Tx, { fleet, lieutenant }: Whose): readonly AccountRow[] {
	return [fleetAccount(fleet), lieutenantAccount(lieutenant)].map((id) => accountRow(tx.gate.connection, id));
}

/** A session that has lost its name reserves nothing in it any more (`protocol.md` §3 rule 4). */
function ledBy(
	rows: readonly AccountRow[],
	{ fleet, generation }: { readonly fleet: string; readonly generation?: number },
): readonly AccountRow[] {
	return rows.map((row) => {
		if (generation === undefined || !isFleet(row.id)) return row;
		if (generation < row.generation) throw fault("lease_lost", fleet);
		return { ...row, generation };
	});
}

/** A lieutenant's money is its own host's to tell. */
function shareBefore({ input, caller, tx }: Call): Share {
	const row = tx.gate.connection.get<{ host: string }>(
		"select host from budget_shares where lieutenant = ? and fleet = ?",
		input.lieutenant,
		input.fleet,
	);
	if (row !== undefined && caller.role === "host" && row.host !== hostOf(caller))
		throw fault("forbidden", caller.role, `speak for ${input.name}, which is another host's`);
	return shareOf(tx.gate.connection, input.lieutenant, input.fleet);
}

const hostOf = (caller: Caller): string => caller.host ?? caller.name;

async function keep(
	call: Call,
	rows: readonly AccountRow[],
	before: Share,
	after: Share,
	by: By,
): Promise<contract.ShareAnswer> {
	const { input, caller, tx, hub } = call;
	const { connection } = tx.gate;
	const { lieutenant, fleet, name } = input;
	const kept: AccountRow[] = [];
	saveShare(connection, { lieutenant, fleet, name, host: hostOf(caller) }, after);
	for (const row of rows) {
		const now = await warned(call, changedRow(row, before, after, hub.budgets));
		saveAccount(connection, now);
		kept.push(now);
	}
	return answer(after, by, kept, hub.budgets);
}

/** Once for each limit: the feed hears of it. */
async function warned({ input, author, tx, hub }: Call, row: AccountRow): Promise<AccountRow> {
	const { limit, ...account } = accountOf(row, hub.budgets);
	if (limit === undefined || row.warned === row.since) return row;
	const spent = spentOf({ limit, ...account });
	if (spent * 100 < limit * hub.budgets.warnPercent) return row;
	const whose = isFleet(row.id) ? `the fleet of ${input.fleet}` : input.name;
	await tx.publish({
		type: "budget_warning",
		by: author,
		summary: `${whose} has spent $${usd(spent).toFixed(2)} of $${usd(limit).toFixed(2)}`,
		detail: { fleet: input.fleet, ...(isFleet(row.id) ? {} : { lieutenant: input.lieutenant }), limitUsd: usd(limit) },
	});
	return { ...row, warned: row.since };
}

function answer(share: Share, by: By, [fleet, own]: readonly AccountRow[], rules: BudgetRules): contract.ShareAnswer {
	if (fleet === undefined || own === undefined) throw new Error("a share has two accounts");
	const budgets = { fleet: budgetOf(fleet, rules), lieutenant: budgetOf(own, rules) };
	const limited = budgets.fleet.limitUsd !== undefined || budgets.lieutenant.limitUsd !== undefined;
	return {
		n: share.n,
		open: share.open,
		...(limited ? { grantedUsd: usd(share.granted) } : {}),
		...(by === undefined ? {} : { by }),
		spentUsd: usd(share.spent),
		fleet: budgets.fleet,
		...(budgets.lieutenant.limitUsd === undefined ? {} : { lieutenant: budgets.lieutenant }),
	};
}

function refusal(row: AccountRow | undefined, name: string, asked: number, rules: BudgetRules) {
	if (row === undefined) throw new Error("a refusal names its account");
	const { limitUsd = 0, spentUsd, reservedUsd } = budgetOf(row, rules);
	const whose = isFleet(row.id) ? "The fleet's budget" : `${name}'s budget`;
	const money = (amount: number): string => `$${amount.toFixed(2)}`;
	return fault("budget_spent", whose, money(limitUsd), money(spentUsd), money(reservedUsd), money(asked));
}
