import * as contract from "../../contract/board.ts";
import type { Task } from "../../contract/task.ts";
import type { Tx } from "../database/tx.ts";
import { read, type Stamp, write } from "../handle.ts";
import { newestFirst } from "../page.ts";
import { NO_CLAIM, refuseWhileHeld } from "./claims.ts";
import { needEvidence, refuseOwn } from "./evidence.ts";
import { NO_PARTS, noteOf, rowOf, type TaskRow, taskOf, tasksOf, whole } from "./task.ts";

/** By name, not "not done": so the index on status finds them. */
const OPEN = ["open", "in_progress", "in_review", "blocked"] as const;
/** Entries of `board.mine`, where the caller asks for no number. */
const MINE = 50;

const INSERT = `insert into tasks (id, title, description, status, assignee, tags, dependencies, created_by, created_at,
	updated_at, score) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)`;

export const create = write(contract.create, async ({ input, author, tx, stamp, hub }) => {
	const row: TaskRow = {
		n: 0,
		id: stamp.id,
		title: input.title.trim(),
		description: input.description?.trim() ?? null,
		status: input.status ?? "open",
		assignee: input.assignee?.trim() || null,
		tags: JSON.stringify(input.tags ?? []),
		dependencies: JSON.stringify(input.dependencies ?? []),
		created_by: author.name,
		created_at: stamp.timestamp,
		updated_at: stamp.timestamp,
		score: 0,
		submitted_by: null,
		claimed_at: null,
		territory: null,
		territory_since: null,
		...{ check_command: null, checklist: null, handed_in: null },
		...NO_CLAIM,
	};
	if (row.status === "done") await needEvidence(tx, row, author, hub.rules, undefined);
	const { id, title, description, status, assignee, tags, dependencies, created_by, created_at, updated_at } = row;
	const values = [id, title, description, status, assignee, tags, dependencies, created_by, created_at, updated_at];
	const n = tx.gate.connection.run(INSERT, ...values);
	if (input.tags !== undefined) await setTags(tx, n, input.tags);
	await tx.publish({ type: "task_created", by: author, summary: title, detail: { task: id, status, assignee } });
	return whole(row, NO_PARTS, stamp.at);
});

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
	async ({ input, author, tx, stamp, hub, proof }) => {
		const row = rowOf(tx.gate.connection, input.id);
		const { title, description, status, assignee, tags, dependencies } = input;
		if (status !== undefined || assignee !== undefined) refuseWhileHeld(row, author, stamp.at);
		const done = status === "done" && row.status !== "done";
		const unproven = done && (await needEvidence(tx, row, author, hub.rules, proof));
		const own = done && row.submitted_by !== null && (await refuseOwn(tx, row, author, hub.rules));
		const owner = assignee === undefined ? row.assignee : assignee?.trim() || null;
		const leaves = status !== undefined && status !== "in_progress" && status !== "blocked";
		const endsClaim = leaves || (assignee !== undefined && owner !== row.claimed_by);
		await tx
			.updateTable("tasks")
			.set({
				updated_at: stamp.timestamp,
				assignee: owner,
				...(title === undefined ? {} : { title: title.trim() }),
				...(description === undefined ? {} : { description: description.trim() }),
				...(status === undefined ? {} : { status }),
				...(tags === undefined ? {} : { tags: JSON.stringify(tags) }),
				...(dependencies === undefined ? {} : { dependencies: JSON.stringify(dependencies) }),
				...(endsClaim ? NO_CLAIM : {}),
			})
			.where("n", "=", row.n)
			.execute();
		if (tags !== undefined) await setTags(tx, row.n, tags);
		const { id: _id, ...changed } = input;
		await tx.publish({
			type: "task_updated",
			by: author,
			summary: title?.trim() ?? row.title,
			detail: {
				task: row.id,
				changed: Object.keys(changed),
				...(status === undefined ? {} : { status, before: row.status }),
				...(unproven ? { unproven } : {}),
				...(own ? { own } : {}),
			},
		});
		return taskOf(tx.gate.connection, row.id, stamp.at);
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
	await tx.deleteFrom("tasks").where("n", "=", row.n).execute();
	await tx.publish({ type: "task_deleted", by: author, summary: row.title, detail: { task: row.id } });
	return { deleted: true as const };
});

export const bump = write(contract.bump, async ({ input, author, tx, stamp }) => {
	const row = rowOf(tx.gate.connection, input.taskId);
	const score = row.score + 1;
	await tx.updateTable("tasks").set({ score, updated_at: stamp.timestamp }).where("n", "=", row.n).execute();
	await tx.publish({ type: "task_bumped", by: author, summary: row.title, detail: { task: row.id, score } });
	return taskOf(tx.gate.connection, row.id, stamp.at);
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
	await tx.publish({
		type: "task_noted",
		by: author,
		summary: content.slice(0, 120),
		detail: { task: row.id, note: note.id, type: note.type },
	});
	return noteOf({ n: 0, ...note });
});

const touch = (tx: Tx, row: TaskRow, stamp: Stamp): Promise<unknown> =>
	tx.updateTable("tasks").set({ updated_at: stamp.timestamp }).where("n", "=", row.n).execute();

export const notes = read(contract.notes, async ({ input, db, hub }) => {
	const row = rowOf(hub.database.reader, input.taskId);
	const rows = await db.selectFrom("notes").selectAll().where("task", "=", row.n).orderBy("n").execute();
	return { notes: rows.map(noteOf), count: rows.length };
});

export const mine = read(contract.mine, async ({ input, caller, db, now, hub }) => {
	const open = () =>
		db
			.selectFrom("tasks")
			.where("status", "in", OPEN)
			.where((or) =>
				or.or([
					or("created_by", "=", caller.name),
					or("assignee", "=", caller.name),
					or.and([or("claimed_by", "=", caller.name), or("claimed_until", ">", now)]),
				]),
			);
	const rows = await open()
		.selectAll()
		.orderBy("updated_at", "desc")
		.orderBy("n", "desc")
		.limit(input.limit ?? MINE)
		.execute();
	const all = await open()
		.select((count) => count.fn.countAll<number>().as("n"))
		.executeTakeFirstOrThrow();
	const tasks = tasksOf(hub.database.reader, rows, now);
	return { tasks, count: tasks.length, open: all.n };
});
