import { schema } from "../database/schema.ts";

declare module "../database/tables.ts" {
	interface Tables {
		keys: { token: string; operation: string; key: string; body: string; answer: string; at: number };
	}
}

export const keysSchema = schema("keys", [
	`create table keys (
		token text not null,
		operation text not null,
		key text not null,
		body text not null,
		answer text not null,
		at integer not null,
		primary key (token, operation, key)
	) strict, without rowid;
	create index keys_at on keys (at);`,
]);
