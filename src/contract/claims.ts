/** Who holds a task: taken, kept by signs of life, given back. */
import { Type } from "@sinclair/typebox";
import { operation, WRITERS } from "./operation.ts";
import { authorName } from "./shapes.ts";
import { shared, Task, TaskId, waits } from "./task.ts";

/** Seconds that a claim holds without a sign of life, when the claimer names none. */
export const LEASE_SECONDS = 900;

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
		id: TaskId,
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
		`Task ${task.id} is yours${task.claim === undefined ? "" : ` until ${task.claim.until}, longer while you live`}.${waits(task)}${shared(task)}`,
});

export const renew = operation({
	name: "board.renew",
	at: "hub",
	cli: "board renew",
	summary: "Hold a claimed task for longer.",
	method: "POST",
	path: "/board/tasks/:id/renew",
	status: 200,
	input: Type.Object({ id: TaskId, agent: authorName }),
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
	input: Type.Object({ id: TaskId, agent: authorName }),
	output: Task,
	author: { field: "agent" },
	allow: WRITERS,
	tell: (task) => `Task ${task.id} is ${task.status} and free.`,
});
