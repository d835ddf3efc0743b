/** The board: tasks and their notes. */
import { Type } from "@sinclair/typebox";
import { EVERYONE, operation, WRITERS } from "./operation.ts";
import { authorName, Deleted, more, oneOf, page, paging, text } from "./shapes.ts";
import { line, NOTE_TYPES, Note, PRIORITIES, TASK_STATUSES, Task, TaskId, TEXT_MAX, waits, whole } from "./task.ts";

const Words = Type.Array(Type.String({ maxLength: 200 }), { maxItems: 100 });
const TITLE_MAX = 2_000;
/** Each field of these tools is sent with every request of every agent. */
const SET_LATER = "leave out: board_set_terms sets it";

export const create = operation({
	name: "board.create",
	at: "hub",
	tool: "board_create_task",
	cli: "board create",
	summary: "Put a task on the board.",
	method: "POST",
	path: "/board/tasks",
	status: 201,
	input: Type.Object({
		title: text(TITLE_MAX),
		createdBy: authorName,
		description: Type.Optional(Type.String({ maxLength: TEXT_MAX })),
		status: Type.Optional(oneOf(TASK_STATUSES, "default open")),
		assignee: Type.Optional(Type.String({ maxLength: 200, description: "whom it is meant for" })),
		tags: Type.Optional(Words),
		dependencies: Type.Optional(Words),
		priority: Type.Optional(oneOf(PRIORITIES, SET_LATER)),
		kind: Type.Optional(text(40, SET_LATER)),
	}),
	output: Task,
	author: { field: "createdBy", needed: true },
	allow: WRITERS,
	core: true,
	tell: (task) => `Task ${task.id} is ${task.status}.${waits(task)}`,
});

export const list = operation({
	name: "board.list",
	at: "hub",
	tool: "board_list_tasks",
	cli: "board list",
	summary: "List tasks, newest first.",
	method: "GET",
	path: "/board/tasks",
	status: 200,
	input: Type.Object({
		status: Type.Optional(Type.String({ description: TASK_STATUSES.join(" | ") })),
		assignee: Type.Optional(Type.String()),
		tag: Type.Optional(Type.String()),
		...paging,
	}),
	output: Type.Object({ tasks: Type.Array(Task), ...page }),
	allow: EVERYONE,
	core: true,
	tell: ({ tasks, next }) => (tasks.map(line).join("\n") || "No tasks.") + more(next),
});

export const mine = operation({
	name: "board.mine",
	at: "hub",
	cli: "board mine",
	summary: "List what you have made, hold or are meant to do, and what is not done; last changed first.",
	method: "GET",
	path: "/board/mine",
	status: 200,
	input: Type.Object({ limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, description: "default 50" })) }),
	output: Type.Object({
		tasks: Type.Array(Task),
		count: Type.Integer(),
		open: Type.Integer({ description: "all of them, also those beyond the limit" }),
	}),
	allow: EVERYONE,
	tell: ({ tasks, count, open }) =>
		(tasks.map(line).join("\n") || "Nothing is open.") + (open > count ? `\n${open - count} more.` : ""),
});

export const get = operation({
	name: "board.get",
	at: "hub",
	tool: "board_get_task",
	cli: "board get",
	summary: "Read one task with its notes and artifacts.",
	method: "GET",
	path: "/board/tasks/:id",
	aliases: ["/board/:id"],
	status: 200,
	input: Type.Object({ id: TaskId }),
	output: Task,
	allow: EVERYONE,
	tell: whole,
});

export const update = operation({
	name: "board.update",
	at: "hub",
	tool: "board_update_task",
	cli: "board update",
	summary: "Change a task's fields. To take a task for yourself use board_claim.",
	method: "PATCH",
	path: "/board/tasks/:id",
	status: 200,
	input: Type.Object({
		id: TaskId,
		title: Type.Optional(text(TITLE_MAX)),
		description: Type.Optional(Type.String({ maxLength: TEXT_MAX })),
		status: Type.Optional(oneOf(TASK_STATUSES)),
		assignee: Type.Optional(
			Type.Unsafe<string | null>({
				anyOf: [{ type: "string", maxLength: 200 }, { type: "null" }],
				description: "null clears it",
			}),
		),
		tags: Type.Optional(Words),
		dependencies: Type.Optional(Words),
		priority: Type.Optional(oneOf(PRIORITIES, SET_LATER)),
	}),
	output: Task,
	allow: WRITERS,
	core: true,
	sentences: { title: "title cannot be empty" },
	tell: (task) => line(task) + waits(task),
});

export const remove = operation({
	name: "board.delete",
	at: "hub",
	cli: "board delete",
	summary: "Delete a task with its notes and artifacts.",
	method: "DELETE",
	path: "/board/tasks/:id",
	status: 200,
	input: Type.Object({ id: TaskId }),
	output: Deleted,
	allow: ["admin", "host", "orchestrator"],
	tell: (_output, { id }) => `Task ${id} is deleted.`,
});

export const bump = operation({
	name: "board.bump",
	at: "hub",
	tool: "board_bump",
	cli: "board bump",
	summary: "Say that a task matters: its score goes up by one.",
	method: "POST",
	path: "/board/tasks/:taskId/bump",
	status: 200,
	input: Type.Object({ taskId: TaskId }),
	output: Task,
	allow: WRITERS,
	tell: (task) => `Task ${task.id} has score ${task.score}.`,
});

export const addNote = operation({
	name: "board.note",
	at: "hub",
	tool: "board_add_note",
	cli: "board note",
	summary: "Add a note to a task: a finding, a blocker, a question or an update.",
	method: "POST",
	path: "/board/tasks/:taskId/notes",
	status: 201,
	input: Type.Object({ taskId: TaskId, author: authorName, content: text(TEXT_MAX), type: oneOf(NOTE_TYPES) }),
	output: Note,
	author: { field: "author", needed: true },
	allow: WRITERS,
	core: true,
	sentences: { type: "invalid note type: {value}" },
	tell: (note, { taskId }) => `Note ${note.id} is on task ${taskId}.`,
});

export const notes = operation({
	name: "board.notes",
	at: "hub",
	cli: "board notes",
	summary: "List a task's notes, oldest first.",
	method: "GET",
	path: "/board/tasks/:taskId/notes",
	status: 200,
	input: Type.Object({ taskId: TaskId }),
	output: Type.Object({ notes: Type.Array(Note), count: Type.Integer() }),
	allow: EVERYONE,
	tell: ({ notes }) => notes.map((note) => `${note.type} (${note.author}): ${note.content}`).join("\n") || "No notes.",
});
