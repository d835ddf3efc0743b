/** Requests whose answer was cut off: a row each, apart from what sessions have told, so that those stay exact. */
import * as contract from "../../contract/usage.ts";
import { read, write } from "../handle.ts";
import { newestFirst } from "../page.ts";
import { duration } from "../window.ts";
import { millis, NANO } from "./numbers.ts";
import { change } from "./rollups.ts";

/** A host tells of the same request whenever it looks at the session again: the first word stands. */
export const recordEstimate = write(contract.recordEstimate, async ({ input, author, tx, stamp }) => {
	const at_ms = millis("at", input.at);
	const [session_id, request] = [input.sessionId.trim(), input.request.trim()];
	const known = await tx
		.selectFrom("usage_estimates")
		.select("doc")
		.where("session_id", "=", session_id)
		.where("agent", "=", author.name)
		.where("request", "=", request)
		.executeTakeFirst();
	if (known !== undefined) return JSON.parse(known.doc) as contract.UsageEstimate;
	const { model, tokens, cost, cutBy, at } = input;
	const estimate: contract.UsageEstimate = {
		...{ id: stamp.id, sessionId: session_id, request, agent: author.name, model, tokens, cost, cutBy, at },
		estimated: true,
	};
	const row = {
		...{ agent: author.name, task: input.task ?? "", parent: input.parentAgent ?? "" },
		tokens: Math.round(tokens.total),
		nanodollars: Math.round(cost.total * NANO),
	};
	change(tx.gate, undefined, { ...row, kind: "cut", model, at: at_ms, n: 1, parts: [] });
	await tx
		.insertInto("usage_estimates")
		.values({ ...row, session_id, request, at_ms, doc: JSON.stringify(estimate) })
		.execute();
	await tx.publish({
		type: "usage_estimated",
		by: author,
		summary: `about ${Math.round(tokens.total)} tokens of an answer that was cut off`,
		detail: { session: session_id, request, tokens: Math.round(tokens.total), costUsd: cost.total, cutBy },
	});
	return estimate;
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
