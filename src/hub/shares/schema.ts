import type { Generated } from "kysely";
import { schema } from "../database/schema.ts";

declare module "../database/tables.ts" {
	interface Tables {
		share_links: ShareLinkTable;
		share_accesses: ShareAccessTable;
	}
}

export interface ShareLinkTable {
	n: Generated<number>;
	id: string;
	/** SHA-256 of the last part of the address: who reads this file cannot read the reports by it. */
	hash: string;
	/** Id of the report; it may be gone. */
	report: string;
	created_by: string;
	created_at: string;
	expires_at: string | null;
	label: string | null;
	revoked: number;
	access_count: number;
}

export interface ShareAccessTable {
	n: Generated<number>;
	id: string;
	link: number;
	timestamp: string;
	ip: string | null;
	user_agent: string | null;
	referrer: string | null;
}

export const sharesSchema = schema("shares", [
	`create table share_links (
		n integer primary key,
		id text not null unique,
		hash text not null unique,
		report text not null,
		created_by text not null,
		created_at text not null,
		expires_at text,
		label text,
		revoked integer not null,
		access_count integer not null
	) strict;
	create index share_links_report on share_links (report);
	create table share_accesses (
		n integer primary key,
		id text not null,
		link integer not null references share_links (n),
		timestamp text not null,
		ip text,
		user_agent text,
		referrer text
	) strict;
	create index share_accesses_link on share_accesses (link);`,
]);
