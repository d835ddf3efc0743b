/**
 * What comes late: an agent that was taken for dead finishes while another has its task. Its word changes nothing, but
 * what it says may be just what the other is about to find out again.
 */
import * as board from "../../contract/board.ts";
import { submit } from "../../contract/review.ts";
import { Fault } from "../../errors.ts";
import type { Author } from "../author.ts";
import type { Context } from "../context.ts";
import { noteOnce } from "./notes.ts";
import { rowOf } from "./task.ts";

interface Word {
	readonly task: string;
	readonly says: string;
}

interface Asked {
	/** Of the operation that was refused. */
	readonly operation: string;
	readonly input: unknown;
	readonly author: Author;
}

/** That its work is over, in whatever way it was said; undefined for everything else. */
function wordOf({ operation, input }: Asked): Word | undefined {
	const { id, taskId, status, summary } = input as Readonly<Record<string, unknown>>;
	if (operation === submit.name) return { task: String(taskId), says: String(summary).trim() };
	const over = status === "done" || status === "in_review";
	return operation === board.update.name && over ? { task: String(id), says: `the task is ${status}` } : undefined;
}

/**
 * After a refusal, which has rolled everything back: a note on the task, once, when who was refused had held the task
 * before. A stranger's word is none.
 */
export async function keepLateWord(hub: Context, asked: Asked, thrown: unknown): Promise<void> {
	const word = thrown instanceof Fault && thrown.code === "task_taken" ? wordOf(asked) : undefined;
	if (word === undefined) return;
	const { author } = asked;
	await hub.database.write(async (tx) => {
		const row = rowOf(tx.gate.connection, word.task);
		const made = await tx
			.selectFrom("task_makers")
			.select("name")
			.where("task", "=", row.n)
			.where("name", "=", author.name)
			.executeTakeFirst();
		if (made === undefined) return;
		const content = `Late, and refused, as ${row.claimed_by} has the task now. ${author.name}, who had it before, says: ${word.says}`;
		await noteOnce(tx, row, { author, content, id: hub.ids.next(), now: hub.world.clock.now() });
	});
}
