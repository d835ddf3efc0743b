import type { Generated } from "kysely";
import type { BrowserSession } from "../../contract/access.ts";
import { schema } from "../database/schema.ts";

declare module "../database/tables.ts" {
	interface Tables {
		login_links: LoginLinkRow;
		browser_sessions: BrowserSessionTable;
	}
}

export interface LoginLinkRow {
	/** SHA-256 of the secret in the address. */
	hash: string;
	role: BrowserSession["role"];
	/** Id of the token that made it: what begins with it ends with that token. */
	token: string;
	created_by: string;
	expires_at: string;
	used_at: string | null;
}

export interface BrowserSessionTable {
	n: Generated<number>;
	id: string;
	/** SHA-256 of the cookie. */
	hash: string;
	role: BrowserSession["role"];
	token: string;
	created_by: string;
	created_at: string;
	expires_at: string;
	ended_at: string | null;
	ip: string | null;
	user_agent: string | null;
}

export const accessSchema = schema("access", [
	`create table login_links (
		hash text primary key,
		role text not null,
		token text not null,
		created_by text not null,
		expires_at text not null,
		used_at text
	) strict, without rowid;
	create table browser_sessions (
		n integer primary key,
		id text not null unique,
		hash text not null unique,
		role text not null,
		token text not null,
		created_by text not null,
		created_at text not null,
		expires_at text not null,
		ended_at text,
		ip text,
		user_agent text
	) strict;`,
]);
