import { schema } from "../database/schema.ts";

declare module "../database/tables.ts" {
	interface Tables {
		hosts: { id: string; version: string; last_heard: string };
		lieutenants: LieutenantRow;
		receipts: ReceiptRow;
		notices: { id: string; host: string; doc: string };
	}
}

export interface LieutenantRow {
	id: string;
	host: string;
	name: string;
	state: string;
	tokens: number;
	/** The host's counter at which it said so. */
	counter: number;
	/** The lieutenant as JSON. */
	doc: string;
}

export interface ReceiptRow {
	/** Message id. */
	id: string;
	lieutenant: string;
	receipt: string;
	counter: number;
	/** The message as JSON, without its text. */
	doc: string;
}

export const hostsSchema = schema("hosts", [
	`create table hosts (id text primary key, version text not null, last_heard text not null) strict;
	create table lieutenants (
		id text primary key,
		host text not null,
		name text not null,
		state text not null,
		tokens integer not null,
		counter integer not null,
		doc text not null
	) strict;
	create index lieutenants_name on lieutenants (name);
	create index lieutenants_host on lieutenants (host);
	create table receipts (
		id text primary key,
		lieutenant text not null,
		receipt text not null,
		counter integer not null,
		doc text not null
	) strict;
	create index receipts_lieutenant on receipts (lieutenant);
	create table notices (id text primary key, host text not null, doc text not null) strict;`,
]);
