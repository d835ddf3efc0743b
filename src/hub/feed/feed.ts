/** The feed in memory: who follows it, and what has been counted. The rows themselves stay on disk. */
import type { FeedEvent } from "../../contract/feed.ts";
import { fault } from "../../errors.ts";
import type { Connection } from "../database/connection.ts";
import { eventOf } from "./event.ts";
import type { EventRow } from "./schema.ts";

export interface Filter {
	readonly agent?: string | undefined;
	readonly types?: ReadonlySet<string> | undefined;
}

export interface Follower {
	/** New events, in order, at the moment of their commit. */
	readonly deliver: (events: readonly FeedEvent[]) => void;
	/** The hub closes, or the token that opened it was revoked. */
	readonly end: (why: string) => void;
	/** Id of the token that opened it. */
	readonly token: string;
}

/** Stored events read at once while a stream catches up. */
const PAGE = 500;

export interface Feed {
	readonly followers: ReadonlySet<Follower>;
	deliver(events: readonly FeedEvent[]): void;
	follow(follower: Follower): () => void;
	/** The next stored events above a `seq` that match. Synchronous: what is committed after it is delivered after it. */
	after(seq: number, filter: Filter): { readonly events: readonly FeedEvent[]; readonly whole: boolean };
	/** The `seq` that a `since` stands for: an event's id, a seq, or a date. Undefined for a text that is none of them. */
	position(since: string): number | undefined;
	/** The greatest `seq`. */
	head(): number;
	stats(): { total: number; byAgent: Map<string, { count: number; latest: FeedEvent }>; byType: Map<string, number> };
}

const ULID = /^[0-9A-Za-z]{26}$/;
const SEQ = /^\d{1,15}$/;

export function createFeed(reader: Connection): Feed {
	const followers = new Set<Follower>();
	const counts = count(reader);
	const head = (): number => seqOf(reader, "order by seq desc limit 1") ?? 0;

	return {
		followers,
		deliver(events) {
			if (events.length === 0) return;
			if (events.some(({ type }) => type === TRIMMED)) counts.recount();
			else for (const event of events) counts.add(event);
			for (const follower of followers) follower.deliver(events);
		},
		follow(follower) {
			followers.add(follower);
			return () => followers.delete(follower);
		},
		after(seq, { agent, types }) {
			const list = types === undefined ? undefined : [...types];
			const rows = reader.all<EventRow>(
				`select * from feed where seq > ?${agent === undefined ? "" : " and agent = ?"}${
					list === undefined ? "" : ` and +type in (${list.map(() => "?").join(", ")})`
				} order by seq limit ${PAGE}`,
				seq,
				...(agent === undefined ? [] : [agent]),
				...(list ?? []),
			);
			return { events: rows.map(eventOf), whole: rows.length < PAGE };
		},
		position(since) {
			if (SEQ.test(since)) return Number(since);
			if (ULID.test(since)) return seqOfId(reader, since.toUpperCase());
			const date = new Date(since);
			if (Number.isNaN(date.getTime())) return undefined;
			const first = seqOf(reader, "where timestamp > ? order by seq limit 1", date.toISOString());
			return first === undefined ? head() : first - 1;
		},
		head,
		stats: counts.read,
	};
}

const seqOf = (reader: Connection, where: string, ...values: string[]): number | undefined =>
	reader.get<{ seq: number }>(`select seq from feed ${where}`, ...values)?.seq;

/** Events that came from an older server are not in the order of their ids: the event itself goes before what is near it. */
const seqOfId = (reader: Connection, id: string): number =>
	seqOf(reader, "where id = ?", id) ?? seqOf(reader, "where id <= ? order by id desc limit 1", id) ?? 0;

/** A stream's filter from its query. Throws on more types than anyone means. */
export function filterOf(input: { readonly agent?: string; readonly type?: string }): Filter {
	const types = input.type?.split(",").filter((type) => type !== "");
	if (types !== undefined && types.length > 50) throw fault("invalid_input", "type names more than 50 types");
	return { agent: input.agent, types: types === undefined || types.length === 0 ? undefined : new Set(types) };
}

/** What a stream sends of the feed: what its operation is about, or what the query asks for. */
export const filterFor = (
	{ types }: { readonly types?: ReadonlySet<string> },
	input: Parameters<typeof filterOf>[0],
): Filter => (types === undefined ? filterOf(input) : { types });

export const matches = (event: FeedEvent, { agent, types }: Filter): boolean =>
	(agent === undefined || event.agent === agent) && (types === undefined || types.has(event.type));

/** Counted once at start and then as events commit: counting 100,000 rows for every `feed_stats` would stall all others. */
function count(reader: Connection) {
	const byAgent = new Map<string, { count: number; latest: FeedEvent }>();
	const byType = new Map<string, number>();
	let total = 0;
	const recount = (): void => {
		byAgent.clear();
		byType.clear();
		total = 0;
		for (const { type, n } of reader.all<{ type: string; n: number }>(
			"select type, count(*) as n from feed group by type",
		)) {
			byType.set(type, n);
			total += n;
		}
		const latest = reader.all<EventRow & { n: number }>(
			"select feed.*, n from (select agent, count(*) as n, max(seq) as seq from feed group by agent) join feed using (seq)",
		);
		for (const { n, ...row } of latest) byAgent.set(row.agent, { count: n, latest: eventOf(row) });
	};
	recount();
	return {
		add(event: FeedEvent) {
			if (event.type === CLEARED) {
				byAgent.clear();
				byType.clear();
				total = 0;
			}
			total++;
			byType.set(event.type, (byType.get(event.type) ?? 0) + 1);
			byAgent.set(event.agent, { count: (byAgent.get(event.agent)?.count ?? 0) + 1, latest: event });
		},
		recount,
		read: () => ({ total, byAgent, byType }),
	};
}

/** The event that a clearing leaves: everything before it is gone. */
export const CLEARED = "feed_cleared";

/** The event that a trimming leaves: the oldest events are gone, up to the seq that it names. */
export const TRIMMED = "feed_trimmed";
