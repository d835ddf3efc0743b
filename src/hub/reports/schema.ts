import type { Generated } from "kysely";
import { schema } from "../database/schema.ts";

declare module "../database/tables.ts" {
	interface Tables {
		reports: ReportTable;
		report_versions: ReportVersionTable;
	}
}

/** The newest version of each, but for its text. */
export interface ReportTable {
	n: Generated<number>;
	id: string;
	title: string;
	author: string;
	/** JSON text. */
	tags: string;
	version: number;
	created_at: string;
	updated_at: string;
}

export interface ReportVersionTable {
	report: number;
	version: number;
	title: string;
	content: string;
	tags: string;
	/** Who made this version. */
	made_by: string;
	note: string | null;
	created_at: string;
}

export const reportsSchema = schema("reports", [
	`create table reports (
		n integer primary key,
		id text not null unique,
		title text not null,
		author text not null,
		tags text not null,
		version integer not null,
		created_at text not null,
		updated_at text not null
	) strict;
	create table report_versions (
		report integer not null references reports (n) on delete cascade,
		version integer not null,
		title text not null,
		content text not null,
		tags text not null,
		made_by text not null,
		note text,
		created_at text not null,
		primary key (report, version)
	) strict;
	create virtual table report_words using fts5(title, content, content='', contentless_delete=1,
		tokenize='unicode61 remove_diacritics 2');
	create trigger report_words_kept after insert on report_versions begin
		delete from report_words where rowid = new.report;
		insert into report_words (rowid, title, content) values (new.report, new.title, new.content);
	end;
	create trigger report_words_gone after delete on reports begin
		delete from report_words where rowid = old.n;
	end;`,
]);
