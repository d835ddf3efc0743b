/**
 * HTTP as cheaply as can be: what the client does is taken from the same two cores. Each connection has one request
 * under way.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface Answer {
	readonly status: number;
	readonly body: string;
}

export interface Request {
	readonly method: "GET" | "POST";
	readonly path: string;
	readonly token?: string;
	readonly body?: unknown;
	/** Of its repeat, as a client of ours sends it. */
	readonly key?: string;
}

export function bytesOf({ method, path, token, body, key }: Request): Buffer {
	const text = body === undefined ? "" : JSON.stringify(body);
	const lines = [
		`${method} ${path} HTTP/1.1`,
		"host: 127.0.0.1",
		...(token === undefined ? [] : [`authorization: Bearer ${token}`]),
		...(key === undefined ? [] : [`idempotency-key: ${key}`, "x-flagship-protocol: 1", "x-flagship-version: 0.1.0"]),
		...(text === "" ? [] : ["content-type: application/json", `content-length: ${Buffer.byteLength(text)}`]),
		...(method === "POST" && text === "" ? ["content-length: 0"] : []),
	];
	return Buffer.from(`${lines.join("\r\n")}\r\n\r\n${text}`);
}

const HEAD_END = "\r\n\r\n";

/** One connection that is kept. */
export class Wire {
	readonly #socket: Socket;
	#waiting: PromiseWithResolvers<Answer> | undefined;
	#received: Buffer = Buffer.alloc(0);
	#gone: Error | undefined;

	private constructor(socket: Socket) {
		this.#socket = socket;
		socket.on("data", (bytes: Buffer) => this.#take(bytes));
		socket.on("error", (error) => this.#lost(error));
		socket.on("close", () => this.#lost(new Error("The connection was closed.")));
	}

	static async to(url: string): Promise<Wire> {
		const socket = connect({ host: "127.0.0.1", port: Number(new URL(url).port), noDelay: true });
		await once(socket, "connect");
		return new Wire(socket);
	}

	/** Rejects when the connection is lost before the answer is whole. */
	ask(request: Buffer): Promise<Answer> {
		if (this.#gone !== undefined) return Promise.reject(this.#gone);
		this.#waiting = Promise.withResolvers();
		this.#socket.write(request);
		return this.#waiting.promise;
	}

	close(): void {
		this.#socket.destroy();
	}

	#take(bytes: Buffer): void {
		this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
		const end = this.#received.indexOf(HEAD_END);
		if (end < 0) return;
		const head = this.#received.toString("latin1", 0, end);
		const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
		const from = end + HEAD_END.length;
		if (this.#received.length < from + length) return;
		const answer = {
			status: Number(head.slice(9, 12)),
			body: this.#received.toString("utf8", from, from + length),
		};
		this.#received = this.#received.subarray(from + length);
		this.#waiting?.resolve(answer);
	}

	#lost(error: Error): void {
		this.#gone ??= error;
		this.#waiting?.reject(this.#gone);
	}
}

/** One question, answered with success; its JSON. */
export async function ask(url: string, request: Request): Promise<ReturnType<typeof JSON.parse>> {
	const wire = await Wire.to(url);
	try {
		return JSON.parse(succeeded(await wire.ask(bytesOf(request))).body);
	} finally {
		wire.close();
	}
}

export function succeeded(answer: Answer): Answer {
	if (answer.status >= 300) throw new Error(`${answer.status} ${answer.body}`);
	return answer;
}

export interface Load {
	/** Answers. */
	readonly count: number;
	/** Answers a second. */
	readonly rate: number;
	/** What each took, ms. */
	readonly times: readonly number[];
}

/** Asks over so many connections for so many ms; `next` makes the n-th request. Throws on any failure. */
export async function load(url: string, connections: number, ms: number, next: (n: number) => Buffer): Promise<Load> {
	const wires = await Promise.all(Array.from({ length: connections }, () => Wire.to(url)));
	const from = performance.now();
	let sent = 0;
	const times: number[] = [];
	try {
		await Promise.all(
			wires.map(async (wire) => {
				for (let begun = performance.now(); begun - from < ms; ) {
					succeeded(await wire.ask(next(sent++)));
					const now = performance.now();
					times.push(now - begun);
					begun = now;
				}
			}),
		);
	} finally {
		for (const wire of wires) wire.close();
	}
	return { count: times.length, rate: (times.length * 1000) / (performance.now() - from), times };
}
