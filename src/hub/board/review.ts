/** Artifacts and review. Each call is one savepoint: a bad second artifact leaves nothing of the first behind. */
import type { Static } from "@sinclair/typebox";
import * as contract from "../../contract/review.ts";
import * as rounds from "../../contract/rounds.ts";
import type { Task } from "../../contract/task.ts";
import { fault } from "../../errors.ts";
import type { Author } from "../author.ts";
import type { Tx } from "../database/tx.ts";
import { read, type Stamp, type WriteCall, write } from "../handle.ts";
import { limitOf } from "../page.ts";
import { attach } from "./artifacts.ts";
import { heldBy, NO_CLAIM, refuseWhileHeld } from "./claims.ts";
import { authorOf, tellAuthor } from "./delivery.ts";
import { needEvidence, noteMaker, refuseOwn } from "./evidence.ts";
import { lookAtFiles } from "./files.ts";
import { change } from "./history.ts";
import { keepEvidence } from "./proof.ts";
import { beginRound, type Decision, decide, openRound, type RoundRow, roundsOf } from "./rounds.ts";
import { rowOf, type TaskRow, tasksOf } from "./task.ts";

const nameOf = (author: Author): string | null =>
	author.role === "admin" && author.via === undefined ? null : author.name;

const noted = (tx: Tx, row: TaskRow, author: Author, stamp: Stamp, content: string): Promise<unknown> =>
	tx
		.insertInto("notes")
		.values({ id: stamp.id, task: row.n, author: author.name, content, type: "update", created_at: stamp.timestamp })
		.execute();

export const addArtifact = write(contract.addArtifact, async (call) => {
	const { input, author, tx, stamp } = call;
	const row = rowOf(tx.gate.connection, input.taskId);
	attach(tx, row, input.artifacts, { author, stamp, ownName: nameOf(author) });
	return change(call, row, {
		type: "task_artifacts_added",
		summary: input.artifacts.map((artifact) => artifact.label.trim()).join(", "),
		detail: { artifacts: input.artifacts.map(({ type, url }) => ({ type, url })) },
	});
});

export const submit = write(
	contract.submit,
	async (call) => {
		const { input, author, tx, stamp, hub, proof } = call;
		const row = rowOf(tx.gate.connection, input.taskId);
		refuseWhileHeld(row, author, stamp.at);
		await noteMaker(tx, row, author.name);
		if (proof?.evidence !== undefined) await keepEvidence(tx, row.n, proof.evidence);
		const summary = input.summary.trim();
		await noted(tx, row, author, stamp, summary);
		attach(tx, row, input.artifacts ?? [], { author, stamp, ownName: author.name });
		const tree = proof?.tree ?? null;
		const { connection } = tx.gate;
		const round = beginRound(connection, row, { by: author.name, at: stamp.timestamp, summary, tree });
		tx.after(() => lookAtFiles(hub, row, round, author.name));
		return change(call, row, {
			type: "task_submitted",
			summary,
			set: { status: "in_review", submitted_by: author.name, ...NO_CLAIM, handed_in: tree },
			detail: { round },
		});
	},
	{ proves: ({ taskId }) => taskId },
);

type Call = Pick<WriteCall<unknown>, "tx" | "author" | "stamp" | "hub" | "proof">;

/** Whichever route it comes by. The note is what old clients read. */
async function approved(call: Call, row: TaskRow, round: RoundRow | undefined, decision: Said): Promise<Task> {
	const { author, tx, stamp, hub, proof } = call;
	const own = await refuseOwn(tx, row, author, hub.rules);
	const unproven = await needEvidence(tx, row, author, hub.rules, proof);
	const comment = decision.comment?.trim() ?? "";
	if (round !== undefined) decide(tx.gate.connection, round, { ...decision, verdict: "approve" }, call);
	await noted(tx, row, author, stamp, `Approved by ${author.name}${comment === "" ? "" : `: ${comment}`}`);
	return change(call, row, {
		type: "task_approved",
		set: { status: "done", ...NO_CLAIM },
		detail: { ...(unproven ? { unproven } : {}), ...(own ? { own } : {}), ...roundDetail(round) },
	});
}

type Said = Omit<Decision, "verdict">;

const roundDetail = (round: RoundRow | undefined) => (round === undefined ? {} : { round: round.round });

export const approve = write(
	contract.approve,
	(call) => {
		const { connection } = call.tx.gate;
		const row = rowOf(connection, call.input.taskId);
		return approved(call, row, openRound(connection, row), { comment: call.input.comment });
	},
	{ proves: ({ taskId }) => taskId },
);

export const reject = write(contract.reject, async (call) => {
	const { input, author, tx, stamp } = call;
	const { connection } = tx.gate;
	const row = rowOf(connection, input.taskId);
	const why = input.reason.trim();
	const round = openRound(connection, row);
	await noted(tx, row, author, stamp, `Rejected by ${author.name}: ${why}`);
	if (round !== undefined) {
		const decision = { verdict: "needs_changes", comment: why } as const;
		decide(connection, round, decision, call);
		const to = authorOf(connection, round);
		if (to.type === "lieutenant") tellAuthor(call, row, { round, to, decision, holds: false });
	}
	const set = { status: "open", ...NO_CLAIM } as const;
	return change(call, row, { type: "task_rejected", summary: why, set, detail: roundDetail(round) });
});

export const verdict = write(
	rounds.verdict,
	async (call) => {
		const { input, tx } = call;
		const { connection } = tx.gate;
		const row = rowOf(connection, input.taskId);
		const round = openRound(connection, row);
		if (round === undefined)
			throw fault("conflict", `Task ${row.id} is ${row.status}: nothing of it waits for a verdict.`);
		if (input.round !== undefined && input.round !== round.round)
			throw fault(
				"conflict",
				`Round ${input.round} of task ${row.id} is over: round ${round.round} was handed in since.`,
			);
		refuseContradiction(input);
		const task =
			input.verdict === "approve" ? await approved(call, row, round, input) : await sentBack(call, row, round);
		const last = roundsOf(connection, row.n).at(-1);
		if (last === undefined) throw new Error(`the round of task ${row.id} is gone`);
		return { task, round: last };
	},
	{ proves: ({ taskId, verdict: said }) => (said === "approve" ? taskId : undefined) },
);

function refuseContradiction({ verdict: said, findings = [], comment }: Static<typeof rounds.verdict.input>): void {
	if (said === "approve" && findings.some(({ severity }) => severity === "blocker"))
		throw fault("invalid_input", "findings: a blocker cannot be approved; say needs_changes");
	if (said === "needs_changes" && findings.length === 0 && (comment?.trim() ?? "") === "")
		throw fault("invalid_input", "findings is required: the author has to know what to change");
}

/** Back to its author, who holds it again at once where there is a lieutenant of that name to tell. */
async function sentBack(
	call: Call & { readonly input: Static<typeof rounds.verdict.input> },
	row: TaskRow,
	round: RoundRow,
): Promise<Task> {
	const { input, author, tx, stamp } = call;
	const { connection } = tx.gate;
	decide(connection, round, input, call);
	const to = authorOf(connection, round);
	const lieutenant = to.type === "lieutenant";
	if (lieutenant) tellAuthor(call, row, { round, to, decision: input, holds: true });
	const findings = input.findings ?? [];
	const said = [`${findings.length} findings`, input.comment?.trim() ?? ""].filter(Boolean).join("; ");
	await noted(tx, row, author, stamp, `Needs changes by ${author.name}, round ${round.round}: ${said}`);
	return change(call, row, {
		type: "task_needs_changes",
		summary: said,
		set: lieutenant
			? heldBy(row, to.name, stamp)
			: { status: "open", ...NO_CLAIM, ...(to.type === "gone" ? { assignee: null } : {}) },
		detail: { round: round.round, author: round.submitted_by, findings: findings.length, told: lieutenant },
	});
}

export const review = read(contract.review, async ({ db, now, hub }) => {
	const rows = await db
		.selectFrom("tasks")
		.selectAll()
		.where("status", "=", "in_review")
		.orderBy("updated_at", "desc")
		.orderBy("n", "desc")
		.limit(limitOf(undefined))
		.execute();
	const tasks = tasksOf(hub.database.reader, rows, now);
	return { tasks, count: tasks.length };
});
