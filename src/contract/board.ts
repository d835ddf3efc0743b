/** The board: tasks, their notes and artifacts, who holds them, and what their review said. */
import { type Static, Type } from "@sinclair/typebox";
import { EVERYONE, operation, WRITERS } from "./operation.ts";
import { authorName, Deleted, more, oneOf, page, paging, text } from "./shapes.ts";

export const TASK_STATUSES = ["open", "in_progress", "in_review", "blocked", "done"] as const;
export const NOTE_TYPES = ["finding", "blocker", "question", "update"] as const;
export const ARTIFACT_TYPES = ["branch", "report", "deploy", "diff", "file", "url"] as const;

/** Seconds that a claim holds without a sign of life, when the claimer names none. */
export const LEASE_SECONDS = 900;

export const Note = Type.Object({
	id: Type.String(),
	author: Type.String(),
	content: Type.String(),
	type: oneOf(NOTE_TYPES),
	createdAt: Type.String(),
});
export type Note = Static<typeof Note>;

export const Artifact = Type.Object({
	type: oneOf(ARTIFACT_TYPES),
	url: Type.String(),
	label: Type.String(),
	addedAt: Type.String(),
	addedBy: Type.Optional(Type.String()),
});
export type Artifact = Static<typeof Artifact>;

/** What a task that somebody holds owns, and since when: of two that name the same file the earlier has it. */
export const Territory = Type.Object({
	task: Type.String({ description: "task id" }),
	title: Type.String(),
	owner: Type.String({ description: "who holds the task" }),
	patterns: Type.Array(Type.String(), { description: "paths and globs from the repository's top" }),
	since: Type.String({ description: "ISO 8601" }),
});
export type Territory = Static<typeof Territory>;

/** A run of a task's check by the host beside the work. What an agent says of its tests is none. */
export const Evidence = Type.Object({
	command: Type.String(),
	passed: Type.Boolean(),
	code: Type.Integer({ description: "exit code" }),
	said: Type.String({ description: "how it ended, with its last line" }),
	tree: Type.String({ description: "git's hash of all files that are not ignored, uncommitted ones included" }),
	at: Type.String({ description: "ISO 8601" }),
	host: Type.String({ description: "id of the host that ran it" }),
});
export type Evidence = Static<typeof Evidence>;
/** The host is the token's own. */
const { host: _host, ...ranFields } = Evidence.properties;

export const CheckItem = Type.Object({ text: Type.String(), done: Type.Boolean() });
export type CheckItem = Static<typeof CheckItem>;

export const Task = Type.Object({
	id: Type.String({ description: "ULID" }),
	title: Type.String(),
	description: Type.Optional(Type.String()),
	status: oneOf(TASK_STATUSES),
	assignee: Type.Optional(Type.String()),
	tags: Type.Array(Type.String()),
	dependencies: Type.Array(Type.String()),
	createdBy: Type.String(),
	createdAt: Type.String({ description: "ISO 8601, UTC" }),
	updatedAt: Type.String(),
	notes: Type.Array(Note, { description: "oldest first" }),
	artifacts: Type.Array(Artifact, { description: "oldest first" }),
	score: Type.Integer(),
	claim: Type.Optional(
		Type.Object({
			by: Type.String(),
			until: Type.String({ description: "ISO 8601, by the hub's clock; renewed by signs of life" }),
		}),
	),
	territory: Type.Optional(
		Type.Array(Type.String(), { description: "files that it owns while somebody holds it: paths and globs" }),
	),
	check: Type.Optional(Type.String({ description: "shell command that has to pass before it is done" })),
	checklist: Type.Optional(Type.Array(CheckItem, { description: "all of it is done before the task is" })),
	evidence: Type.Optional(Type.Array(Evidence, { description: "runs of its check, newest last" })),
	overlaps: Type.Optional(
		Type.Array(Territory, { description: "told when it is claimed or changed: what others hold of the same files" }),
	),
});
export type Task = Static<typeof Task>;

const Id = Type.String({ minLength: 1, maxLength: 64, description: "task id" });
const Words = Type.Array(Type.String({ maxLength: 200 }), { maxItems: 100 });
const TITLE_MAX = 2_000;
const TEXT_MAX = 65_536;

const NewArtifact = Type.Object({
	type: oneOf(ARTIFACT_TYPES),
	url: text(8_192),
	label: text(2_000),
	addedBy: Type.Optional(Type.String({ maxLength: 200 })),
});
const NewArtifacts = Type.Array(NewArtifact, { minItems: 1, maxItems: 200 });

const artifactSentences = {
	artifacts: "artifacts array is required and must not be empty",
	"artifacts.type": "invalid artifact type: {value}",
	"artifacts.url": "artifact url is required",
	"artifacts.label": "artifact label is required",
} as const;

const line = (task: Task): string =>
	`${task.id} ${task.status} ${task.title}${task.assignee === undefined ? "" : ` @${task.assignee}`}${task.score > 0 ? ` +${task.score}` : ""}`;

const evidenceLine = ({ command, passed, said, tree, at, host }: Evidence): string =>
	`${passed ? "passed" : "failed"}: \`${command}\` on tree ${tree.slice(0, 10)} at ${at}, run by host ${host}: ${said}`;

/** Two tasks that own the same files: whoever came second has to know before the first refusal. */
const shared = ({ overlaps = [] }: Task): string =>
	overlaps
		.map(
			({ task, title, owner, patterns }) =>
				`\nIts territory overlaps with task ${task} (${title}) of ${owner}: ${patterns.join(", ")}. What both name is ${owner}'s until that task is done; agree with ${owner}, or ask the orchestrator.`,
		)
		.join("");

const whole = (task: Task): string =>
	[
		line(task),
		...(task.description === undefined ? [] : [task.description]),
		...(task.tags.length > 0 ? [`tags: ${task.tags.join(", ")}`] : []),
		...(task.dependencies.length > 0 ? [`depends on: ${task.dependencies.join(", ")}`] : []),
		...(task.territory === undefined ? [] : [`owns: ${task.territory.join(", ")}`]),
		...(task.check === undefined ? [] : [`check: ${task.check}`]),
		...(task.checklist ?? []).map(({ text: item, done }, at) => `${at + 1}. [${done ? "x" : " "}] ${item}`),
		...(task.evidence ?? []).map(evidenceLine),
		...(task.claim === undefined ? [] : [`claimed by ${task.claim.by} until ${task.claim.until}`]),
		...task.artifacts.map((artifact) => `${artifact.type} ${artifact.label}: ${artifact.url}`),
		...task.notes.map((note) => `${note.type} (${note.author}): ${note.content}`),
	].join("\n");

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
	}),
	output: Task,
	author: { field: "createdBy", needed: true },
	allow: WRITERS,
	core: true,
	tell: (task) => `Task ${task.id} is ${task.status}.`,
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
	input: Type.Object({ id: Id }),
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
		id: Id,
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
	}),
	output: Task,
	allow: WRITERS,
	core: true,
	sentences: { title: "title cannot be empty" },
	tell: (task) => line(task),
});

export const terms = operation({
	name: "board.terms",
	at: "hub",
	tool: "board_set_terms",
	cli: "board terms",
	summary:
		"Say which files a task owns while it is held, and what must hold before it is done. What is left out stays.",
	method: "PATCH",
	path: "/board/tasks/:id/terms",
	status: 200,
	input: Type.Object({
		id: Id,
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
		id: Id,
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
	input: Type.Object({ id: Id }),
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
	input: Type.Object({ id: Id, ...ranFields }),
	output: Task,
	allow: ["host"],
	tell: (task) => (task.evidence ?? []).map(evidenceLine).join("\n"),
});

export const remove = operation({
	name: "board.delete",
	at: "hub",
	cli: "board delete",
	summary: "Delete a task with its notes and artifacts.",
	method: "DELETE",
	path: "/board/tasks/:id",
	status: 200,
	input: Type.Object({ id: Id }),
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
	input: Type.Object({ taskId: Id }),
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
	input: Type.Object({ taskId: Id, author: authorName, content: text(TEXT_MAX), type: oneOf(NOTE_TYPES) }),
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
	input: Type.Object({ taskId: Id }),
	output: Type.Object({ notes: Type.Array(Note), count: Type.Integer() }),
	allow: EVERYONE,
	tell: ({ notes }) => notes.map((note) => `${note.type} (${note.author}): ${note.content}`).join("\n") || "No notes.",
});

export const addArtifact = operation({
	name: "board.artifact",
	at: "hub",
	tool: "board_add_artifact",
	cli: "board artifact",
	summary: "Attach links to a task: branch, report, deploy, diff, file or url. All of them or none.",
	method: "POST",
	path: "/board/tasks/:taskId/artifacts",
	status: 201,
	input: Type.Object({ taskId: Id, artifacts: NewArtifacts }),
	output: Task,
	allow: WRITERS,
	sentences: artifactSentences,
	tell: (task) => `Task ${task.id} has ${task.artifacts.length} artifacts.`,
});

export const submit = operation({
	name: "board.submit",
	at: "hub",
	tool: "board_submit_for_review",
	cli: "board submit",
	summary: "Hand a task in for review with what was done and the links that prove it. Ends your claim.",
	method: "POST",
	path: "/board/tasks/:taskId/review",
	status: 200,
	input: Type.Object({
		taskId: Id,
		summary: text(TEXT_MAX),
		reviewedBy: authorName,
		artifacts: Type.Optional(Type.Array(NewArtifact, { maxItems: 200 })),
	}),
	output: Task,
	author: { field: "reviewedBy" },
	allow: WRITERS,
	core: true,
	sentences: artifactSentences,
	tell: (task) => `Task ${task.id} is ${task.status}.`,
});

export const approve = operation({
	name: "board.approve",
	at: "hub",
	tool: "board_approve",
	cli: "board approve",
	summary: "Approve a reviewed task: it is done. Nobody approves their own.",
	method: "POST",
	path: "/board/tasks/:taskId/approve",
	status: 200,
	input: Type.Object({
		taskId: Id,
		approvedBy: authorName,
		comment: Type.Optional(Type.String({ maxLength: TEXT_MAX })),
	}),
	output: Task,
	author: { field: "approvedBy" },
	allow: ["admin", "orchestrator", "lieutenant"],
	tell: (task) => `Task ${task.id} is ${task.status}.`,
});

export const reject = operation({
	name: "board.reject",
	at: "hub",
	tool: "board_reject",
	cli: "board reject",
	summary: "Send a reviewed task back with the reason: it is open again.",
	method: "POST",
	path: "/board/tasks/:taskId/reject",
	status: 200,
	input: Type.Object({ taskId: Id, reason: text(TEXT_MAX), rejectedBy: authorName }),
	output: Task,
	author: { field: "rejectedBy" },
	allow: ["admin", "orchestrator", "lieutenant"],
	tell: (task) => `Task ${task.id} is ${task.status} again.`,
});

export const review = operation({
	name: "board.review",
	at: "hub",
	cli: "board review",
	summary: "List what waits for review, last changed first.",
	method: "GET",
	path: "/board/review",
	status: 200,
	input: Type.Object({}),
	output: Type.Object({ tasks: Type.Array(Task), count: Type.Integer() }),
	allow: EVERYONE,
	tell: ({ tasks }) => tasks.map(line).join("\n") || "Nothing waits for review.",
});

export const claim = operation({
	name: "board.claim",
	at: "hub",
	tool: "board_claim",
	cli: "board claim",
	summary: "Take a task: you alone hold it while you live. Refused when someone else does.",
	method: "POST",
	path: "/board/tasks/:id/claim",
	status: 200,
	input: Type.Object({
		id: Id,
		agent: authorName,
		ttl: Type.Optional(
			Type.Integer({
				minimum: 1,
				maximum: 86_400,
				description: `seconds without a sign of life; default ${LEASE_SECONDS}`,
			}),
		),
	}),
	output: Task,
	author: { field: "agent" },
	allow: WRITERS,
	core: true,
	tell: (task) =>
		`Task ${task.id} is yours${task.claim === undefined ? "" : ` until ${task.claim.until}, longer while you live`}.${shared(task)}`,
});

export const renew = operation({
	name: "board.renew",
	at: "hub",
	cli: "board renew",
	summary: "Hold a claimed task for longer.",
	method: "POST",
	path: "/board/tasks/:id/renew",
	status: 200,
	input: Type.Object({ id: Id, agent: authorName }),
	output: Task,
	author: { field: "agent" },
	allow: WRITERS,
	tell: (task) => `Task ${task.id} is held${task.claim === undefined ? "" : ` until ${task.claim.until}`}.`,
});

export const release = operation({
	name: "board.release",
	at: "hub",
	tool: "board_release",
	cli: "board release",
	summary: "Give a claimed task back: it is open for anyone.",
	method: "POST",
	path: "/board/tasks/:id/release",
	status: 200,
	input: Type.Object({ id: Id, agent: authorName }),
	output: Task,
	author: { field: "agent" },
	allow: WRITERS,
	tell: (task) => `Task ${task.id} is ${task.status} and free.`,
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
