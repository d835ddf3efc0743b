import { schema } from "../database/schema.ts";

declare module "../database/tables.ts" {
	interface Tables {
		imports: ImportTable;
	}
}

/** What was taken over: it is not added again, also when it was deleted here since. */
export interface ImportTable {
	kind: string;
	/** What names a record among those of its kind. */
	key: string;
	/** Of what it said, to notice when it says something else. */
	hash: string;
}

export const importsSchema = schema("imports", [
	`create table imports (
		kind text not null,
		key text not null,
		hash text not null,
		primary key (kind, key)
	) strict, without rowid;`,
]);
