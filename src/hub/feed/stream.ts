/**
 * One reader of the feed, over SSE or WebSocket. It reads stored events page by page until there are no more, and from
 * that same moment, with nothing in between, is handed each commit: no gap, no repeat. A reader that falls behind goes
 * back to reading stored events at its own pace, so its buffer is bounded and nothing is skipped; one that takes
 * nothing at all for a while is dropped, and resumes where it was.
 */
import type { FeedEvent } from "../../contract/feed.ts";
import type { World } from "../../world.ts";
import { type Feed, type Filter, matches } from "./feed.ts";

/** Where a stream writes. */
export interface Sink {
	/** Events in order, none left out. */
	send(events: readonly FeedEvent[]): void;
	/** Keeps proxies and the reader's own watchdog content. */
	heartbeat(): void;
	/** Bytes handed over and not yet taken by the system. */
	buffered(): number;
	/** Calls back once, when the buffer has emptied. */
	onDrain(run: () => void): void;
	end(why: string): void;
}

export interface StreamOptions {
	readonly world: Pick<World, "clock">;
	readonly feed: Feed;
	readonly filter: Filter;
	/** Begins after this `seq`; undefined: from now on. */
	readonly after: number | undefined;
	readonly token: string;
	readonly sink: Sink;
}

/** Bytes that wait for a slow reader before it is sent back to the stored events. */
const BUFFER_MAX = 1_048_576;
const HEARTBEAT = 15_000;
/** Milliseconds in which a reader with a full buffer must take something. */
const STUCK = 60_000;

/** Answers the function that ends it. */
export function stream({ world, feed, filter, after, token, sink }: StreamOptions): () => void {
	let at = after ?? feed.head();
	let live = false;
	let ended = false;
	let stuckSince: number | undefined;

	const send = (events: readonly FeedEvent[]): void => {
		const last = events.at(-1);
		if (last === undefined) return;
		at = last.seq;
		sink.send(events);
	};

	const catchUp = (): void => {
		if (ended) return;
		const { events, whole } = feed.after(at, filter);
		send(events);
		if (whole) live = true;
		else if (sink.buffered() > BUFFER_MAX) waitForReader();
		// Between two pages everyone else has a turn.
		else world.clock.soon(catchUp);
	};

	const waitForReader = (): void => {
		live = false;
		stuckSince = world.clock.elapsed();
		sink.onDrain(() => {
			stuckSince = undefined;
			catchUp();
		});
	};

	const unfollow = feed.follow({
		token,
		deliver(events) {
			if (!live) return;
			send(events.filter((event) => event.seq > at && matches(event, filter)));
			if (sink.buffered() > BUFFER_MAX) waitForReader();
		},
		end(why) {
			end();
			sink.end(why);
		},
	});

	const beat = world.clock.every(HEARTBEAT, () => {
		if (stuckSince === undefined) sink.heartbeat();
		else if (world.clock.elapsed() - stuckSince > STUCK) {
			end();
			sink.end("too slow");
		}
	});

	const end = (): void => {
		ended = true;
		unfollow();
		beat.cancel();
	};

	catchUp();
	return end;
}
