/** Tasks and what hangs on them, as an older board had them. */

import { PRIORITIES } from "../../contract/task.ts";
import { fault } from "../../errors.ts";
import { depend } from "../board/dependencies.ts";
import { NORMAL, rowOf as taskRow } from "../board/task.ts";
import { contentHash } from "../skills/records.ts";
import { exists, type Keepers, rowOf } from "./keep.ts";
import type { Records } from "./shapes.ts";

const TASK = `insert into tasks (id, title, description, status, assignee, tags, dependencies, created_by, created_at,
	updated_at, score, priority, kind) values (?, ?, ?, ?, ?, ?, '[]', ?, ?, ?, ?, ?, ?)`;
const NOTE = "insert into notes (id, task, author, content, type, created_at) values (?, ?, ?, ?, ?, ?)";
const ARTIFACT = "insert into artifacts (task, type, url, label, added_at, added_by) values (?, ?, ?, ?, ?, ?)";

/** Those of a task that say the same. */
const SAME = `select count(*) as n from artifacts join tasks on tasks.n = artifacts.task where tasks.id = ? and type = ?
	and url = ? and label = ? and added_at = ? and added_by is ?`;

const saidBy = ({ task, type, url, label, addedAt, addedBy }: Records["artifact"]) =>
	[task, type, url, label, addedAt, addedBy ?? null] as const;

export const boardKeepers: Keepers<"task" | "note" | "artifact" | "dependency"> = {
	task: {
		key: ({ id }) => id,
		has: (db, { id }) => exists(db, "select 1 from tasks where id = ?", id),
		add({ db }, task) {
			const { id, title, description = null, status, assignee = null, tags, createdBy, createdAt, updatedAt } = task;
			const { score = 0, priority, kind = null } = task;
			const rank = priority === undefined ? NORMAL : PRIORITIES.indexOf(priority);
			const who = [createdBy, createdAt, updatedAt] as const;
			const n = db.run(TASK, id, title, description, status, assignee, JSON.stringify(tags), ...who, score, rank, kind);
			for (const tag of new Set(tags)) db.run("insert into task_tags (task, tag) values (?, ?)", n, tag);
		},
	},
	note: {
		key: ({ id }) => id,
		has: (db, { id, task }) =>
			exists(db, "select 1 from notes join tasks on tasks.n = task where tasks.id = ? and notes.id = ?", task, id),
		add({ db }, { id, task, author, content, type, createdAt }) {
			db.run(NOTE, id, rowOf(db, "tasks", "id", task), author, content, type, createdAt);
		},
	},
	artifact: {
		key: (artifact) => `${artifact.task} ${artifact.nth} ${contentHash(JSON.stringify(saidBy(artifact)))}`,
		has: (db, artifact) => (db.get<{ n: number }>(SAME, ...saidBy(artifact))?.n ?? 0) > artifact.nth,
		add({ db }, { task, type, url, label, addedAt, addedBy = null }) {
			db.run(ARTIFACT, rowOf(db, "tasks", "id", task), type, url, label, addedAt, addedBy);
		},
	},
	dependency: {
		key: ({ task, dependency }) => `${task} ${dependency}`,
		has(db, { task, dependency }) {
			const named = "select 1 from tasks, json_each(dependencies) where tasks.id = ? and json_each.value = ?";
			return exists(db, named, task, dependency);
		},
		add({ db }, { task, dependency }) {
			const n = rowOf(db, "tasks", "id", task);
			const row = taskRow(db, task);
			const before: readonly string[] = JSON.parse(row.dependencies);
			if (before.includes(dependency)) throw fault("invalid_input", "the task depends on it already");
			db.run("update tasks set dependencies = ? where n = ?", depend(db, row, [...before, dependency]), n);
		},
	},
};
