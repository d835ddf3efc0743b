/** Accounts and shares as stored. */
import type { Budget } from "../../contract/budgets.ts";
import type { Connection } from "../database/connection.ts";
import { type Account, changed, NO_SHARE, nanos, type Share, spentOf, usd } from "./ledger.ts";
import type { AccountRow, ShareRow } from "./schema.ts";

/** What the person's settings say, fixed when the hub starts. */
export interface BudgetRules {
	/** US dollars of each fleet that nobody has given another limit; undefined: no limit. */
	readonly fleetUsd: number | undefined;
	/** Of a limit at which it is warned. */
	readonly warnPercent: number;
}

export const NO_BUDGETS: BudgetRules = { fleetUsd: undefined, warnPercent: 80 };

export const fleetAccount = (fleet: string): string => `fleet ${fleet}`;
export const lieutenantAccount = (id: string): string => `lieutenant ${id}`;
export const isFleet = (id: string): boolean => id.startsWith("fleet ");

/** Takes a limit away, where null means that none was ever set. */
export const LIFTED = -1;

const fresh = (id: string): AccountRow => ({
	...{ id, limited: null, base: 0, spent: 0, reserved: 0, since: "", warned: null, generation: 0 },
});

export const accountRow = (connection: Connection, id: string): AccountRow =>
	connection.get<AccountRow>("select * from budget_accounts where id = ?", id) ?? fresh(id);

export function accountOf({ id, limited, base, spent, reserved }: AccountRow, rules: BudgetRules): Account {
	const preset = isFleet(id) && rules.fleetUsd !== undefined ? nanos(rules.fleetUsd) : undefined;
	const limit = limited === null ? preset : limited === LIFTED ? undefined : limited;
	return { limit, base, spent, reserved };
}

export function budgetOf(row: AccountRow, rules: BudgetRules): Budget {
	const account = accountOf(row, rules);
	return {
		...(account.limit === undefined ? {} : { limitUsd: usd(account.limit) }),
		spentUsd: usd(spentOf(account)),
		reservedUsd: usd(account.reserved),
		since: row.since,
	};
}

export function shareOf(connection: Connection, lieutenant: string, fleet: string): Share {
	const row = connection.get<ShareRow>(
		"select * from budget_shares where lieutenant = ? and fleet = ?",
		lieutenant,
		fleet,
	);
	return row === undefined ? NO_SHARE : { n: row.n, open: row.open === 1, spent: row.spent, granted: row.granted };
}

const SAVE_ACCOUNT = `insert into budget_accounts (id, limited, base, spent, reserved, since, warned, generation)
	values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (id) do update set limited = excluded.limited, base = excluded.base,
	spent = excluded.spent, reserved = excluded.reserved, since = excluded.since, warned = excluded.warned,
	generation = excluded.generation`;

export function saveAccount(connection: Connection, row: AccountRow): void {
	const { id, limited, base, spent, reserved, since, warned, generation } = row;
	connection.run(SAVE_ACCOUNT, id, limited, base, spent, reserved, since, warned, generation);
}

/** An account's row after a share of it became another. */
export const changedRow = (row: AccountRow, before: Share, after: Share, rules: BudgetRules): AccountRow => {
	const { spent, reserved } = changed(accountOf(row, rules), before, after);
	return { ...row, spent, reserved };
};

const SAVE_SHARE = `insert into budget_shares (lieutenant, fleet, name, host, n, open, spent, granted)
	values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (lieutenant, fleet) do update set name = excluded.name,
	host = excluded.host, n = excluded.n, open = excluded.open, spent = excluded.spent, granted = excluded.granted`;

export function saveShare(connection: Connection, whose: Omit<ShareRow, keyof Share>, share: Share): void {
	const { lieutenant, fleet, name, host } = whose;
	const { n, open, spent, granted } = share;
	connection.run(SAVE_SHARE, lieutenant, fleet, name, host, n, open ? 1 : 0, spent, granted);
}
