import type { Role } from "../../contract/operation.ts";
import { schema } from "../database/schema.ts";

declare module "../database/tables.ts" {
	interface Tables {
		tokens: TokenRow;
	}
}

export interface TokenRow {
	id: string;
	hash: string;
	role: Role;
	name: string;
	/** The host id that it is bound to: its own for a host, its host's for what stands below one. */
	host: string | null;
	/** Id of the token above it; null below an admin of the command line, which has no row. */
	parent: string | null;
	created_at: string;
	revoked_at: string | null;
}

export const tokensSchema = schema("tokens", [
	`create table tokens (
		id text primary key,
		hash text not null unique,
		role text not null,
		name text not null,
		host text,
		parent text references tokens (id),
		created_at text not null,
		revoked_at text
	) strict;`,
]);
