import type { Generated } from "kysely";
import type { Cause } from "../../contract/incidents.ts";
import { schema } from "../database/schema.ts";

declare module "../database/tables.ts" {
	interface Tables {
		undeleted: UndeletedTable;
	}
}

/** Nothing deletes a row. */
export interface UndeletedTable {
	n: Generated<number>;
	machine: string;
	name: string | null;
	host: string;
	account: string | null;
	/** Grows with each word about it: a list that was asked for before the last one proves nothing. */
	tries: number;
	cause: Cause;
	raw: string | null;
	first_at: string;
	last_at: string;
	/** Null while no list of the platform has shown that it is gone. */
	gone_at: string | null;
}

export const undeletedSchema = schema("undeleted", [
	`create table undeleted (
		n integer primary key,
		machine text not null unique,
		name text,
		host text not null,
		account text,
		tries integer not null,
		cause text not null,
		raw text,
		first_at text not null,
		last_at text not null,
		gone_at text
	) strict;
	create index undeleted_there on undeleted (n) where gone_at is null;`,
]);
