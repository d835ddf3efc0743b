/** The review of a task: what is handed in, and what was said of it. */
import { Type } from "@sinclair/typebox";
import { EVERYONE, operation, WRITERS } from "./operation.ts";
import { authorName, oneOf, text } from "./shapes.ts";
import { ARTIFACT_TYPES, line, Task, TaskId, TEXT_MAX } from "./task.ts";

const NewArtifact = Type.Object({
	type: oneOf(ARTIFACT_TYPES),
	url: text(8_192),
	label: text(2_000),
	addedBy: Type.Optional(Type.String({ maxLength: 200 })),
});
/** Kept with its version, so that rounds can be compared. */
const withText = (description: string) =>
	Type.Object({ ...NewArtifact.properties, content: Type.Optional(Type.String({ maxLength: TEXT_MAX, description })) });
const NewArtifacts = Type.Array(withText("its text, to be compared with the version before"), {
	minItems: 1,
	maxItems: 200,
});

const artifactSentences = {
	artifacts: "artifacts array is required and must not be empty",
	"artifacts.type": "invalid artifact type: {value}",
	"artifacts.url": "artifact url is required",
	"artifacts.label": "artifact label is required",
} as const;

export const addArtifact = operation({
	name: "board.artifact",
	at: "hub",
	tool: "board_add_artifact",
	cli: "board artifact",
	summary: "Attach links to a task: branch, report, deploy, diff, file or url. All of them or none.",
	method: "POST",
	path: "/board/tasks/:taskId/artifacts",
	status: 201,
	input: Type.Object({ taskId: TaskId, artifacts: NewArtifacts }),
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
		taskId: TaskId,
		summary: text(TEXT_MAX),
		reviewedBy: authorName,
		artifacts: Type.Optional(Type.Array(withText("leave out: board_add_artifact keeps texts"), { maxItems: 200 })),
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
		taskId: TaskId,
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
	input: Type.Object({ taskId: TaskId, reason: text(TEXT_MAX), rejectedBy: authorName }),
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
