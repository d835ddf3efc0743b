import { schema } from "../database/schema.ts";

declare module "../database/tables.ts" {
	interface Tables {
		budget_accounts: AccountRow;
		budget_shares: ShareRow;
	}
}

/** Money in whole billionths of a dollar. */
export interface AccountRow {
	/** `fleet <orchestrator>` or `lieutenant <id>`. */
	id: string;
	/** Null: nobody has set one; -1: somebody has taken it away. */
	limited: number | null;
	base: number;
	spent: number;
	reserved: number;
	/** ULID of the last change of the limit. */
	since: string;
	/** `since` of the limit whose warning was told; null: none. */
	warned: string | null;
	/** Newest generation of the orchestrator that reserved. */
	generation: number;
}

export interface ShareRow {
	lieutenant: string;
	fleet: string;
	name: string;
	host: string;
	n: number;
	open: number;
	spent: number;
	granted: number;
}

export const budgetsSchema = schema("budgets", [
	`create table budget_accounts (
		id text primary key,
		limited integer,
		base integer not null,
		spent integer not null,
		reserved integer not null,
		since text not null,
		warned text,
		generation integer not null
	) strict;
	create table budget_shares (
		lieutenant text not null,
		fleet text not null,
		name text not null,
		host text not null,
		n integer not null,
		open integer not null,
		spent integer not null,
		granted integer not null,
		primary key (lieutenant, fleet)
	) strict;
	create index budget_shares_fleet on budget_shares (fleet);`,
]);
