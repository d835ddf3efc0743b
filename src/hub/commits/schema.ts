import type { Generated } from "kysely";
import { schema } from "../database/schema.ts";

declare module "../database/tables.ts" {
	interface Tables {
		commits: CommitTable;
	}
}

export interface CommitTable {
	n: Generated<number>;
	id: string;
	commit_id: string;
	vm_id: string;
	timestamp: string;
	label: string | null;
	agent: string | null;
	/** JSON text, as `metadata`. */
	tags: string | null;
	metadata: string | null;
	/** commit_id of another, which need not be recorded. */
	parent: string | null;
	contains_secrets: number;
}

export const commitsSchema = schema("commits", [
	`create table commits (
		n integer primary key,
		id text not null,
		commit_id text not null unique,
		vm_id text not null,
		timestamp text not null,
		label text,
		agent text,
		tags text,
		metadata text,
		parent text,
		contains_secrets integer not null
	) strict;
	create index commits_parent on commits (parent);
	create index commits_vm on commits (vm_id);`,
]);
