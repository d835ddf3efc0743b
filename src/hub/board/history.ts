/**
 * What became of each task: written beside the feed's event, in the same savepoint, so that neither is without the
 * other. It holds what the event does not, the values before and after, and it outlives both the task and the feed.
 */
import * as contract from "../../contract/queue.ts";
import { fault } from "../../errors.ts";
import type { Author } from "../author.ts";
import type { NewEvent, Tx } from "../database/tx.ts";
import { read } from "../handle.ts";
import { cursorOf, cut, limitOf } from "../page.ts";
import { iso } from "../window.ts";
import type { HistoryRow } from "./schema.ts";
import { priorityOf, type TaskRow, taskOf } from "./task.ts";

/** Characters of a text that are kept of each value: a description may have thousands, and change often. */
const KEPT = 500;

const kept = (value: unknown): unknown =>
	typeof value === "string" && value.length > KEPT ? `${value.slice(0, KEPT)}…` : value;
const plain = (value: unknown): unknown => (value === null ? undefined : kept(value));
const json = (value: unknown): unknown => (value === null ? undefined : JSON.parse(String(value)));

/** Columns that people know as fields, and how each reads. The others follow from them. */
const FIELDS = {
	title: { field: "title", value: plain },
	description: { field: "description", value: plain },
	status: { field: "status", value: plain },
	assignee: { field: "assignee", value: plain },
	tags: { field: "tags", value: json },
	dependencies: { field: "dependencies", value: json },
	priority: { field: "priority", value: (value: unknown) => priorityOf(Number(value)) },
	kind: { field: "kind", value: plain },
	score: { field: "score", value: plain },
	claimed_by: { field: "claim", value: plain },
	territory: { field: "territory", value: json },
	check_command: { field: "check", value: plain },
	checklist: { field: "checklist", value: json },
} as const satisfies Partial<Record<keyof TaskRow, { field: string; value: (value: unknown) => unknown }>>;

type Changed = NonNullable<contract.Change["changed"]>;

export function changedBy(row: TaskRow, set: Partial<TaskRow>): Changed {
	const changed: Changed = {};
	for (const [column, { field, value }] of Object.entries(FIELDS)) {
		const name = column as keyof typeof FIELDS;
		const after = set[name];
		if (after === undefined || after === row[name]) continue;
		changed[field] = { from: value(row[name]), to: value(after) };
	}
	return changed;
}

const KEEP = `insert into task_history (task, seq, at, by, via, type, summary, changed) values (?, ?, ?, ?, ?, ?, ?, ?)`;

/** Publishes the event of a change and keeps it for the task. */
export async function record(
	tx: Tx,
	task: string,
	{ detail, ...event }: NewEvent & { readonly detail?: Readonly<Record<string, unknown>> },
	changed: Changed = {},
): Promise<void> {
	const { seq, timestamp } = await tx.publish({ ...event, detail: { task, ...detail } });
	const { by, type, summary } = event;
	const values = Object.keys(changed).length === 0 ? null : JSON.stringify(changed);
	tx.gate.connection.run(KEEP, task, seq, timestamp, by.name, by.via ?? null, type, summary, values);
}

export interface TaskChange {
	readonly type: string;
	/** Absent: the title. A long one is cut. */
	readonly summary?: string;
	readonly detail?: Readonly<Record<string, unknown>>;
	readonly set?: Partial<Omit<TaskRow, "n" | "id">>;
}

const SUMMARY = 120;

/** Changes a task's row, tells of it and keeps it; answers the task as it is then. */
export async function change(
	{ tx, author, stamp }: { readonly tx: Tx; readonly author: Author; readonly stamp: { readonly at: number } },
	row: TaskRow,
	{ type, summary, detail = {}, set = {} }: TaskChange,
) {
	await tx
		.updateTable("tasks")
		.set({ ...set, updated_at: iso(stamp.at) })
		.where("n", "=", row.n)
		.execute();
	const event = { type, by: author, summary: summary?.slice(0, SUMMARY) ?? row.title, detail };
	await record(tx, row.id, event, changedBy(row, set));
	return taskOf(tx.gate.connection, row.id, stamp.at);
}

const READ = "select * from task_history where task = ? and seq < ? order by seq desc limit ?";

export const history = read(contract.history, ({ input, hub }) => {
	const { reader } = hub.database;
	const before = cursorOf(input.cursor) ?? Number.MAX_SAFE_INTEGER;
	const limit = limitOf(input.limit);
	const { rows, next } = cut(reader.all<HistoryRow>(READ, input.id, before, limit + 1), limit, ({ seq }) => seq);
	const known = rows.length > 0 || reader.get("select n from tasks where id = ?", input.id) !== undefined;
	if (!known) throw fault("not_found", "task");
	return { changes: rows.map(changeOf), count: rows.length, ...next };
});

const changeOf = ({ seq, at, by, via, type, summary, changed }: HistoryRow): contract.Change => ({
	...{ seq, at, by, type, summary },
	...(via === null ? {} : { via }),
	...(changed === null ? {} : { changed: JSON.parse(changed) }),
});
