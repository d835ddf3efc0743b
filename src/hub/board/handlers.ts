import * as contract from "../../contract/board.ts";
import { PRIORITIES, type Task } from "../../contract/task.ts";
import type { Tx } from "../database/tx.ts";
import { read, type Stamp, write } from "../handle.ts";
import { newestFirst } from "../page.ts";
import { NO_CLAIM, refuseWhileHeld } from "./claims.ts";
import { depend, letGo } from "./dependencies.ts";
import { needEvidence, refuseOwn } from "./evidence.ts";
import { change, record } from "./history.ts";
import { checklistOf } from "./kinds.ts";
import { NORMAL, noteOf, rowOf, type TaskRow, taskOf, tasksOf, whole } from "./task.ts";

/** Entries of `board.mine`, where the caller asks for no number. */
const MINE = 50;

const INSERT = `insert into tasks (id, title, description, status, assignee, tags, dependencies, created_by, created_at,
	updated_at, score, priority, kind, checklist) values (?, ?, ?, ?, ?, ?, '[]', ?, ?, ?, 0, ?, ?, ?)`;
const PARTS = { notes: [], artifacts: [], evidence: [], waitsFor: [] } as const;

export const create = write(contract.create, async ({ input, author, tx, stamp, hub }) => {
	const row: TaskRow = {
		n: 0,
		id: stamp.id,
		title: input.title.trim(),
		description: input.description?.trim() ?? null,
		status: input.status ?? "open",
		assignee: input.assignee?.trim() || null,
		tags: JSON.stringify(input.tags ?? []),
		dependencies: "[]",
		created_by: author.name,
		created_at: stamp.timestamp,
		updated_at: stamp.timestamp,
		score: 0,
		submitted_by: null,
		claimed_at: null,
		territory: null,
		territory_since: null,
		...{ check_command: null, checklist: checklistOf(hub.kinds, input.kind), handed_in: null },
		priority: input.priority === undefined ? NORMAL : PRIORITIES.indexOf(input.priority),
		kind: input.kind ?? null,
		round: 0,
		...NO_CLAIM,
	};
	const { connection } = tx.gate;
	const { id, title, description, status, assignee, tags, created_by, created_at, updated_at, priority, kind } = row;
	const values = [id, title, description, status, assignee, tags, created_by, created_at, updated_at, priority];
	row.n = connection.run(INSERT, ...values, kind, row.checklist);
	if (input.tags !== undefined) await setTags(tx, row.n, input.tags);
	const waits = (input.dependencies ?? []).length > 0;
	if (waits) setDependencies(tx, row, input.dependencies ?? []);
	if (status === "done") await needEvidence(tx, row, author, hub.rules, undefined);
	await record(tx, id, { type: "task_created", by: author, summary: title, detail: { status, assignee } });
	return waits ? taskOf(connection, id, stamp.at) : whole(row, PARTS, stamp.at);
});

function setDependencies(tx: Tx, row: TaskRow, wanted: readonly string[]): string {
	const { connection } = tx.gate;
	const stored = depend(connection, row, wanted);
	connection.run("update tasks set dependencies = ? where n = ?", stored, row.n);
	return stored;
}

export const list = read(contract.list, async ({ input, db, now, hub }) => {
	const { status, assignee, tag } = input;
	let query = db.selectFrom("tasks").selectAll();
	if (status !== undefined) query = query.where("status", "=", status as Task["status"]);
	if (assignee !== undefined) query = query.where("assignee", "=", assignee);
	if (tag !== undefined)
		query = query.where("n", "in", (tagged) => tagged.selectFrom("task_tags").select("task").where("tag", "=", tag));
	const { rows, next } = await newestFirst(query, input);
	const tasks = tasksOf(hub.database.reader, rows, now);
	return { tasks, count: tasks.length, ...next };
});

export const get = read(contract.get, ({ input, now, hub }) => taskOf(hub.database.reader, input.id, now));

export const update = write(
	contract.update,
	async (call) => {
		const { input, author, tx, stamp, hub, proof } = call;
		const row = rowOf(tx.gate.connection, input.id);
		const { title, description, status, assignee, tags, dependencies, priority } = input;
		if (status !== undefined || assignee !== undefined) refuseWhileHeld(row, author, stamp.at);
		const waits = dependencies === undefined ? undefined : setDependencies(tx, row, dependencies);
		const done = status === "done" && row.status !== "done";
		const unproven = done && (await needEvidence(tx, row, author, hub.rules, proof));
		const own = done && row.submitted_by !== null && (await refuseOwn(tx, row, author, hub.rules));
		const owner = assignee === undefined ? row.assignee : assignee?.trim() || null;
		const leaves = status !== undefined && status !== "in_progress" && status !== "blocked";
		const endsClaim = leaves || (assignee !== undefined && owner !== row.claimed_by);
		if (tags !== undefined) await setTags(tx, row.n, tags);
		const { id: _id, ...changed } = input;
		return change(call, row, {
			type: "task_updated",
			...(title === undefined ? {} : { summary: title.trim() }),
			set: {
				assignee: owner,
				...(title === undefined ? {} : { title: title.trim() }),
				...(description === undefined ? {} : { description: description.trim() }),
				...(status === undefined ? {} : { status }),
				...(tags === undefined ? {} : { tags: JSON.stringify(tags) }),
				...(waits === undefined ? {} : { dependencies: waits }),
				...(priority === undefined ? {} : { priority: PRIORITIES.indexOf(priority) }),
				...(endsClaim ? NO_CLAIM : {}),
			},
			detail: {
				changed: Object.keys(changed),
				...(status === undefined ? {} : { status, before: row.status }),
				...(unproven ? { unproven } : {}),
				...(own ? { own } : {}),
			},
		});
	},
	{ proves: ({ id, status }) => (status === "done" ? id : undefined) },
);

async function setTags(tx: Tx, task: number, tags: readonly string[]): Promise<void> {
	await tx.deleteFrom("task_tags").where("task", "=", task).execute();
	const rows = [...new Set(tags)].map((tag) => ({ task, tag }));
	if (rows.length > 0) await tx.insertInto("task_tags").values(rows).execute();
}

export const remove = write(contract.remove, async ({ input, author, tx }) => {
	const row = rowOf(tx.gate.connection, input.id);
	const released = await letGo(tx, row, author);
	await tx.deleteFrom("tasks").where("n", "=", row.n).execute();
	const detail = released.length === 0 ? {} : { released };
	await record(tx, row.id, { type: "task_deleted", by: author, summary: row.title, detail });
	return { deleted: true as const };
});

export const bump = write(contract.bump, (call) => {
	const row = rowOf(call.tx.gate.connection, call.input.taskId);
	const score = row.score + 1;
	return change(call, row, { type: "task_bumped", set: { score }, detail: { score } });
});

export const addNote = write(contract.addNote, async ({ input, author, tx, stamp }) => {
	const row = rowOf(tx.gate.connection, input.taskId);
	const content = input.content.trim();
	const note = {
		id: stamp.id,
		task: row.n,
		author: author.name,
		content,
		type: input.type,
		created_at: stamp.timestamp,
	};
	await tx.insertInto("notes").values(note).execute();
	await touch(tx, row, stamp);
	const detail = { note: note.id, type: note.type };
	await record(tx, row.id, { type: "task_noted", by: author, summary: content.slice(0, 120), detail });
	return noteOf({ n: 0, ...note });
});

const touch = (tx: Tx, row: TaskRow, stamp: Stamp): Promise<unknown> =>
	tx.updateTable("tasks").set({ updated_at: stamp.timestamp }).where("n", "=", row.n).execute();

export const notes = read(contract.notes, async ({ input, db, hub }) => {
	const row = rowOf(hub.database.reader, input.taskId);
	const rows = await db.selectFrom("notes").selectAll().where("task", "=", row.n).orderBy("n").execute();
	return { notes: rows.map(noteOf), count: rows.length };
});

/** Each of the three by an index of its own: read with `or`, every open task of the board was looked at. */
export const MINE_OPEN = `select n from tasks where status <> 'done' and created_by = ?1
	union select n from tasks where status <> 'done' and assignee = ?1
	union select n from tasks indexed by tasks_claimed where status <> 'done' and claimed_by = ?1 and claimed_until > ?2`;

export const mine = read(contract.mine, ({ input, caller, now, hub }) => {
	const { reader } = hub.database;
	const rows = reader.all<TaskRow>(
		`select * from tasks where n in (${MINE_OPEN}) order by updated_at desc, n desc limit ?3`,
		...[caller.name, now, input.limit ?? MINE],
	);
	const all = reader.get<{ n: number }>(`select count(*) as n from (${MINE_OPEN})`, caller.name, now);
	const tasks = tasksOf(reader, rows, now);
	return { tasks, count: tasks.length, open: all?.n ?? 0 };
});
