/** Artifacts and review. Each call is one savepoint: a bad second artifact leaves nothing of the first behind. */
import * as contract from "../../contract/review.ts";
import type { Artifact } from "../../contract/task.ts";
import { fault } from "../../errors.ts";
import type { Author } from "../author.ts";
import type { Tx } from "../database/tx.ts";
import { read, type Stamp, write } from "../handle.ts";
import { limitOf } from "../page.ts";
import { NO_CLAIM, refuseWhileHeld } from "./claims.ts";
import { needEvidence, noteMaker, refuseOwn } from "./evidence.ts";
import { change } from "./history.ts";
import { keepEvidence } from "./proof.ts";
import { rowOf, type TaskRow, tasksOf } from "./task.ts";

type NewArtifact = Pick<Artifact, "type" | "url" | "label" | "addedBy">;

/** `ownName`: whom an artifact names when it names nobody; the old API leaves that out outside of reviews. */
async function attach(
	tx: Tx,
	row: TaskRow,
	artifacts: readonly NewArtifact[],
	{ author, stamp, ownName }: { readonly author: Author; readonly stamp: Stamp; readonly ownName: string | null },
): Promise<void> {
	if (artifacts.length === 0) return;
	const values = artifacts.map(({ type, url, label, addedBy }) => ({
		task: row.n,
		type,
		url: url.trim(),
		label: label.trim(),
		added_at: stamp.timestamp,
		added_by: adder(addedBy, author) ?? ownName,
	}));
	await tx.insertInto("artifacts").values(values).execute();
}

function adder(named: string | undefined, author: Author): string | undefined {
	const name = named?.trim() || undefined;
	const mayName = author.role === "admin" || name === undefined || name === author.name;
	if (!mayName) throw fault("author_mismatch", "addedBy", name, author.name);
	return name;
}

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
	await attach(tx, row, input.artifacts, { author, stamp, ownName: nameOf(author) });
	return change(call, row, {
		type: "task_artifacts_added",
		summary: input.artifacts.map((artifact) => artifact.label.trim()).join(", "),
		detail: { artifacts: input.artifacts.map(({ type, url }) => ({ type, url })) },
	});
});

export const submit = write(
	contract.submit,
	async (call) => {
		const { input, author, tx, stamp, proof } = call;
		const row = rowOf(tx.gate.connection, input.taskId);
		refuseWhileHeld(row, author, stamp.at);
		await noteMaker(tx, row, author.name);
		if (proof?.evidence !== undefined) await keepEvidence(tx, row.n, proof.evidence);
		const summary = input.summary.trim();
		await noted(tx, row, author, stamp, summary);
		await attach(tx, row, input.artifacts ?? [], { author, stamp, ownName: author.name });
		return change(call, row, {
			type: "task_submitted",
			summary,
			set: { status: "in_review", submitted_by: author.name, ...NO_CLAIM, handed_in: proof?.tree ?? null },
		});
	},
	{ proves: ({ taskId }) => taskId },
);

export const approve = write(
	contract.approve,
	async (call) => {
		const { input, author, tx, stamp, hub, proof } = call;
		const row = rowOf(tx.gate.connection, input.taskId);
		const own = await refuseOwn(tx, row, author, hub.rules);
		const unproven = await needEvidence(tx, row, author, hub.rules, proof);
		const comment = input.comment?.trim() ?? "";
		await noted(tx, row, author, stamp, `Approved by ${author.name}${comment === "" ? "" : `: ${comment}`}`);
		return change(call, row, {
			type: "task_approved",
			set: { status: "done", ...NO_CLAIM },
			detail: { ...(unproven ? { unproven } : {}), ...(own ? { own } : {}) },
		});
	},
	{ proves: ({ taskId }) => taskId },
);

export const reject = write(contract.reject, async (call) => {
	const { input, author, tx, stamp } = call;
	const row = rowOf(tx.gate.connection, input.taskId);
	const why = input.reason.trim();
	await noted(tx, row, author, stamp, `Rejected by ${author.name}: ${why}`);
	return change(call, row, { type: "task_rejected", summary: why, set: { status: "open", ...NO_CLAIM } });
});

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
