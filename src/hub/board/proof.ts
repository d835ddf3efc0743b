/**
 * How a task's check stands on the files as they are now, asked of the host beside them. It is asked before the write
 * that it decides about, for nothing but the database is awaited inside of one.
 */
import type { Kysely } from "kysely";
import * as lieutenants from "../../contract/lieutenants.ts";
import type { Evidence } from "../../contract/task.ts";
import { Fault } from "../../errors.ts";
import type { Caller } from "../author.ts";
import type { Context } from "../context.ts";
import type { Tables } from "../database/tables.ts";
import type { Tx } from "../database/tx.ts";
import { waitText } from "./dependencies.ts";
import type { TaskRow } from "./task.ts";

export interface Proof {
	/** The check that was asked for; the task may have another by now. */
	readonly command: string;
	/** Absent where nobody could say. */
	readonly tree?: string;
	/** A run on this very tree. */
	readonly evidence?: Evidence;
	/** Why there is none that passed, in words. */
	readonly lacks?: string;
}

/** Undefined for a task without a check. Throws nothing: what cannot be asked is said by `lacks`. */
export async function proofOf(hub: Context, caller: Caller, task: string): Promise<Proof | undefined> {
	const db = hub.database.read;
	const row = await db.selectFrom("tasks").selectAll().where("id", "=", task).executeTakeFirst();
	if (row === undefined || row.check_command === null) return undefined;
	const command = row.check_command;
	const worker = await workerOf(db, row);
	if (worker === undefined)
		return { command, lacks: `no lieutenant works on it, so no host can run its check \`${command}\`` };
	const input = { name: worker, command, task };
	try {
		const answer = await hub.links.forward(lieutenants.check, input, caller, hub.ids.next());
		return ofAnswer(answer as lieutenants.Checked);
	} catch (thrown) {
		if (!(thrown instanceof Fault)) throw thrown;
		return { command, lacks: `its check \`${command}\` could not be asked for: ${thrown.message.replace(/\.$/, "")}` };
	}
}

function ofAnswer({ state, command, tree, code, said, at, host }: lieutenants.Checked): Proof {
	const passed = state === "passed";
	const ran = code !== undefined && at !== undefined && tree !== undefined;
	return {
		command,
		...(tree === undefined ? {} : { tree }),
		...(ran ? { evidence: { command, passed, code, said, tree, at, host } } : {}),
		...(passed ? {} : { lacks: `its check \`${command}\` has not passed on the files as they are: ${said}` }),
	};
}

/** Id of the lieutenant whose files the task is about: who holds it, handed it in, or is meant to do it. */
async function workerOf(db: Kysely<Tables>, row: TaskRow): Promise<string | undefined> {
	const makers = await db.selectFrom("task_makers").select("name").where("task", "=", row.n).execute();
	const names = [row.claimed_by, row.submitted_by, row.assignee, ...makers.map(({ name }) => name)];
	for (const name of new Set(names)) {
		if (name === null) continue;
		const found = await db
			.selectFrom("lieutenants")
			.select("id")
			.where("name", "=", name)
			.where("state", "!=", "gone")
			.executeTakeFirst();
		if (found !== undefined) return found.id;
	}
	return undefined;
}

/** Told twice, by the host and by who asked, it is kept once. */
export async function keepEvidence(tx: Tx, task: number, run: Evidence): Promise<boolean> {
	const kept = await tx
		.insertInto("evidence")
		.values({ task, ...run, passed: run.passed ? 1 : 0 })
		.onConflict((conflict) => conflict.doNothing())
		.executeTakeFirst();
	return (kept.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

/** What keeps the task from being done, in words; empty when nothing does. */
export async function lacksOf(tx: Tx, row: TaskRow, proof: Proof | undefined): Promise<readonly string[]> {
	const items: readonly { readonly text: string; readonly done: boolean }[] = JSON.parse(row.checklist ?? "[]");
	const open = items.flatMap(({ text, done }, at) => (done ? [] : [`${at + 1}. ${text}`]));
	const unticked = open.length === 0 ? [] : [`its checklist is not finished: ${open.join("; ")}`];
	const list = [...waitText(tx.gate.connection, row.n), ...unticked];
	if (row.check_command === null) return list;
	if (proof !== undefined && proof.command === row.check_command && proof.lacks === undefined) return list;
	if (await passedWhenHandedIn(tx, row)) return list;
	const moved = `its check is now \`${row.check_command}\`, which was not run yet`;
	return [...list, proof?.command === row.check_command ? (proof.lacks ?? moved) : moved];
}

/** Its maker may be at other work by now: what was handed in is what counts then. */
async function passedWhenHandedIn(tx: Tx, { n, status, check_command, handed_in }: TaskRow): Promise<boolean> {
	if (status !== "in_review" || handed_in === null || check_command === null) return false;
	const found = await tx
		.selectFrom("evidence")
		.select("n")
		.where("task", "=", n)
		.where("command", "=", check_command)
		.where("tree", "=", handed_in)
		.where("passed", "=", 1)
		.executeTakeFirst();
	return found !== undefined;
}
