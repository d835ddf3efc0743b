/** What must hold before a task is done, which files are its own while it is held, and what proves it. */
import { Type } from "@sinclair/typebox";
import { EVERYONE, operation, WRITERS } from "./operation.ts";
import { oneOf, text } from "./shapes.ts";
import { Evidence, evidenceLine, PRIORITIES, shared, Task, TaskId, Territory, whole } from "./task.ts";

/** The host is the token's own. */
const { host: _host, ...ranFields } = Evidence.properties;

export const terms = operation({
	name: "board.terms",
	at: "hub",
	tool: "board_set_terms",
	cli: "board terms",
	summary:
		"Say how much a task matters, which files it owns while it is held, and what must hold before it is done. What is left out stays.",
	method: "PATCH",
	path: "/board/tasks/:id/terms",
	status: 200,
	input: Type.Object({
		id: TaskId,
		territory: Type.Optional(
			Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
				maxItems: 100,
				description: "paths and globs from the repository's top: src/usage/**",
			}),
		),
		check: Type.Optional(
			Type.Unsafe<string | null>({
				anyOf: [{ type: "string", minLength: 1, maxLength: 2_000, pattern: "\\S" }, { type: "null" }],
				description: "shell command that its host must have seen pass; null takes it away",
			}),
		),
		priority: Type.Optional(oneOf(PRIORITIES)),
		kind: Type.Optional(text(40, "of board_kinds: its checklist comes with it")),
		checklist: Type.Optional(
			Type.Array(text(500), { maxItems: 50, description: "what has to be done; items that stay keep their tick" }),
		),
	}),
	output: Task,
	allow: WRITERS,
	tell: (task) => whole(task) + shared(task),
});

export const tick = operation({
	name: "board.tick",
	at: "hub",
	tool: "board_tick",
	cli: "board tick",
	summary: "Tick an item of a task's checklist, or with done false take the tick away.",
	method: "POST",
	path: "/board/tasks/:id/tick",
	status: 200,
	input: Type.Object({
		id: TaskId,
		item: Type.Integer({ minimum: 1, maximum: 50, description: "its number in the list, from 1" }),
		done: Type.Optional(Type.Boolean({ description: "default true" })),
	}),
	output: Task,
	allow: WRITERS,
	tell: whole,
});

export const check = operation({
	name: "board.check",
	at: "hub",
	tool: "board_check",
	cli: "board check",
	summary: "Have the host beside the work run a task's check, or hear how it ended on the files as they are.",
	method: "POST",
	path: "/board/tasks/:id/check",
	status: 200,
	input: Type.Object({ id: TaskId }),
	output: Task,
	allow: WRITERS,
	tell: (task) => (task.evidence ?? []).map(evidenceLine).at(-1) ?? `Nothing was run for task ${task.id} yet.`,
});

export const prove = operation({
	name: "board.prove",
	at: "hub",
	cli: "board prove",
	summary: "Keep how a task's check ended; only the host that ran it says so.",
	method: "POST",
	path: "/board/tasks/:id/evidence",
	status: 201,
	input: Type.Object({ id: TaskId, ...ranFields }),
	output: Task,
	allow: ["host"],
	tell: (task) => (task.evidence ?? []).map(evidenceLine).join("\n"),
});

export const territories = operation({
	name: "board.territories",
	at: "hub",
	cli: "board territories",
	summary: "List the files that held tasks own, where the caller works: earliest first.",
	method: "GET",
	path: "/board/territories",
	status: 200,
	input: Type.Object({}),
	output: Type.Object({ territories: Type.Array(Territory), count: Type.Integer() }),
	allow: EVERYONE,
	tell: ({ territories }) =>
		territories.map(({ task, owner, patterns }) => `${owner} (task ${task}): ${patterns.join(", ")}`).join("\n") ||
		"Nobody holds a task that owns files.",
});
