import { schema } from "../database/schema.ts";

declare module "../database/tables.ts" {
	interface Tables {
		log: { seq: number; id: string; timestamp: string; text: string; agent: string | null };
	}
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
]);
