import * as contract from "../../contract/feed.ts";
import { fault } from "../../errors.ts";
import { read, type StreamHandler, write } from "../handle.ts";
import { eventOf } from "./event.ts";
import { CLEARED } from "./feed.ts";

export const publish = write(contract.publish, ({ input, author, tx }) => {
	const { type, summary, detail, metadata } = input;
	return tx.publish({ type, by: author, summary, detail, metadata });
});

/** Without `since` the last events, as old clients expect; with it the next ones, so that a slow poller skips none. */
export const list = read(contract.list, async ({ input, db, hub }) => {
	const { agent, type, since, limit = 50 } = input;
	const after = since === undefined ? undefined : hub.feed.position(since);
	if (since !== undefined && after === undefined) return [];
	let query = db.selectFrom("feed").selectAll().limit(limit);
	if (agent !== undefined) query = query.where("agent", "=", agent);
	if (type !== undefined) query = query.where("type", "=", type);
	if (after !== undefined) return (await query.where("seq", ">", after).orderBy("seq").execute()).map(eventOf);
	return (await query.orderBy("seq", "desc").execute()).reverse().map(eventOf);
});

export const get = read(contract.get, async ({ input, db }) => {
	const row = await db.selectFrom("feed").selectAll().where("id", "=", input.id).executeTakeFirst();
	if (row === undefined) throw fault("not_found", "Event");
	return eventOf(row);
});

export const clear = write(contract.clear, async ({ author, tx }) => {
	const { seq } = await tx.publish({ type: CLEARED, by: author, summary: "cleared the feed" });
	await tx.deleteFrom("feed").where("seq", "<", seq).execute();
	return { ok: true as const };
});

export const stats = read(contract.stats, ({ hub }) => {
	const { total, byAgent, byType } = hub.feed.stats();
	const agents = [...byAgent];
	return {
		total,
		byAgent: Object.fromEntries(agents.map(([agent, { count }]) => [agent, count])),
		byType: Object.fromEntries(byType),
		latestPerAgent: Object.fromEntries(agents.map(([agent, { latest }]) => [agent, latest])),
	};
});

export const stream: StreamHandler = { type: "stream", operation: contract.stream };
