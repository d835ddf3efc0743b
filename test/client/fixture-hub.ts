/** A small real HTTP server that speaks as the hub does, and as it should not. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterAll } from "vitest";

export interface Seen {
	readonly method: string;
	readonly url: string;
	readonly headers: Readonly<Record<string, string | string[] | undefined>>;
	readonly body: unknown;
}

export type Answer = (seen: Seen, response: ServerResponse, request: IncomingMessage) => void;

export interface FixtureHub {
	readonly url: string;
	readonly port: number;
	readonly seen: Seen[];
	answer: Answer;
	/** Ends it as `kill -9` would: open connections are cut. */
	close(): Promise<void>;
}

export const json =
	(status: number, body: unknown, headers: Record<string, string> = { "x-flagship-protocol": "1" }): Answer =>
	(_seen, response) => {
		response.writeHead(status, { "content-type": "application/json", ...headers });
		response.end(JSON.stringify(body));
	};

export async function fixtureHub(answer: Answer, port = 0): Promise<FixtureHub> {
	const seen: Seen[] = [];
	const sockets = new Set<Socket>();
	const server: Server = createServer(async (request, response) => {
		let text = "";
		for await (const piece of request) text += String(piece);
		const body: unknown = text === "" ? undefined : JSON.parse(text);
		const one = { method: request.method ?? "", url: request.url ?? "", headers: request.headers, body };
		seen.push(one);
		hub.answer(one, response, request);
	});
	server.on("connection", (socket) => {
		sockets.add(socket);
		socket.on("close", () => sockets.delete(socket));
	});
	await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
	const bound = (server.address() as AddressInfo).port;
	const hub: FixtureHub = {
		url: `http://127.0.0.1:${bound}`,
		port: bound,
		seen,
		answer,
		async close() {
			const closed = new Promise<void>((resolve) => server.close(() => resolve()));
			for (const socket of sockets) socket.destroy();
			await closed;
		},
	};
	afterAll(() => (server.listening ? hub.close() : undefined));
	return hub;
}
