/**
 * The real records: hub, or this machine's host while the hub is away. One per pi process for all extensions that write
 * by themselves, opened when first needed: pi gives each extension modules of its own, and a connection costs time.
 */
import type { CallOrKeep } from "../client/spool.ts";
import { addNote, create, list } from "../contract/board.ts";
import { claim } from "../contract/claims.ts";
import { list as snapshots } from "../contract/commits.ts";
import { list as events, publish } from "../contract/feed.ts";
import { append } from "../contract/log.ts";
import { territories } from "../contract/terms.ts";
import { recordSession } from "../contract/usage.ts";
import { fault } from "../errors.ts";
import { HUB_TAG, type WayBack } from "../gates/deploy.ts";
import type { Records } from "../gates/records.ts";
import { LOOKED } from "../gates/report.ts";

export function recordsOf(call: CallOrKeep): Records {
	return {
		async append({ text, facts }, key) {
			await call(append, { text, facts }, { key });
		},
		async publish({ summary, metadata }, key) {
			await call(publish, { type: "custom", summary: summary.slice(0, 8_000), metadata }, { key });
		},
		async fired() {
			const told = await call(events, { type: "custom", limit: LOOKED });
			return told.type === "done" ? told.output : [];
		},
		async holdsTask(agent) {
			const told = await call(list, { assignee: agent });
			return told.type === "done" && told.output.tasks.some((task) => task.claim?.by === agent);
		},
		async territories() {
			const told = await call(territories, {});
			if (told.type !== "done") throw fault("hub_away", "");
			return told.output.territories;
		},
		async noteTask(taskId, content, key) {
			await call(addNote, { taskId, content, type: "update" }, { key });
		},
		async beginTask(title, key) {
			const description = "Work that began without a task: put on the board by the gate of the agent that does it.";
			const made = await call(create, { title, description, tags: ["auto"] }, { key });
			if (made.type !== "done") throw fault("hub_away", "");
			await call(claim, { id: made.output.id }, { key: `${key}-claim` });
			return made.output.id;
		},
		async wayBack() {
			const made = await call(events, { type: "backup_made", limit: 1 });
			const taken = await call(snapshots, { tag: HUB_TAG, limit: 1 });
			if (made.type !== "done" || taken.type !== "done") throw fault("hub_away", "");
			const ways: WayBack[] = [
				...made.output.map(({ timestamp }) => ({ what: "backup", at: timestamp }) as const),
				...taken.output.commits.map(({ timestamp }) => ({ what: "snapshot", at: timestamp }) as const),
			];
			return ways.toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at))[0];
		},
		async recordUsage(session, key) {
			await call(recordSession, session, { key });
		},
	};
}
