import type { Generated } from "kysely";
import type { Artifact, Note, Task } from "../../contract/task.ts";
import { schema } from "../database/schema.ts";

declare module "../database/tables.ts" {
	interface Tables {
		tasks: TaskTable;
		task_makers: { task: number; name: string };
		task_tags: { task: number; tag: string };
		notes: {
			n: Generated<number>;
			id: string;
			task: number;
			author: string;
			content: string;
			type: Note["type"];
			created_at: string;
		};
		evidence: {
			n: Generated<number>;
			task: number;
			command: string;
			/** 1 or 0. */
			passed: number;
			code: number;
			said: string;
			tree: string;
			at: string;
			host: string;
		};
		artifacts: {
			n: Generated<number>;
			task: number;
			type: Artifact["type"];
			url: string;
			label: string;
			added_at: string;
			added_by: string | null;
		};
	}
}

export interface TaskTable {
	/** Order of creation. */
	n: Generated<number>;
	id: string;
	title: string;
	description: string | null;
	status: Task["status"];
	assignee: string | null;
	/** JSON arrays; `task_tags` holds the tags again, to be found by. */
	tags: string;
	dependencies: string;
	created_by: string;
	created_at: string;
	updated_at: string;
	score: number;
	/** Who handed it in for review last. */
	submitted_by: string | null;
	/** Who holds it until when (ms since 1970), and for how long each sign of life renews it (ms). */
	claimed_by: string | null;
	claimed_until: number | null;
	claim_ms: number | null;
	/** When it was last claimed, ISO 8601; kept when the claim ends. */
	claimed_at: string | null;
	/** JSON array of patterns, and since when they count for who holds it, ISO 8601. */
	territory: string | null;
	territory_since: string | null;
	/** What must hold before it is done: a command that its host sees pass, and `CheckItem`s as JSON. */
	check_command: string | null;
	checklist: string | null;
	/** The state of the files when it was handed in, where its host could say. */
	handed_in: string | null;
}

export const boardSchema = schema("board", [
	`create table tasks (
		n integer primary key,
		id text not null unique,
		title text not null,
		description text,
		status text not null,
		assignee text,
		tags text not null,
		dependencies text not null,
		created_by text not null,
		created_at text not null,
		updated_at text not null,
		score integer not null,
		submitted_by text,
		claimed_by text,
		claimed_until integer,
		claim_ms integer
	) strict;
	create index tasks_status on tasks (status);
	create index tasks_assignee on tasks (assignee) where assignee is not null;
	create index tasks_claimed on tasks (claimed_until) where claimed_by is not null;
	create table task_tags (
		task integer not null references tasks (n) on delete cascade,
		tag text not null,
		primary key (tag, task)
	) strict, without rowid;
	create index task_tags_task on task_tags (task);
	create table notes (
		n integer primary key,
		id text not null,
		task integer not null references tasks (n) on delete cascade,
		author text not null,
		content text not null,
		type text not null,
		created_at text not null
	) strict;
	create index notes_task on notes (task);
	create table artifacts (
		n integer primary key,
		task integer not null references tasks (n) on delete cascade,
		type text not null,
		url text not null,
		label text not null,
		added_at text not null,
		added_by text
	) strict;
	create index artifacts_task on artifacts (task);`,
	`alter table tasks add column claimed_at text;
	create table task_makers (
		task integer not null references tasks (n) on delete cascade,
		name text not null,
		primary key (task, name)
	) strict, without rowid;`,
	`alter table tasks add column territory text;
	alter table tasks add column territory_since text;`,
	`alter table tasks add column check_command text;
	alter table tasks add column checklist text;
	alter table tasks add column handed_in text;
	create table evidence (
		n integer primary key,
		task integer not null references tasks (n) on delete cascade,
		command text not null,
		passed integer not null,
		code integer not null,
		said text not null,
		tree text not null,
		at text not null,
		host text not null,
		unique (task, command, tree, at)
	) strict;`,
]);
