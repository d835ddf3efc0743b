import type { Role } from "../../contract/operation.ts";
import { schema } from "../database/schema.ts";

declare module "../database/tables.ts" {
	interface Tables {
		tokens: TokenRow;
		token_uses: { token: string; at: string };
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
	/** When it was given its present secret; null while it has its first. */
	rotated_at: string | null;
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
	`alter table tokens add column rotated_at text;
	create table token_uses (
		token text primary key references tokens (id),
		at text not null
	) strict;`,
]);
