/** WebSocket frames on unix sockets and over the network. `ws` is loaded at first use, not when pi loads the pack. */
import { chmodSync, lstatSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import { connect as connectSocket } from "node:net";
import type { WebSocket, WebSocketServer } from "ws";
import { fault, reason } from "../errors.ts";
import type { Connection, Listener, Sockets } from "../world.ts";
import { makeFifos, openFifo } from "./fifo.ts";

/** Of every connection: frames are records, long texts are reports. Compression would cost memory per connection. */
export const socketOptions = { maxPayload: 16 * 1024 * 1024, perMessageDeflate: false } as const;

/** A close frame holds at most 125 bytes, 2 of them the code. */
const REASON_BYTES = 123;
/** A peer that does not answer the closing handshake is cut off after this long. */
const CLOSE_WITHIN = 1000;
const NORMAL = 1000;
const UNSUPPORTED = 1003;

/** Longest beginning of a text that fits into a close frame; never half a character. */
function closeReason(text: string): string {
	let cut = text.slice(0, REASON_BYTES);
	while (Buffer.byteLength(cut) > REASON_BYTES) cut = [...cut].slice(0, -1).join("");
	return cut;
}

/** A `ws` socket as a `Connection`; also for the hub, whose server hands out `ws` sockets. */
export class SocketConnection implements Connection {
	readonly #socket: WebSocket;
	/** Frames that came before anyone listened: the peer may speak first. */
	readonly #early: string[] = [];
	#receive: ((text: string) => void) | undefined;
	#ended: string | undefined;
	#failure: string | undefined;
	readonly #onClose: ((reason: string) => void)[] = [];

	constructor(socket: WebSocket) {
		this.#socket = socket;
		socket.on("message", (data, binary) => {
			if (binary) socket.close(UNSUPPORTED, "text frames only");
			else this.#deliver(String(data));
		});
		socket.on("error", (thrown) => {
			this.#failure = reason(thrown);
		});
		socket.on("close", (code, text) => {
			this.#ended = this.#failure ?? (text.length > 0 ? String(text) : `closed (${code})`);
			for (const run of this.#onClose.splice(0)) run(this.#ended);
		});
	}

	#deliver(text: string): void {
		if (this.#receive === undefined) this.#early.push(text);
		else this.#receive(text);
	}

	get buffered(): number {
		return this.#socket.bufferedAmount;
	}

	send(text: string): boolean {
		if (this.#socket.readyState !== this.#socket.OPEN) return false;
		this.#socket.send(text);
		return true;
	}

	onMessage(run: (text: string) => void): void {
		this.#receive = run;
		for (const text of this.#early.splice(0)) run(text);
	}

	onClose(run: (reason: string) => void): void {
		const ended = this.#ended;
		if (ended === undefined) this.#onClose.push(run);
		else queueMicrotask(() => run(ended));
	}

	close(text = ""): void {
		this.#socket.close(NORMAL, closeReason(text));
		const cut = setTimeout(() => this.#socket.terminate(), CLOSE_WITHIN).unref();
		this.#socket.once("close", () => clearTimeout(cut));
	}
}

function removeStale(path: string): void {
	const stats = lstatSync(path, { throwIfNoEntry: false });
	if (stats === undefined) return;
	if (!stats.isSocket()) throw fault("cannot_listen", path, "something that is not a socket is there");
	rmSync(path);
}

async function listening(server: Server, path: string): Promise<void> {
	await new Promise<void>((resolve, reject) => {
		server.once("error", (thrown) => reject(fault("cannot_listen", path, reason(thrown))));
		server.listen(path, resolve);
	});
	chmodSync(path, 0o600);
}

async function closeAll(server: Server, sockets: WebSocketServer): Promise<void> {
	const closed = new Promise<void>((resolve) => server.close(() => resolve()));
	for (const client of sockets.clients) new SocketConnection(client).close("the server is ending");
	sockets.close();
	await closed;
}

async function listen(path: string, accept: (connection: Connection) => void): Promise<Listener> {
	const [{ createServer }, { WebSocketServer }] = await Promise.all([import("./http.ts"), import("ws")]);
	removeStale(path);
	const server = createServer((_request, response) => response.writeHead(426).end("WebSocket only\n"));
	const sockets = new WebSocketServer({ server, ...socketOptions });
	sockets.on("connection", (socket) => accept(new SocketConnection(socket)));
	await listening(server, path);
	return { address: `unix:${path}`, close: () => closeAll(server, sockets) };
}

const connect: Sockets["connect"] = async (address, { timeout, headers, path = "/" }) => {
	const { WebSocket } = await import("ws");
	const options = { ...socketOptions, headers: { ...headers } };
	const socket = address.startsWith("unix:")
		? // By a function, not by `ws+unix:`: that address form cannot hold every path.
			new WebSocket(`ws://localhost${path}`, {
				...options,
				createConnection: () => connectSocket(address.slice("unix:".length)),
			})
		: new WebSocket(address, options);
	const connection = new SocketConnection(socket);
	await new Promise<void>((resolve, reject) => {
		// Own deadline: the one of `ws` starts anew with every byte and does not reach a unix socket.
		const deadline = setTimeout(() => {
			reject(fault("not_connected", address, `no answer within ${timeout} ms`));
			socket.terminate();
		}, timeout);
		socket.once("open", () => {
			clearTimeout(deadline);
			resolve();
		});
		connection.onClose((why) => {
			clearTimeout(deadline);
			reject(fault("not_connected", address, why));
		});
	});
	return connection;
};

export const sockets: Sockets = { makeFifos, openFifo, listen, connect };
