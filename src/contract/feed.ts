/** The feed: what happened, machine-made and complete. Every change of every record is an event here. */
import { type Static, Type } from "@sinclair/typebox";
import { EVERYONE, operation, WRITERS } from "./operation.ts";
import { anything, authorName, oneOf } from "./shapes.ts";

/** What a client may publish. The hub's own events have other types: `task_claimed`, `log_appended`. */
export const EVENT_TYPES = [
	"task_started",
	"task_completed",
	"task_failed",
	"blocker_found",
	"question",
	"finding",
	"skill_proposed",
	"file_changed",
	"cost_update",
	"agent_started",
	"agent_stopped",
	"token_update",
	"custom",
] as const;

/** The hub's own, beside the event of the change itself: a person has done something on a page. */
export const PERSON_ACTED = "person_acted";

export const FeedEvent = Type.Object({
	id: Type.String({ description: "ULID" }),
	seq: Type.Integer({ description: "the only order" }),
	agent: Type.String(),
	type: Type.String(),
	summary: Type.String(),
	timestamp: Type.String({ description: "ISO 8601, UTC" }),
	actor: Type.Optional(Type.String({ description: "the token that acted, where it is not the agent's own" })),
	detail: Type.Optional(anything("as published")),
	metadata: Type.Optional(anything("as published")),
});
export type FeedEvent = Static<typeof FeedEvent>;

const Since = Type.Optional(
	Type.String({ maxLength: 64, description: "an event's id or seq (what follows it), or a date" }),
);

const line = (event: FeedEvent): string => `${event.timestamp} ${event.agent} ${event.type}: ${event.summary}`;

export const publish = operation({
	name: "feed.publish",
	at: "hub",
	tool: "feed_publish",
	cli: "feed publish",
	summary: "Tell the fleet what happened.",
	method: "POST",
	path: "/feed/events",
	status: 201,
	input: Type.Object({
		agent: authorName,
		type: oneOf(EVENT_TYPES),
		summary: Type.String({ minLength: 1, maxLength: 8_192 }),
		detail: Type.Optional(anything("text or data")),
		metadata: Type.Optional(anything("data")),
	}),
	output: FeedEvent,
	author: { field: "agent", needed: true },
	allow: WRITERS,
	spool: true,
	sentences: {
		agent: "Missing or invalid 'agent' field",
		type: `Invalid 'type'. Must be one of: ${EVENT_TYPES.join(", ")}`,
		summary: "Missing or invalid 'summary' field",
	},
	tell: (event) => `Published ${event.id}.`,
});

export const list = operation({
	name: "feed.list",
	at: "hub",
	tool: "feed_list",
	cli: "feed list",
	summary: "Read events, oldest first: the last ones, or with `since` the next ones after it.",
	method: "GET",
	path: "/feed/events",
	status: 200,
	input: Type.Object({
		agent: Type.Optional(Type.String()),
		type: Type.Optional(Type.String()),
		since: Since,
		limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, description: "default 50" })),
	}),
	output: Type.Array(FeedEvent),
	allow: EVERYONE,
	tell: (events) => events.map(line).join("\n") || "No events.",
});

export const get = operation({
	name: "feed.get",
	at: "hub",
	cli: "feed get",
	summary: "Read one event.",
	method: "GET",
	path: "/feed/events/:id",
	status: 200,
	input: Type.Object({ id: Type.String({ minLength: 1, maxLength: 64 }) }),
	output: FeedEvent,
	allow: EVERYONE,
	tell: (event) => JSON.stringify(event),
});

export const clear = operation({
	name: "feed.clear",
	at: "hub",
	cli: "feed clear",
	summary: "Delete all events. That it was done, and by whom, is the first event after it.",
	method: "DELETE",
	path: "/feed/events",
	status: 200,
	input: Type.Object({}),
	output: Type.Object({ ok: Type.Literal(true) }),
	allow: ["admin"],
	tell: () => "The feed is empty.",
});

export const stats = operation({
	name: "feed.stats",
	at: "hub",
	tool: "feed_stats",
	cli: "feed stats",
	summary: "Count events by agent and by type, with each agent's latest.",
	method: "GET",
	path: "/feed/stats",
	status: 200,
	input: Type.Object({}),
	output: Type.Object({
		total: Type.Integer(),
		byAgent: Type.Record(Type.String(), Type.Integer()),
		byType: Type.Record(Type.String(), Type.Integer()),
		latestPerAgent: Type.Record(Type.String(), FeedEvent),
	}),
	allow: EVERYONE,
	tell: ({ total, byAgent, latestPerAgent }) =>
		[
			`${total} events`,
			...Object.entries(byAgent).map(
				([agent, count]) => `${agent} ${count}, last: ${latestPerAgent[agent]?.summary ?? "-"}`,
			),
		].join("\n"),
});

export const stream = operation({
	name: "feed.stream",
	at: "hub",
	cli: "feed stream",
	summary: "Follow the feed live; resumes after `since` or the header Last-Event-ID without gap or repeat.",
	method: "GET",
	path: "/feed/stream",
	status: 200,
	answers: "stream",
	input: Type.Object({
		agent: Type.Optional(Type.String()),
		type: Type.Optional(Type.String({ description: "one type, or several with commas" })),
		since: Since,
	}),
	output: FeedEvent,
	allow: EVERYONE,
	tell: line,
});

const ReaderName = Type.String({ minLength: 1, maxLength: 100, pattern: "\\S" });

/** How far somebody who comes back has read: what follows it is not deleted. */
export const FeedReader = Type.Object({
	name: Type.String(),
	by: Type.String({ description: "whose reader it is" }),
	seq: Type.Integer({ description: "read up to here" }),
	unread: Type.Integer({ description: "events after it" }),
	seenAt: Type.String({ description: "ISO 8601, UTC; unseen for 30 days it is forgotten" }),
});
export type FeedReader = Static<typeof FeedReader>;

const readerLine = ({ name, by, seq, unread, seenAt }: FeedReader): string =>
	`${name} (${by}) at ${seq}, ${unread} unread, seen ${seenAt}`;

export const acknowledge = operation({
	name: "feed.acknowledge",
	at: "hub",
	cli: "feed acknowledge",
	summary: "Say how far you have read: what follows is kept for you until you come back.",
	method: "POST",
	path: "/feed/readers/:name",
	status: 200,
	input: Type.Object({
		name: ReaderName,
		upto: Type.String({ minLength: 1, maxLength: 64, description: "id or seq of the last event that you have" }),
	}),
	output: FeedReader,
	allow: WRITERS,
	tell: readerLine,
});

export const readers = operation({
	name: "feed.readers",
	at: "hub",
	cli: "feed readers",
	summary: "List who reads the feed and how far.",
	method: "GET",
	path: "/feed/readers",
	status: 200,
	input: Type.Object({}),
	output: Type.Object({ readers: Type.Array(FeedReader), count: Type.Integer() }),
	allow: EVERYONE,
	tell: ({ readers: all }) => all.map(readerLine).join("\n") || "Nobody has said how far they read.",
});

export const forgetReader = operation({
	name: "feed.forget",
	at: "hub",
	cli: "feed forget",
	summary: "Keep nothing any more for a reader that does not come back.",
	method: "DELETE",
	path: "/feed/readers/:name",
	status: 200,
	input: Type.Object({ name: ReaderName }),
	output: Type.Object({ deleted: Type.Literal(true) }),
	allow: WRITERS,
	tell: (_output, { name }) => `${name} is forgotten.`,
});
