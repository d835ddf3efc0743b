/** What can be begun now, which kinds of work there are, and what became of a task. */
import { type Static, Type } from "@sinclair/typebox";
import { EVERYONE, operation } from "./operation.ts";
import { anything, more, oneOf, page, paging } from "./shapes.ts";
import { line, TASK_STATUSES, Task, TaskId } from "./task.ts";
import { searched } from "./window.ts";

export const ready = operation({
	name: "board.ready",
	at: "hub",
	tool: "board_ready",
	cli: "board ready",
	summary: "List the tasks that can be begun now: open, held by nobody, waiting for none; what matters most first.",
	method: "GET",
	path: "/board/ready",
	status: 200,
	input: Type.Object({
		for: Type.Optional(Type.String({ maxLength: 200, description: "whom it may be meant for; default: you" })),
		limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, description: "default 50" })),
	}),
	output: Type.Object({
		tasks: Type.Array(Task, { description: "by priority, then score, then age" }),
		count: Type.Integer(),
		more: Type.Boolean({ description: "there are others below these" }),
	}),
	allow: EVERYONE,
	tell: (found) => (found.tasks.map(line).join("\n") || "Nothing is ready.") + (found.more ? "\nAnd more." : ""),
});

export const kinds = operation({
	name: "board.kinds",
	at: "hub",
	tool: "board_kinds",
	cli: "board kinds",
	summary: "List the kinds of tasks with the checklist that each begins with.",
	method: "GET",
	path: "/board/kinds",
	status: 200,
	input: Type.Object({}),
	output: Type.Object({
		kinds: Type.Array(Type.Object({ kind: Type.String(), checklist: Type.Array(Type.String()) })),
		count: Type.Integer(),
	}),
	allow: EVERYONE,
	tell: ({ kinds }) => kinds.map(({ kind, checklist }) => `${kind}: ${checklist.join("; ")}`).join("\n"),
});

export const search = operation({
	name: "board.search",
	at: "hub",
	tool: "board_search",
	cli: "board search",
	summary: "Find tasks by words in title, description, tags, notes and links, newest first.",
	method: "GET",
	path: "/board/search",
	status: 200,
	input: Type.Object({ words: searched, status: Type.Optional(oneOf(TASK_STATUSES)), ...paging }),
	output: Type.Object({ tasks: Type.Array(Task), ...page }),
	allow: EVERYONE,
	tell: ({ tasks, next }) => (tasks.map(line).join("\n") || "No task has these words.") + more(next),
});

/** One change of a task, as the feed has it, with what was there before and after. */
export const Change = Type.Object({
	seq: Type.Integer({ description: "of its event in the feed" }),
	at: Type.String({ description: "ISO 8601" }),
	by: Type.String(),
	via: Type.Optional(Type.String({ description: "whose token it was, where that acted for another" })),
	type: Type.String({ description: "of its event" }),
	summary: Type.String(),
	changed: Type.Optional(
		Type.Record(
			Type.String(),
			Type.Object({ from: Type.Optional(anything("before")), to: Type.Optional(anything("after")) }),
		),
	),
});
export type Change = Static<typeof Change>;

const worded = (value: unknown): string => (value === undefined ? "–" : JSON.stringify(value));

const changeLine = ({ at, by, via, type, summary, changed = {} }: Change): string => {
	const fields = Object.entries(changed).map(([field, { from, to }]) => `${field} ${worded(from)} → ${worded(to)}`);
	const who = via === undefined ? by : `${by} (via ${via})`;
	return `${at} ${who} ${type}: ${fields.length === 0 ? summary : fields.join(", ")}`;
};

export const history = operation({
	name: "board.history",
	at: "hub",
	tool: "board_history",
	cli: "board history",
	summary: "Read what changed of a task, by whom and when, newest first; also of a deleted one.",
	method: "GET",
	path: "/board/tasks/:id/history",
	status: 200,
	input: Type.Object({ id: TaskId, ...paging }),
	output: Type.Object({ changes: Type.Array(Change), ...page }),
	allow: EVERYONE,
	tell: ({ changes, next }) => changes.map(changeLine).join("\n") + more(next),
});
