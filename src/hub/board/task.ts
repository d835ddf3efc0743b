/** Tasks between rows and wire. */
import type { Kysely, Selectable } from "kysely";
import type { Artifact, Note, Task } from "../../contract/board.ts";
import { fault } from "../../errors.ts";
import type { Tables } from "../database/tables.ts";
import { iso } from "../window.ts";
import type { TaskTable } from "./schema.ts";

export type TaskRow = Selectable<TaskTable>;

type NoteRow = Selectable<Tables["notes"]>;
type ArtifactRow = Selectable<Tables["artifacts"]>;

/** Throws `task not found`, in the old API's words. */
export async function rowOf(db: Kysely<Tables>, id: string): Promise<TaskRow> {
	const row = await db.selectFrom("tasks").selectAll().where("id", "=", id).executeTakeFirst();
	if (row === undefined) throw fault("not_found", "task");
	return row;
}

export async function taskOf(db: Kysely<Tables>, id: string, now: number): Promise<Task> {
	const [task] = await tasksOf(db, [await rowOf(db, id)], now);
	if (task === undefined) throw fault("not_found", "task");
	return task;
}

/** Whole tasks in the order of their rows: two statements for their notes and artifacts, however many there are. */
export async function tasksOf(db: Kysely<Tables>, rows: readonly TaskRow[], now: number): Promise<Task[]> {
	if (rows.length === 0) return [];
	const tasks = rows.map((row) => row.n);
	const notes = await db.selectFrom("notes").selectAll().where("task", "in", tasks).orderBy("n").execute();
	const artifacts = await db.selectFrom("artifacts").selectAll().where("task", "in", tasks).orderBy("n").execute();
	const notesBy = Map.groupBy(notes, (note) => note.task);
	const artifactsBy = Map.groupBy(artifacts, (artifact) => artifact.task);
	return rows.map((row) => whole(row, notesBy.get(row.n) ?? [], artifactsBy.get(row.n) ?? [], now));
}

export function whole(row: TaskRow, notes: readonly NoteRow[], artifacts: readonly ArtifactRow[], now: number): Task {
	return {
		id: row.id,
		title: row.title,
		...(row.description === null ? {} : { description: row.description }),
		status: row.status,
		...(row.assignee === null ? {} : { assignee: row.assignee }),
		tags: JSON.parse(row.tags),
		dependencies: JSON.parse(row.dependencies),
		createdBy: row.created_by,
		createdAt: row.created_at,
		updatedAt: row.updated_at,
		notes: notes.map(noteOf),
		artifacts: artifacts.map(artifactOf),
		score: row.score,
		...(isHeld(row, now) ? { claim: { by: row.claimed_by, until: iso(row.claimed_until) } } : {}),
	};
}

/** A claim counts until its end by the hub's clock. */
export const isHeld = (row: TaskRow, now: number): row is TaskRow & { claimed_by: string; claimed_until: number } =>
	row.claimed_by !== null && row.claimed_until !== null && row.claimed_until > now;

export const noteOf = ({ id, author, content, type, created_at }: NoteRow): Note => ({
	id,
	author,
	content,
	type,
	createdAt: created_at,
});

const artifactOf = ({ type, url, label, added_at, added_by }: ArtifactRow): Artifact => ({
	type,
	url,
	label,
	addedAt: added_at,
	...(added_by === null ? {} : { addedBy: added_by }),
});
