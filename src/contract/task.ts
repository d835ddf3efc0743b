/** A task of the board as everybody sees it, and how it reads as text. */
import { type Static, Type } from "@sinclair/typebox";
import { oneOf } from "./shapes.ts";

export const TASK_STATUSES = ["open", "in_progress", "in_review", "blocked", "done"] as const;
export const PRIORITIES = ["low", "normal", "high", "urgent"] as const;
export const NOTE_TYPES = ["finding", "blocker", "question", "update"] as const;
export const ARTIFACT_TYPES = ["branch", "report", "deploy", "diff", "file", "url"] as const;

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
	priority: Type.Optional(oneOf(PRIORITIES, "absent: normal")),
	kind: Type.Optional(Type.String({ description: "what sort of work it is" })),
	round: Type.Optional(Type.Integer({ description: "how often it was handed in for review" })),
	waitsFor: Type.Optional(
		Type.Array(Type.String(), { description: "ids of those that it depends on and that are not done" }),
	),
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

export const TaskId = Type.String({ minLength: 1, maxLength: 64, description: "task id" });
/** Characters that a description, a note or a summary may have. */
export const TEXT_MAX = 65_536;

/** One line of a list. */
export const line = (task: Task): string =>
	`${task.id} ${task.status}${task.priority === undefined ? "" : ` [${task.priority}]`} ${task.title}${task.assignee === undefined ? "" : ` @${task.assignee}`}${task.score > 0 ? ` +${task.score}` : ""}`;

/** Whoever takes it should know that it cannot be finished yet. */
export const waits = ({ waitsFor = [] }: Task): string =>
	waitsFor.length === 0 ? "" : `\nIt waits for ${waitsFor.join(", ")}: it is not done before they are.`;

export const evidenceLine = ({ command, passed, said, tree, at, host }: Evidence): string =>
	`${passed ? "passed" : "failed"}: \`${command}\` on tree ${tree.slice(0, 10)} at ${at}, run by host ${host}: ${said}`;

/** Two tasks that own the same files: whoever came second has to know before the first refusal. */
export const shared = ({ overlaps = [] }: Task): string =>
	overlaps
		.map(
			({ task, title, owner, patterns }) =>
				`\nIts territory overlaps with task ${task} (${title}) of ${owner}: ${patterns.join(", ")}. What both name is ${owner}'s until that task is done; agree with ${owner}, or ask the orchestrator.`,
		)
		.join("");

/** All that there is of it. */
export const whole = (task: Task): string =>
	[
		line(task),
		...(task.description === undefined ? [] : [task.description]),
		...(task.kind === undefined ? [] : [`kind: ${task.kind}`]),
		...(task.tags.length > 0 ? [`tags: ${task.tags.join(", ")}`] : []),
		...(task.dependencies.length > 0 ? [`depends on: ${task.dependencies.join(", ")}`] : []),
		...(task.waitsFor === undefined ? [] : [`waits for: ${task.waitsFor.join(", ")}`]),
		...(task.territory === undefined ? [] : [`owns: ${task.territory.join(", ")}`]),
		...(task.check === undefined ? [] : [`check: ${task.check}`]),
		...(task.checklist ?? []).map(({ text: item, done }, at) => `${at + 1}. [${done ? "x" : " "}] ${item}`),
		...(task.evidence ?? []).map(evidenceLine),
		...(task.round === undefined
			? []
			: [`handed in ${task.round === 1 ? "once" : `${task.round} times`}: see board_rounds`]),
		...(task.claim === undefined ? [] : [`claimed by ${task.claim.by} until ${task.claim.until}`]),
		...task.artifacts.map((artifact) => `${artifact.type} ${artifact.label}: ${artifact.url}`),
		...task.notes.map((note) => `${note.type} (${note.author}): ${note.content}`),
	].join("\n");
