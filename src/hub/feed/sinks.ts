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

/** `id:` is the event's own id: what old clients know as `since`, and what comes back as `Last-Event-ID`. */
export function sseSink(response: ServerResponse): Sink {
	return {
		send(events) {
			let frames = "";
			for (const event of events) frames += `id: ${event.id}\ndata: ${textOf(event)}\n\n`;
			response.write(frames);
		},
		heartbeat: () => void response.write(": heartbeat\n\n"),
		buffered: () => response.writableLength,
		onDrain: (run) => void response.once("drain", run),
		end: () => {
			response.end();
			// A reader that takes nothing would keep the connection, and the hub's end, waiting.
			response.socket?.destroySoon();
		},
	};
}

/** One event per text frame. */
export function webSocketSink(socket: WebSocket): Sink {
	return {
		send(events) {
			for (const event of events) socket.send(textOf(event));
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
