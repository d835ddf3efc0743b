/** Notes that the hub makes of what it has seen: each once, however often it is seen. */
import type { Author } from "../author.ts";
import type { Tx } from "../database/tx.ts";
import { iso } from "../window.ts";
import { record } from "./history.ts";
import type { TaskRow } from "./task.ts";

export interface SeenNote {
	readonly author: Author;
	readonly content: string;
	/** A ULID. */
	readonly id: string;
	/** The hub's time, ms since 1970. */
	readonly now: number;
}

/** Nothing where the same author has said the same of this task before. */
export async function noteOnce(tx: Tx, row: TaskRow, { author, content, id, now }: SeenNote): Promise<void> {
	const said = await tx
		.selectFrom("notes")
		.select("n")
		.where("task", "=", row.n)
		.where("author", "=", author.name)
		.where("content", "=", content)
		.limit(1)
		.executeTakeFirst();
	if (said !== undefined) return;
	const created_at = iso(now);
	await tx
		.insertInto("notes")
		.values({ id, task: row.n, author: author.name, content, type: "update", created_at })
		.execute();
	await tx.updateTable("tasks").set({ updated_at: created_at }).where("n", "=", row.n).execute();
	const detail = { note: id, type: "update" };
	await record(tx, row.id, { type: "task_noted", by: author, summary: content.slice(0, 120), detail });
}
