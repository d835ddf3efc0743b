/** `-L` and `-R` of a link, to ports and to unix sockets. What it listens on ends with the link. */
import { rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Channel, Connection } from "ssh2";

/** A port or a unix socket, as the client asks for it. */
interface ForwardRequest {
	readonly bindAddr?: string;
	readonly bindPort?: number;
	readonly socketPath?: string;
}

/** Both ways until either ends. */
function bridge(channel: Channel, socket: Socket): void {
	socket.pipe(channel);
	channel.pipe(socket);
	// Either side can break off; the other is told by its end.
	socket.on("error", () => channel.close());
	channel.on("error", () => socket.destroy());
	channel.on("close", () => socket.destroy());
	socket.on("close", () => channel.close());
}

/** Answers once it is known whether the far side is there. */
function dial(socket: Socket, accept: () => Channel, reject: () => void): void {
	socket.once("error", reject);
	socket.once("connect", () => {
		socket.off("error", reject);
		bridge(accept(), socket);
	});
}

const keyOf = ({ bindAddr, bindPort, socketPath }: ForwardRequest): string => socketPath ?? `${bindAddr}:${bindPort}`;

export class Forwards {
	readonly #connection: Connection;
	readonly #listening = new Map<string, Server>();

	constructor(connection: Connection) {
		this.#connection = connection;
		connection.on("tcpip", (accept, reject, { destIP, destPort }) => dial(connect(destPort, destIP), accept, reject));
		connection.on("openssh.streamlocal", (accept, reject, { socketPath }) => dial(connect(socketPath), accept, reject));
		const request = (
			accept: ((port?: number) => void) | undefined,
			reject: (() => void) | undefined,
			name: string,
			info: ForwardRequest,
		): void => {
			if (name.startsWith("cancel-")) {
				this.#stop(keyOf(info));
				accept?.();
			} else this.#listen(info, keyOf(info), accept, reject);
		};
		connection.on("request", request);
		connection.on("close", () => {
			for (const key of [...this.#listening.keys()]) this.#stop(key);
		});
	}

	#stop(key: string): void {
		this.#listening.get(key)?.close();
		this.#listening.delete(key);
	}

	#listen(
		{ bindAddr = "", bindPort = 0, socketPath }: ForwardRequest,
		key: string,
		accept: ((port?: number) => void) | undefined,
		reject: (() => void) | undefined,
	): void {
		const server = createServer((socket) => {
			const done = (error: Error | undefined, channel: Channel): void => {
				if (error === undefined) bridge(channel, socket);
				else socket.destroy();
			};
			if (socketPath !== undefined) this.#connection.openssh_forwardOutStreamLocal(socketPath, done);
			// The client knows its forward by the port it asked for, or the one it was given for none.
			else this.#connection.forwardOut(bindAddr, portOf(server), "127.0.0.1", socket.remotePort ?? 0, done);
		});
		server.once("error", () => reject?.());
		const listening = (): void => {
			this.#listening.set(key, server);
			accept?.(portOf(server));
		};
		// A machine lends no address but loopback, whatever is asked for.
		if (socketPath === undefined) server.listen(bindPort, "127.0.0.1", listening);
		else server.listen(socketPath, listening);
		server.on("close", () => {
			if (socketPath !== undefined) rmSync(socketPath, { force: true });
		});
	}
}

function portOf(server: Server): number {
	const address = server.address();
	return typeof address === "object" && address !== null ? address.port : 0;
}
