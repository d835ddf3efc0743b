import type { Generated } from "kysely";
import type { Role } from "../../contract/operation.ts";
import type { ScheduleKind } from "../../contract/schedules.ts";
import { schema } from "../database/schema.ts";

declare module "../database/tables.ts" {
	interface Tables {
		schedules: ScheduleTable;
	}
}

/** Times are ms since 1970. */
export interface ScheduleTable {
	n: Generated<number>;
	id: string;
	name: string;
	kind: ScheduleKind;
	cron: string;
	zone: string;
	/** JSON: the operation's input. */
	input: string | null;
	made_by: string;
	role: Role;
	/** Null: never again. */
	next_at: number | null;
	/** When the run was due that was begun and is not over: after a crash it is this one that is done again. */
	begun: number | null;
	/** How often it was tried, and when the next try is. */
	tries: number;
	again_at: number | null;
	last_due: number | null;
	last_at: number | null;
	outcome: "done" | "failed" | null;
	said: string | null;
}

export const schedulesSchema = schema("schedules", [
	`create table schedules (
		n integer primary key,
		id text not null unique,
		name text not null unique,
		kind text not null,
		cron text not null,
		zone text not null,
		input text,
		made_by text not null,
		role text not null,
		next_at integer,
		begun integer,
		tries integer not null,
		again_at integer,
		last_due integer,
		last_at integer,
		outcome text,
		said text
	) strict;`,
]);
