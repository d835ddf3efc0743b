/** Tasks between rows and wire. */
import type { Selectable } from "kysely";
import type { Artifact, Note, Task } from "../../contract/board.ts";
import { fault } from "../../errors.ts";
import type { Connection } from "../database/connection.ts";
import type { Tables } from "../database/tables.ts";
import { iso } from "../window.ts";
import type { TaskTable } from "./schema.ts";

export type TaskRow = Selectable<TaskTable>;

type NoteRow = Selectable<Tables["notes"]>;
type ArtifactRow = Selectable<Tables["artifacts"]>;

// Every tool of an agent reads a task, and each change answers with one: building these statements anew each time took
// longer than running them.
const ROW = "select * from tasks where id = ?";
const NOTES = "select * from notes where task in (select value from json_each(?)) order by n";
const ARTIFACTS = "select * from artifacts where task in (select value from json_each(?)) order by n";
/** One statement, not three: each takes and gives back a lock of the file, which costs more than what it reads. */
const WHOLE = `select *,
	(select json_group_array(json_object('id', id, 'author', author, 'content', content, 'type', type, 'created_at', created_at))
		from (select * from notes where task = tasks.n order by n)) as notes,
	(select json_group_array(json_object('type', type, 'url', url, 'label', label, 'added_at', added_at, 'added_by', added_by))
		from (select * from artifacts where task = tasks.n order by n)) as artifacts
	from tasks where id = ?`;

/** Throws `task not found`, in the old API's words. */
export function rowOf(db: Connection, id: string): TaskRow {
	const row = db.get<TaskRow>(ROW, id);
	if (row === undefined) throw fault("not_found", "task");
	return row;
}

export function taskOf(db: Connection, id: string, now: number): Task {
	const row = db.get<TaskRow & { notes: string; artifacts: string }>(WHOLE, id);
	if (row === undefined) throw fault("not_found", "task");
	return whole(row, JSON.parse(row.notes) as NoteRow[], JSON.parse(row.artifacts) as ArtifactRow[], now);
}

/** Whole tasks in the order of their rows: two statements for their notes and artifacts, however many there are. */
export function tasksOf(db: Connection, rows: readonly TaskRow[], now: number): Task[] {
	if (rows.length === 0) return [];
	const tasks = JSON.stringify(rows.map((row) => row.n));
	const notesBy = Map.groupBy(db.all<NoteRow>(NOTES, tasks), (note) => note.task);
	const artifactsBy = Map.groupBy(db.all<ArtifactRow>(ARTIFACTS, tasks), (artifact) => artifact.task);
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
		...(row.territory === null ? {} : { territory: JSON.parse(row.territory) }),
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
