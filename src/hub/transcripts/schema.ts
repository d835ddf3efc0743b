import type { Generated } from "kysely";
import type { SPEAKERS } from "../../contract/transcripts.ts";
import { schema } from "../database/schema.ts";

declare module "../database/tables.ts" {
	interface Tables {
		transcripts: TranscriptTable;
		transcript_entries: TranscriptEntryTable;
	}
}

export interface TranscriptTable {
	/** Id of the lieutenant. */
	lieutenant: string;
	name: string;
	owner: string;
	host: string;
	entries: number;
	first_at: string;
	last_at: string;
}

export interface TranscriptEntryTable {
	n: Generated<number>;
	lieutenant: string;
	entry: string;
	timestamp: string;
	role: (typeof SPEAKERS)[number];
	text: string;
}

export const transcriptsSchema = schema("transcripts", [
	`create table transcripts (
		lieutenant text primary key,
		name text not null,
		owner text not null,
		host text not null,
		entries integer not null,
		first_at text not null,
		last_at text not null
	) strict;
	create index transcripts_name on transcripts (name);
	create table transcript_entries (
		n integer primary key,
		lieutenant text not null references transcripts (lieutenant),
		entry text not null,
		timestamp text not null,
		role text not null,
		text text not null,
		unique (lieutenant, entry)
	) strict;
	create index transcript_entries_order on transcript_entries (lieutenant, n);
	create virtual table transcript_words using fts5(text, content='transcript_entries', content_rowid='n',
		tokenize='unicode61 remove_diacritics 2');
	create trigger transcript_words_kept after insert on transcript_entries begin
		insert into transcript_words (rowid, text) values (new.n, new.text);
	end;`,
]);
