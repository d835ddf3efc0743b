/**
 * One stream of the feed for the whole page, resumed after the last event that was seen. Events are handed on in
 * batches, so that a storm of them costs a redraw now and then and not one each.
 */
import { address, get, whenOver } from "./api.js";

/** @typedef {import("../contract/feed.ts").FeedEvent} FeedEvent */
/** @typedef {"joining" | "live" | "away" | "over"} LiveState */

/** Milliseconds between two batches: a person sees no difference, and a storm of 500 a second becomes four redraws. */
const BATCH = 250;
/** Pauses before a stream that was refused is asked for again; the last repeats. */
const PAUSES = [500, 1_000, 2_000, 5_000];

/** @type {Set<(events: readonly FeedEvent[]) => void>} */
const readers = new Set();
/** @type {Set<(state: LiveState) => void>} */
const watchers = new Set();
/** @type {FeedEvent[]} */
let batch = [];
/** @type {LiveState} */
let state = "joining";
/** @type {string | undefined} */
let last;
/** @type {EventSource | undefined} */
let source;
let failures = 0;
let isDue = false;

/** @param {(events: readonly FeedEvent[]) => void} reader @returns {() => void} */
export function onEvents(reader) {
	readers.add(reader);
	return () => readers.delete(reader);
}

/** @param {(state: LiveState) => void} watcher @returns {() => void} */
export function onState(watcher) {
	watchers.add(watcher);
	watcher(state);
	return () => watchers.delete(watcher);
}

/** @param {LiveState} next */
function become(next) {
	if (state === next || state === "over") return;
	state = next;
	for (const watcher of watchers) watcher(next);
}

function flush() {
	isDue = false;
	const events = batch;
	batch = [];
	for (const reader of readers) reader(events);
}

function join() {
	source?.close();
	source = new EventSource(address("feed/stream", last === undefined ? {} : { since: last }));
	source.onopen = () => {
		failures = 0;
		become("live");
	};
	source.onmessage = ({ data, lastEventId }) => {
		batch.push(JSON.parse(data));
		last = lastEventId;
		if (isDue) return;
		isDue = true;
		setTimeout(flush, BATCH);
	};
	source.onerror = () => {
		become("away");
		// A stream that was cut comes back by itself; one that was refused, as by a hub that is just starting, does not.
		if (source?.readyState !== EventSource.CLOSED || state === "over") return;
		// It does not say why: whether the session is over is asked for.
		get("tokens/me").catch(() => undefined);
		setTimeout(() => state === "over" || join(), PAUSES[Math.min(failures++, PAUSES.length - 1)]);
	};
}

whenOver(() => {
	become("over");
	source?.close();
});

/** Begins; once for the page. */
export const follow = join;
