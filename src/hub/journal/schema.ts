import type { Generated } from "kysely";
import { schema } from "../database/schema.ts";

declare module "../database/tables.ts" {
	interface Tables {
		journal: JournalTable;
		journal_tags: { seq: number; tag: string };
	}
}

export interface JournalTable {
	seq: Generated<number>;
	id: string;
	timestamp: string;
	text: string;
	author: string | null;
	/** In lower case, as it is looked for. */
	author_folded: string | null;
	mood: string | null;
	/** JSON, as written; `journal_tags` has them in lower case, as they are looked for. */
	tags: string | null;
}

export const journalSchema = schema("journal", [
	`create table journal (
		seq integer primary key,
		id text not null,
		timestamp text not null,
		text text not null,
		author text,
		author_folded text,
		mood text,
		tags text
	) strict;
	create index journal_timestamp on journal (timestamp);
	create table journal_tags (tag text not null, seq integer not null, primary key (tag, seq)) strict, without rowid;
	create virtual table journal_words using fts5(text, mood, content='journal', content_rowid='seq',
		tokenize='unicode61 remove_diacritics 2');
	create trigger journal_words_kept after insert on journal begin
		insert into journal_words (rowid, text, mood) values (new.seq, new.text, new.mood);
	end;`,
]);
