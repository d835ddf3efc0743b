/** Who owned what, replayed from the feed: its order is the order of the commits. */
import type { FeedEvent } from "../../src/contract/feed.ts";
import { shape, text } from "../../src/pi/shape.ts";

/** Ends a claim, whoever tells it. */
const FREES = [
	"task_released",
	"task_claim_expired",
	"task_submitted",
	"task_approved",
	"task_rejected",
	"task_deleted",
];

/** For each task that was ever taken: `several` when a second took it while the first held it. */
export function ownersIn(events: readonly FeedEvent[]): ReadonlyMap<string, "one" | "several"> {
	const owners = new Map<string, "one" | "several">();
	const holders = new Map<string, string>();
	for (const { type, agent, detail } of events) {
		const task = text(shape(detail).task);
		if (type === "task_claimed") {
			const holder = holders.get(task) ?? agent;
			if (owners.get(task) !== "several") owners.set(task, holder === agent ? "one" : "several");
			holders.set(task, agent);
		} else if (FREES.includes(type)) holders.delete(task);
	}
	return owners;
}
