/** The part of a brief that the hub knows: tasks that became done, what waits, what the orchestrator's own sessions cost. */
import type { Client } from "../../client/client.ts";
import * as board from "../../contract/board.ts";
import type { Brief } from "../../contract/brief.ts";
import * as feed from "../../contract/feed.ts";
import * as review from "../../contract/review.ts";
import type { Task } from "../../contract/task.ts";
import * as usage from "../../contract/usage.ts";
import { Fault } from "../../errors.ts";
import type { Mark } from "./attendance.ts";
import { isoOf } from "./own.ts";

/** Events of one kind are read in pages of so many, and no more than so many pages. */
const PAGE = 1_000;
const PAGES = 10;
/** ms for each question: a brief that comes late is no help. */
const WITHIN = 2_000;

export interface HubFacts {
	readonly hub: Client;
	readonly orchestrator: string;
	/** The orchestrator and its lieutenants, also those that are gone. */
	readonly ours: ReadonlySet<string>;
	readonly since: Mark | undefined;
}

export type HubPart = Pick<Brief, "done" | "blocked" | "reviews" | "questions"> & { readonly usd: number };

/** Throws a `Fault` when the hub does not answer. */
export async function hubPart({ hub, orchestrator, ours, since }: HubFacts): Promise<HubPart> {
	const isOurs = (task: Task): boolean =>
		[task.createdBy, task.assignee, task.claim?.by].some((name) => name !== undefined && ours.has(name));
	const events = (type: string): Promise<readonly feed.FeedEvent[]> => eventsSince(hub, type, isoOf(since));
	const [approved, updated, noted, asked, blocked, reviews, usd] = await Promise.all([
		events("task_approved"),
		events("task_updated"),
		events("task_noted"),
		events("question"),
		hub.call(board.list, { status: "blocked", limit: PAGE }, { timeout: WITHIN }),
		hub.call(review.review, {}, { timeout: WITHIN }),
		ownCost(hub, orchestrator, since),
	]);
	const becameDone = [...approved, ...updated.filter((event) => detailOf(event).status === "done")];
	const done = await tasksOf(hub, [...new Set(becameDone.map((event) => detailOf(event).task))].slice(-PAGE));
	const questions = [...noted.filter((event) => detailOf(event).type === "question"), ...asked];
	return {
		// One that was opened again is not done.
		done: done.filter((task) => task.status === "done" && isOurs(task)).map(lineOf),
		blocked: blocked.tasks.filter(isOurs).map(lineOf),
		reviews: reviews.tasks.filter(isOurs).map(lineOf),
		questions: questions
			.filter((event) => event.agent !== orchestrator && ours.has(event.agent))
			.map((event) => {
				const { task } = detailOf(event);
				return { who: event.agent, text: event.summary, ...(task === undefined ? {} : { task }) };
			}),
		usd,
	};
}

const lineOf = ({ id, title, status, assignee }: Task): Brief["done"][number] => ({
	...{ id, title, status },
	...(assignee === undefined ? {} : { who: assignee }),
});

async function eventsSince(hub: Client, type: string, since: string): Promise<readonly feed.FeedEvent[]> {
	const all: feed.FeedEvent[] = [];
	for (let page = 0; page < PAGES; page++) {
		const after = all.at(-1)?.seq.toString() ?? since;
		const found = await hub.call(feed.list, { type, since: after, limit: PAGE }, { timeout: WITHIN });
		all.push(...found);
		if (found.length < PAGE) break;
	}
	return all;
}

/** What the hub's own events carry. */
function detailOf({ detail }: feed.FeedEvent): {
	readonly task?: string;
	readonly status?: string;
	readonly type?: string;
} {
	return typeof detail === "object" && detail !== null ? detail : {};
}

/** Those that still are. */
async function tasksOf(hub: Client, ids: readonly (string | undefined)[]): Promise<readonly Task[]> {
	const known = ids.filter((id) => id !== undefined);
	const found = await Promise.all(
		known.map((id) =>
			hub.call(board.get, { id }, { timeout: WITHIN }).catch((thrown: unknown) => {
				if (thrown instanceof Fault && thrown.code === "not_found") return undefined;
				throw thrown;
			}),
		),
	);
	return found.filter((task) => task !== undefined);
}

/** Sessions begun since then count whole; the one that was typed to at that moment, what it has cost more since. */
async function ownCost(hub: Client, agent: string, since: Mark | undefined): Promise<number> {
	const { sessions } = await hub.call(usage.sessions, { agent, limit: PAGE }, { timeout: WITHIN });
	const from = since?.at ?? 0;
	return sessions
		.map(({ sessionId, startedAt, cost }) => {
			if (sessionId === since?.session.id) return Math.max(0, cost.total - since.session.usd);
			return Date.parse(startedAt) >= from ? cost.total : 0;
		})
		.reduce((sum, usd) => sum + usd, 0);
}
