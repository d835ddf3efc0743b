import { schema } from "../database/schema.ts";

declare module "../database/tables.ts" {
	interface Tables {
		feed: EventRow;
		feed_readers: { name: string; made_by: string; seq: number; seen_at: number };
	}
}

export interface EventRow {
	seq: number;
	id: string;
	timestamp: string;
	agent: string;
	type: string;
	summary: string;
	actor: string | null;
	/** JSON text, as `metadata`. */
	detail: string | null;
	metadata: string | null;
}

export const feedSchema = schema("feed", [
	`create table feed (
		seq integer primary key,
		id text not null unique,
		timestamp text not null,
		agent text not null,
		type text not null,
		summary text not null,
		actor text,
		detail text,
		metadata text
	) strict;
	create index feed_agent on feed (agent);
	create index feed_type on feed (type);`,
	`create table feed_readers (
		name text not null,
		made_by text not null,
		seq integer not null,
		seen_at integer not null,
		primary key (made_by, name)
	) strict, without rowid;`,
]);
