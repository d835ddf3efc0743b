import type { Generated } from "kysely";
import type { VERDICTS } from "../../contract/rounds.ts";
import type { Artifact, Note, Task } from "../../contract/task.ts";
import { schema } from "../database/schema.ts";

declare module "../database/tables.ts" {
	interface Tables {
		tasks: TaskTable;
		task_makers: { task: number; name: string };
		task_tags: { task: number; tag: string };
		task_dependencies: { task: number; dependency: number };
		task_history: HistoryRow;
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
			/** The round that it was handed in with; null while it was not. */
			round: number | null;
			version: Generated<number>;
		};
		artifact_texts: { artifact: number; content: string };
		rounds: RoundTable;
		verdict_messages: VerdictMessageTable;
	}
}

export interface HistoryRow {
	/** The task's id: the row outlives the task. */
	task: string;
	/** Of the change's event in the feed. */
	seq: number;
	at: string;
	by: string;
	via: string | null;
	type: string;
	summary: string;
	/** JSON: fields with their value before and after. */
	changed: string | null;
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
	/** Place in `PRIORITIES`. */
	priority: Generated<number>;
	kind: string | null;
	/** How often it was handed in for review. */
	round: Generated<number>;
}

export interface RoundTable {
	n: Generated<number>;
	task: number;
	round: number;
	submitted_by: string;
	submitted_at: string;
	summary: string;
	/** Of the author's files, where their host has said it. */
	tree: string | null;
	branch: string | null;
	/** What changed in them since `diff_from`, a tree or a commit. */
	diff: string | null;
	diff_from: string | null;
	/** 1: `diff` is not whole. */
	diff_cut: number;
	verdict: (typeof VERDICTS)[number] | null;
	decided_by: string | null;
	decided_at: string | null;
	comment: string | null;
	/** JSON. */
	findings: string | null;
}

/** A verdict on its way to the author's lieutenant. */
export interface VerdictMessageTable {
	/** The key under which its host stores it, whatever the number of attempts. */
	id: string;
	round: number;
	lieutenant: string;
	name: string;
	/** Whose name it goes under: keys at the host are the sender's. */
	sender: string;
	text: string;
	state: "due" | "kept" | "dropped";
	/** Its id at the host. */
	message: string | null;
	because: string | null;
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
	`alter table tasks add column priority integer not null default 1;
	alter table tasks add column kind text;
	create index tasks_ready on tasks (priority desc, score desc, n) where status = 'open';
	create table task_dependencies (
		task integer not null references tasks (n) on delete cascade,
		dependency integer not null references tasks (n) on delete cascade,
		primary key (task, dependency)
	) strict, without rowid;
	create index task_dependencies_dependency on task_dependencies (dependency);
	insert or ignore into task_dependencies select tasks.n, other.n
		from tasks, json_each(tasks.dependencies) join tasks as other on other.id = json_each.value
		where tasks.dependencies <> '[]' and other.n <> tasks.n;
	create table task_history (
		task text not null,
		seq integer not null,
		at text not null,
		by text not null,
		via text,
		type text not null,
		summary text not null,
		changed text,
		primary key (task, seq)
	) strict, without rowid;
	create virtual table task_words using fts5(words, content='', contentless_delete=1,
		tokenize='unicode61 remove_diacritics 2');
	create table task_words_due (task integer primary key) strict;
	insert into task_words_due select n from tasks;
	create trigger task_words_made after insert on tasks begin
		insert or ignore into task_words_due values (new.n);
	end;
	create trigger task_words_changed after update of title, description, tags, kind on tasks begin
		insert or ignore into task_words_due values (new.n);
	end;
	create trigger task_words_gone after delete on tasks begin
		insert or ignore into task_words_due values (old.n);
	end;
	create trigger task_words_noted after insert on notes begin
		insert or ignore into task_words_due values (new.task);
	end;
	create trigger task_words_linked after insert on artifacts begin
		insert or ignore into task_words_due values (new.task);
	end;`,
	`alter table tasks add column round integer not null default 0;
	alter table artifacts add column round integer;
	alter table artifacts add column version integer not null default 1;
	create table artifact_texts (
		artifact integer primary key references artifacts (n) on delete cascade,
		content text not null
	) strict;
	create table rounds (
		n integer primary key,
		task integer not null references tasks (n) on delete cascade,
		round integer not null,
		submitted_by text not null,
		submitted_at text not null,
		summary text not null,
		tree text,
		branch text,
		diff text,
		diff_from text,
		diff_cut integer not null default 0,
		verdict text,
		decided_by text,
		decided_at text,
		comment text,
		findings text,
		unique (task, round)
	) strict;
	create table verdict_messages (
		id text primary key,
		round integer not null unique references rounds (n) on delete cascade,
		lieutenant text not null,
		name text not null,
		sender text not null,
		text text not null,
		state text not null,
		message text,
		because text
	) strict;
	create index verdict_messages_due on verdict_messages (id) where state = 'due';`,
	// Whose open tasks they are comes first: ten thousand of others' were passed over for one page of one's own.
	`drop index tasks_ready;
	create index tasks_ready_for on tasks (coalesce(assignee, ''), priority desc, score desc, n) where status = 'open';
	create index tasks_made on tasks (created_by) where status <> 'done';`,
]);
