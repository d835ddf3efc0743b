/** Requests whose answer was cut off: a row each, apart from what sessions have told, so that those stay exact. */
import * as contract from "../../contract/usage.ts";
import type { Tx } from "../database/tx.ts";
import { read, write } from "../handle.ts";
import { newestFirst } from "../page.ts";
import { duration } from "../window.ts";
import { mayFind, tellerOf } from "./found.ts";
import { millis, NANO } from "./numbers.ts";
import { type Counted, change } from "./rollups.ts";

/** A host tells of the same request whenever it looks at the session again: the first word stands. */
export const recordEstimate = write(contract.recordEstimate, async ({ input, author, caller, tx, stamp }) => {
	mayFind(caller, input);
	const at_ms = millis("at", input.at);
	const [session_id, request] = [input.sessionId.trim(), input.request.trim()];
	const agent = input.found === true ? await tellerOf(tx, session_id, author.name) : author.name;
	const known = await tx
		.selectFrom("usage_estimates")
		.select("doc")
		.where("session_id", "=", session_id)
		.where("agent", "=", agent)
		.where("request", "=", request)
		.executeTakeFirst();
	if (known !== undefined) return JSON.parse(known.doc) as contract.UsageEstimate;
	const { model, tokens, cost, cutBy, at } = input;
	const estimate: contract.UsageEstimate = {
		...{ id: stamp.id, sessionId: session_id, request, agent, model, tokens, cost, cutBy, at },
		estimated: true,
	};
	const row = {
		...{ agent, task: input.task ?? "", parent: input.parentAgent ?? "", at_ms },
		tokens: Math.round(tokens.total),
		nanodollars: Math.round(cost.total * NANO),
	};
	change(tx.gate, undefined, countedOf(row, estimate));
	await tx
		.insertInto("usage_estimates")
		.values({ ...row, session_id, request, doc: JSON.stringify(estimate) })
		.execute();
	await tx.publish({
		type: "usage_estimated",
		by: author,
		summary: `about ${Math.round(tokens.total)} tokens of an answer that was cut off`,
		detail: { session: session_id, request, tokens: Math.round(tokens.total), costUsd: cost.total, cutBy },
	});
	return estimate;
});

/** A session has got its own name: what was estimated of it under another one goes with it. */
export async function moveEstimates(tx: Tx, session: string, from: string, to: string): Promise<void> {
	const rows = await tx
		.selectFrom("usage_estimates")
		.selectAll()
		.where("session_id", "=", session)
		.where("agent", "=", from)
		.execute();
	for (const row of rows) {
		const estimate: contract.UsageEstimate = { ...JSON.parse(row.doc), agent: to };
		change(tx.gate, countedOf(row, estimate), countedOf({ ...row, agent: to }, estimate));
		const moved = { agent: to, doc: JSON.stringify(estimate) };
		await tx.updateTable("usage_estimates").set(moved).where("n", "=", row.n).execute();
	}
}

type Row = Pick<Counted, "agent" | "task" | "parent" | "tokens" | "nanodollars"> & { readonly at_ms: number };

const countedOf = (
	{ agent, task, parent, tokens, nanodollars, at_ms }: Row,
	{ model }: { model: string },
): Counted => ({
	...{ kind: "cut", agent, task, parent, tokens, nanodollars, model, at: at_ms, n: 1, parts: [] },
});

export const estimates = read(contract.estimates, async ({ input, db, now }) => {
	const span = duration(input.range);
	let query = db.selectFrom("usage_estimates").selectAll();
	if (input.agent !== undefined) query = query.where("agent", "=", input.agent);
	if (span !== undefined) query = query.where("at_ms", ">=", now - span);
	const { rows, next } = await newestFirst(query, input);
	const shown = rows.map((row): contract.UsageEstimate => JSON.parse(row.doc));
	return { estimates: shown, count: shown.length, ...next };
});
