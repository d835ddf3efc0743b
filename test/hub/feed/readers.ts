/** Readers of the feed's stream as a client sees it, over both transports. */
import { request } from "node:http";
import { WebSocket } from "ws";
import type { FeedEvent } from "../../../src/contract/feed.ts";
import { ADMIN } from "../support.ts";

export interface Reader {
	readonly events: FeedEvent[];
	/** Lines that are no events: comments of SSE. */
	readonly ids: string[];
	readonly comments: string[];
	readonly ended: () => boolean;
	close(): void;
}

export interface From {
	readonly query?: string;
	readonly last?: string;
	readonly token?: string;
}

const headersOf = ({ last, token = ADMIN }: From) => ({
	authorization: `Bearer ${token}`,
	...(last === undefined ? {} : { "last-event-id": last }),
});

/** Resolves when the stream is open. */
export function sse(address: string, from: From = {}): Promise<Reader> {
	return new Promise((resolve, reject) => {
		const reader = { events: [] as FeedEvent[], ids: [] as string[], comments: [] as string[] };
		let ended = false;
		let rest = "";
		const sent = request(`${address}/feed/stream${from.query ?? ""}`, { headers: headersOf(from) }, (response) => {
			if (response.statusCode !== 200) return reject(new Error(`stream answered ${response.statusCode}`));
			response.setEncoding("utf8");
			response.on("data", (piece: string) => {
				const blocks = (rest + piece).split("\n\n");
				rest = blocks.pop() ?? "";
				for (const block of blocks) {
					for (const line of block.split("\n")) {
						if (line.startsWith("id: ")) reader.ids.push(line.slice(4));
						else if (line.startsWith("data: ")) reader.events.push(JSON.parse(line.slice(6)));
						else reader.comments.push(line);
					}
				}
			});
			for (const end of ["end", "error", "close"]) response.on(end, () => (ended = true));
			resolve({ ...reader, ended: () => ended, close: () => sent.destroy() });
		});
		sent.on("error", reject);
		sent.end();
	});
}

export function webSocket(address: string, from: From = {}): Promise<Reader> {
	return new Promise((resolve, reject) => {
		const reader = { events: [] as FeedEvent[], ids: [] as string[], comments: [] as string[] };
		let ended = false;
		const socket = new WebSocket(`${address.replace("http", "ws")}/feed/stream${from.query ?? ""}`, {
			headers: headersOf(from),
		});
		socket.on("message", (data) => reader.events.push(JSON.parse(String(data))));
		socket.on("close", () => (ended = true));
		socket.on("error", reject);
		socket.on("open", () => resolve({ ...reader, ended: () => ended, close: () => socket.terminate() }));
	});
}
