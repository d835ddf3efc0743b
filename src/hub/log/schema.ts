import type { Generated } from "kysely";
import { schema } from "../database/schema.ts";

declare module "../database/tables.ts" {
	interface Tables {
		log: LogTable;
	}
}

export interface LogTable {
	seq: Generated<number>;
	id: string;
	timestamp: string;
	text: string;
	agent: string | null;
	/** JSON: what the entry accounts for. */
	facts: string | null;
}

export const logSchema = schema("log", [
	`create table log (
		seq integer primary key,
		id text not null,
		timestamp text not null,
		text text not null,
		agent text
	) strict;
	create index log_timestamp on log (timestamp);`,
	// JSON: what the gate of the writer attached.
	"alter table log add column facts text",
	// The words of the entries; `upto` is the last one whose words are in.
	`create virtual table log_words using fts5(text, content='log', content_rowid='seq',
		tokenize='unicode61 remove_diacritics 2');
	create table log_indexed (upto integer not null) strict;
	insert into log_indexed values (0);`,
]);
