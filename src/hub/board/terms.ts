/** What a task's work is under: the files that it owns. */
import * as contract from "../../contract/board.ts";
import { write } from "../handle.ts";
import { refuseWhileHeld } from "./claims.ts";
import { rowOf, taskOf } from "./task.ts";
import { patternsOf, tellOverlaps } from "./territory.ts";

export const terms = write(contract.terms, async ({ input, author, tx, stamp }) => {
	const row = rowOf(tx.gate.connection, input.id);
	refuseWhileHeld(row, author, stamp.at);
	const { id: _, territory } = input;
	await tx
		.updateTable("tasks")
		.set({
			updated_at: stamp.timestamp,
			// What is named anew counts from now: widening must not come before what others hold already.
			...(territory === undefined ? {} : { territory: patternsOf(territory), territory_since: stamp.timestamp }),
		})
		.where("n", "=", row.n)
		.execute();
	await tx.publish({
		type: "task_terms_set",
		by: author,
		summary: row.title,
		detail: { task: row.id, ...(territory === undefined ? {} : { territory }) },
	});
	return tellOverlaps(tx, taskOf(tx.gate.connection, row.id, stamp.at), author, stamp.at);
});
