/** The limits themselves: who may set them, and how they stand. */
import * as contract from "../../contract/budgets.ts";
import { fault } from "../../errors.ts";
import type { Caller } from "../author.ts";
import type { Connection } from "../database/connection.ts";
import type { Tx } from "../database/tx.ts";
import { read, type WriteCall, write } from "../handle.ts";
import {
	accountOf,
	accountRow,
	budgetOf,
	fleetAccount,
	isFleet,
	LIFTED,
	lieutenantAccount,
	saveAccount,
} from "./accounts.ts";
import { nanos } from "./ledger.ts";

export const set = write(contract.set, (call) => change(call, nanos(call.input.usd)));

export const lift = write(contract.lift, (call) => change(call, LIFTED));

interface Wanted {
	readonly lieutenant?: string;
	readonly fleet?: string;
	readonly fresh?: boolean;
}

async function change({ input, author, caller, tx, stamp, hub }: WriteCall<Wanted>, limited: number) {
	const { connection } = tx.gate;
	const fleet = fleetOf(connection, caller, input.fleet);
	const named = input.lieutenant === undefined ? undefined : lieutenantOf(connection, input.lieutenant);
	const id = named === undefined ? fleetAccount(fleet) : lieutenantAccount(named.id);
	const row = accountRow(connection, id);
	const { limit } = accountOf(row, hub.budgets);
	mayChange(caller, id, limit, limited, input.fresh === true);
	// Where there was no limit nobody counted; the new one counts from here.
	const counts = limit !== undefined && input.fresh !== true;
	const next = { ...row, limited, since: stamp.id, base: counts ? row.base : row.spent };
	saveAccount(connection, next);
	const whose = named?.name ?? `the fleet of ${fleet}`;
	await tx.publish({
		type: "budget_set",
		by: author,
		summary: limited === LIFTED ? `${whose} has no budget` : `${whose} may spend $${(limited / 1e9).toFixed(2)}`,
		detail: { fleet, ...(named === undefined ? {} : { lieutenant: named.id }) },
	});
	return { fleet, ...(named === undefined ? {} : { lieutenant: named.name }), ...budgetOf(next, hub.budgets) };
}

/** A fleet's limit holds its orchestrator, too: that one can only make it tighter. */
function mayChange(caller: Caller, id: string, before: number | undefined, after: number, fresh: boolean): void {
	if (caller.role === "admin" || !isFleet(id)) return;
	const tighter = after !== LIFTED && !fresh && (before === undefined || after <= before);
	if (!tighter)
		throw fault("forbidden", caller.role, "raise or lift its own fleet's budget; a person does: flagship budget set");
}

export const show = read(contract.show, ({ input, caller, hub }) => {
	const { reader } = hub.database;
	const fleet = fleetOf(reader, caller, input.fleet);
	const shares = reader.all<{ id: string; name: string; spent: number; reserved: number }>(SHARES, fleet, fleet, fleet);
	return {
		fleet,
		...budgetOf(accountRow(reader, fleetAccount(fleet)), hub.budgets),
		lieutenants: shares.map(({ id, name, spent, reserved }) => {
			const own = budgetOf(accountRow(reader, lieutenantAccount(id)), hub.budgets);
			if (own.limitUsd !== undefined) return { id, name, ...own };
			return { id, name, spentUsd: spent / 1e9, reservedUsd: reserved / 1e9, since: "" };
		}),
	};
});

/** Those that have spent of the fleet's money, and those of its own that were given a limit. */
const SHARES = `select lieutenant as id, name, spent, iif(open = 1, max(0, granted - spent), 0) as reserved
	from budget_shares where fleet = ?
	union all select l.id, l.name, 0, 0 from lieutenants l join budget_accounts a on a.id = 'lieutenant ' || l.id
	where l.state != 'gone' and json_extract(l.doc, '$.owner') = ?
	and not exists (select 1 from budget_shares s where s.lieutenant = l.id and s.fleet = ?)
	order by 1 desc limit 200`;

/** The fleet that was named, the caller's own, or for a person the only one there is. */
function fleetOf(connection: Connection, caller: Caller, named: string | undefined): string {
	if (caller.role === "orchestrator" && (named ?? caller.name) !== caller.name)
		throw fault("forbidden", caller.role, "ask for another fleet's budget");
	if (named !== undefined) return named;
	if (caller.role === "orchestrator") return caller.name;
	const known = connection.all<{ name: string }>(
		`select name from tokens where role = 'orchestrator' and revoked_at is null
		union select substr(id, 7) from budget_accounts where id like 'fleet %' order by 1 limit 20`,
	);
	const [only, another] = known;
	if (only !== undefined && another === undefined) return only.name;
	const names = known.length === 0 ? "no orchestrator is known yet" : known.map(({ name }) => name).join(", ");
	throw fault("invalid_input", `fleet is required: ${names}`);
}

/** By name or id; one that is just being made is known by its id alone. */
function lieutenantOf(connection: Tx["gate"]["connection"], named: string): { id: string; name: string } {
	const rows = connection.all<{ id: string; name: string }>(
		"select id, name from lieutenants where state != 'gone' and (name = ? or id = ?) order by id",
		named,
		named,
	);
	const [found, another] = rows;
	if (another !== undefined)
		throw fault("conflict", `'${named}' is on several hosts; name it by id: ${rows.map((row) => row.id).join(", ")}`);
	if (found !== undefined) return found;
	if (/^[0-9A-HJKMNP-TV-Z]{26}$/.test(named)) return { id: named, name: named };
	throw fault(
		"lieutenant_unknown",
		named,
		connection
			.all<{ name: string }>("select name from lieutenants where state != 'gone' limit 50")
			.map(({ name }) => name),
	);
}
