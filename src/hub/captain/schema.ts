import type { Generated } from "kysely";
import { schema } from "../database/schema.ts";

declare module "../database/tables.ts" {
	interface Tables {
		captain_days: CaptainDayTable;
	}
}

/** A day of which there is a log. */
export interface CaptainDayTable {
	n: Generated<number>;
	/** `2026-01-31`; the zone in which it was logged last counts. */
	date: string;
	/** The digest as JSON. */
	digest: string;
	/** JSON list of names that may hold digits. */
	names: string;
	/** Id of the report; the report may be gone. */
	report: string;
	made_by: string;
	/** What a narrator wrote, and who; null: the digest stands alone. */
	narrative: string | null;
	narrator: string | null;
	/** How often a narrative was refused since the digest was made. */
	refused: number;
}

export const captainSchema = schema("captain", [
	`create table captain_days (
		n integer primary key,
		date text not null unique,
		digest text not null,
		names text not null,
		report text not null,
		made_by text not null,
		narrative text,
		narrator text,
		refused integer not null
	) strict;`,
]);
