/** Tasks between rows and wire. */
import type { Selectable } from "kysely";
import { type Artifact, type Evidence, type Note, PRIORITIES, type Task } from "../../contract/task.ts";
import { fault } from "../../errors.ts";
import type { Connection } from "../database/connection.ts";
import type { Tables } from "../database/tables.ts";
import { iso } from "../window.ts";
import type { TaskTable } from "./schema.ts";

export type TaskRow = Selectable<TaskTable>;

type NoteRow = Selectable<Tables["notes"]>;
type ArtifactRow = Selectable<Tables["artifacts"]>;
type EvidenceRow = Selectable<Tables["evidence"]>;

/** Runs of its check that a task shows: an agent that tries for a day leaves many. */
const SHOWN = 5;

// Every tool of an agent reads a task, and each change answers with one: building these statements anew each time took
// longer than running them.
const ROW = "select * from tasks where id = ?";
const NOTES = "select * from notes where task in (select value from json_each(?)) order by n";
const EVIDENCE = "select * from evidence where task in (select value from json_each(?)) order by n";
const ARTIFACTS = "select * from artifacts where task in (select value from json_each(?)) order by n";
/** One statement, not three: each takes and gives back a lock of the file, which costs more than what it reads. */
const WHOLE = `select *,
	(select json_group_array(json_object('id', id, 'author', author, 'content', content, 'type', type, 'created_at', created_at))
		from (select * from notes where task = tasks.n order by n)) as notes,
	(select json_group_array(json_object('type', type, 'url', url, 'label', label, 'added_at', added_at, 'added_by', added_by))
		from (select * from artifacts where task = tasks.n order by n)) as artifacts,
	(select json_group_array(json_object('command', command, 'passed', passed, 'code', code, 'said', said, 'tree', tree, 'at', at, 'host', host))
		from (select * from evidence where task = tasks.n order by n)) as evidence
	from tasks where id = ?`;

/** What tasks wait for; most wait for nothing, and are not asked about. */
const OPEN = `select task, other.id from task_dependencies join tasks as other on other.n = dependency
	where task in (select value from json_each(?)) and other.status <> 'done' order by other.n`;

/** Throws `task not found`, in the old API's words. */
export function rowOf(db: Connection, id: string): TaskRow {
	const row = db.get<TaskRow>(ROW, id);
	if (row === undefined) throw fault("not_found", "task");
	return row;
}

export function taskOf(db: Connection, id: string, now: number): Task {
	const row = db.get<TaskRow & { notes: string; artifacts: string; evidence: string }>(WHOLE, id);
	if (row === undefined) throw fault("not_found", "task");
	const parts: Parts = {
		notes: JSON.parse(row.notes),
		artifacts: JSON.parse(row.artifacts),
		evidence: JSON.parse(row.evidence),
		waitsFor: waitsOf(db, [row]).get(row.n) ?? [],
	};
	return whole(row, parts, now);
}

/** Whole tasks in the order of their rows: three statements for what hangs on them, however many there are. */
export function tasksOf(db: Connection, rows: readonly TaskRow[], now: number): Task[] {
	if (rows.length === 0) return [];
	const tasks = JSON.stringify(rows.map((row) => row.n));
	const notesBy = Map.groupBy(db.all<NoteRow>(NOTES, tasks), (note) => note.task);
	const artifactsBy = Map.groupBy(db.all<ArtifactRow>(ARTIFACTS, tasks), (artifact) => artifact.task);
	const evidenceBy = Map.groupBy(db.all<EvidenceRow>(EVIDENCE, tasks), (run) => run.task);
	const waits = waitsOf(db, rows);
	return rows.map((row) => {
		const notes = notesBy.get(row.n) ?? [];
		const [artifacts, evidence] = [artifactsBy.get(row.n) ?? [], evidenceBy.get(row.n) ?? []];
		return whole(row, { notes, artifacts, evidence, waitsFor: waits.get(row.n) ?? [] }, now);
	});
}

/** Ids of what these tasks depend on and is not done. */
function waitsOf(db: Connection, rows: readonly TaskRow[]): ReadonlyMap<number, readonly string[]> {
	const depending = rows.filter(({ dependencies, status }) => dependencies !== "[]" && status !== "done");
	if (depending.length === 0) return new Map();
	const open = db.all<{ task: number; id: string }>(OPEN, JSON.stringify(depending.map(({ n }) => n)));
	const waits = new Map<number, string[]>();
	for (const { task, id } of open) waits.set(task, [...(waits.get(task) ?? []), id]);
	return waits;
}

/** What hangs on a task, oldest first. */
export interface Parts {
	readonly notes: readonly NoteRow[];
	readonly artifacts: readonly ArtifactRow[];
	readonly evidence: readonly EvidenceRow[];
	/** Ids of what it depends on and is not done. */
	readonly waitsFor: readonly string[];
}

/** The word for a stored priority. */
export const priorityOf = (stored: number): (typeof PRIORITIES)[number] => PRIORITIES[stored] ?? "normal";
export const NORMAL = PRIORITIES.indexOf("normal");

export function whole(row: TaskRow, { notes, artifacts, evidence, waitsFor }: Parts, now: number): Task {
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
		...(row.priority === NORMAL ? {} : { priority: priorityOf(row.priority) }),
		...(row.kind === null ? {} : { kind: row.kind }),
		...(row.round === 0 ? {} : { round: row.round }),
		...(waitsFor.length === 0 ? {} : { waitsFor: [...waitsFor] }),
		...(row.territory === null ? {} : { territory: JSON.parse(row.territory) }),
		...(row.check_command === null ? {} : { check: row.check_command }),
		...(row.checklist === null ? {} : { checklist: JSON.parse(row.checklist) }),
		...(evidence.length === 0 ? {} : { evidence: evidence.slice(-SHOWN).map(evidenceOf) }),
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

const evidenceOf = ({ command, passed, code, said, tree, at, host }: EvidenceRow): Evidence => ({
	...{ command, passed: passed === 1, code, said, tree, at, host },
});

const artifactOf = ({ type, url, label, added_at, added_by }: ArtifactRow): Artifact => ({
	type,
	url,
	label,
	addedAt: added_at,
	...(added_by === null ? {} : { addedBy: added_by }),
});
