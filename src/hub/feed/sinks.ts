/** The two ways in which a stream travels: server-sent events and WebSocket frames. */
import type { ServerResponse } from "node:http";
import type { WebSocket } from "ws";
import type { FeedEvent } from "../../contract/feed.ts";
import type { Sink } from "./stream.ts";

/** One text per event, made once for all its readers. */
const texts = new WeakMap<FeedEvent, string>();

function textOf(event: FeedEvent): string {
	const known = texts.get(event);
	if (known !== undefined) return known;
	const made = JSON.stringify(event);
	texts.set(event, made);
	return made;
}

/** Bytes not taken at a stream's end from which on its reader is taken for stuck. */
const STUCK = 65_536;

/** What of an event is sent, as text. */
type TextOf = (event: FeedEvent) => string;

const viewed = (view: ((event: FeedEvent) => unknown) | undefined): TextOf =>
	view === undefined ? textOf : (event) => JSON.stringify(view(event));

/** `id:` is the event's own id: what old clients know as `since`, and what comes back as `Last-Event-ID`. */
export function sseSink(response: ServerResponse, view?: (event: FeedEvent) => unknown): Sink {
	const text = viewed(view);
	return {
		send(events) {
			let frames = "";
			for (const event of events) frames += `id: ${event.id}\ndata: ${text(event)}\n\n`;
			response.write(frames);
		},
		heartbeat: () => void response.write(": heartbeat\n\n"),
		buffered: () => response.writableLength,
		onDrain: (run) => void response.once("drain", run),
		end: () => {
			// Who has taken nothing would never take the rest: the connection and what waits for it would be kept for good.
			if (response.writableLength > STUCK) response.destroy();
			response.end();
			response.socket?.destroySoon();
		},
	};
}

/** One event per text frame. */
export function webSocketSink(socket: WebSocket, view?: (event: FeedEvent) => unknown): Sink {
	const text = viewed(view);
	return {
		send(events) {
			for (const event of events) socket.send(text(event));
		},
		heartbeat: () => socket.ping(),
		buffered: () => socket.bufferedAmount,
		// A pong is answered only once all before it was read.
		onDrain(run) {
			socket.once("pong", run);
			socket.ping();
		},
		end: (why) => socket.close(1001, why),
	};
}
