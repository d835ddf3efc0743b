/** What a task's work is under: the files that it owns, and what must hold before it is done. */
import { type CheckItem, type Evidence, PRIORITIES } from "../../contract/task.ts";
import * as contract from "../../contract/terms.ts";
import { fault } from "../../errors.ts";
import type { Author } from "../author.ts";
import type { Tx } from "../database/tx.ts";
import { write } from "../handle.ts";
import { refuseWhileHeld } from "./claims.ts";
import { change, record } from "./history.ts";
import { itemsOfKind } from "./kinds.ts";
import { keepEvidence } from "./proof.ts";
import { rowOf, type TaskRow, taskOf } from "./task.ts";
import { patternsOf, tellOverlaps } from "./territory.ts";

export const terms = write(contract.terms, async (call) => {
	const { input, author, tx, stamp, hub } = call;
	const row = rowOf(tx.gate.connection, input.id);
	refuseWhileHeld(row, author, stamp.at);
	const { id: _, territory, check, priority, kind } = input;
	const checklist = input.checklist ?? (kind === undefined ? undefined : itemsOfKind(hub.kinds, kind));
	if (check !== undefined || checklist !== undefined) refuseLoosening(row, author);
	const task = await change(call, row, {
		type: "task_terms_set",
		set: {
			// What is named anew counts from now: widening must not come before what others hold already.
			...(territory === undefined ? {} : { territory: patternsOf(territory), territory_since: stamp.timestamp }),
			...(check === undefined ? {} : { check_command: check?.trim() ?? null }),
			...(checklist === undefined ? {} : { checklist: listOf(row, checklist) }),
			...(priority === undefined ? {} : { priority: PRIORITIES.indexOf(priority) }),
			...(kind === undefined ? {} : { kind }),
		},
		detail: { ...(territory === undefined ? {} : { territory }), check, checklist, priority, kind },
	});
	return tellOverlaps(tx, task, author, stamp.at);
});

/** Who does the work does not say when it is good enough, unless the task is their own. */
function refuseLoosening(row: TaskRow, author: Author): void {
	const leads = author.role === "admin" || author.role === "orchestrator" || author.role === "host";
	if (!leads && row.created_by !== author.name)
		throw fault("forbidden", author.role, "change what must hold before another's task is done");
}

function listOf(row: TaskRow, texts: readonly string[]): string | null {
	const done = new Set(itemsOf(row).flatMap((item) => (item.done ? [item.text] : [])));
	const items = texts.map((text) => text.trim()).map((text): CheckItem => ({ text, done: done.has(text) }));
	return items.length === 0 ? null : JSON.stringify(items);
}

const itemsOf = (row: TaskRow): readonly CheckItem[] => JSON.parse(row.checklist ?? "[]");

export const tick = write(contract.tick, async (call) => {
	const { input, author, tx, stamp } = call;
	const row = rowOf(tx.gate.connection, input.id);
	refuseWhileHeld(row, author, stamp.at);
	const items = itemsOf(row);
	const item = items[input.item - 1];
	if (item === undefined)
		throw fault("invalid_input", `item: the checklist of task ${row.id} has ${items.length} items`);
	const ticked = { ...item, done: input.done ?? true };
	return change(call, row, {
		type: "task_ticked",
		summary: item.text,
		set: { checklist: JSON.stringify(items.with(input.item - 1, ticked)) },
		detail: { item: input.item, done: ticked.done },
	});
});

export const check = write(
	contract.check,
	async ({ input, tx, stamp, proof, author }) => {
		const row = rowOf(tx.gate.connection, input.id);
		if (proof === undefined) throw fault("invalid_input", `Task ${row.id} has no check: board_set_terms gives it one`);
		if (proof.evidence === undefined) throw fault("conflict", `Task ${row.id}: ${proof.lacks ?? "nothing was run"}`);
		if (await keepEvidence(tx, row.n, proof.evidence)) await told(tx, row, proof.evidence, author);
		return taskOf(tx.gate.connection, row.id, stamp.at);
	},
	{ proves: ({ id }) => id },
);

export const prove = write(contract.prove, async ({ input, author, caller, tx, stamp }) => {
	const row = rowOf(tx.gate.connection, input.id);
	const { id: _, ...run } = input;
	const evidence = { ...run, host: caller.host ?? caller.name };
	if (await keepEvidence(tx, row.n, evidence)) await told(tx, row, evidence, author);
	return taskOf(tx.gate.connection, row.id, stamp.at);
});

const told = (tx: Tx, row: TaskRow, { command, passed, code, said, tree }: Evidence, by: Author): Promise<void> =>
	record(tx, row.id, {
		...{ type: "task_checked", by },
		summary: `${passed ? "passed" : "failed"}: \`${command}\` for ${row.title}: ${said}`,
		detail: { command, passed, code, tree },
	});
