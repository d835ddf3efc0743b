/**
 * One HTTP exchange. `node:http` and not `fetch`: pi routes `fetch` through the proxy of the environment, which has no
 * way to this machine's loopback; a hub behind an ssh link is a unix socket; and an idle keep-alive connection of an
 * agent never keeps a process alive, so `pi -p` ends when its work ends.
 */
import type { ClientRequest, IncomingMessage } from "node:http";
import { Agent as TlsAgent, request as tlsRequest } from "node:https";
import { reason } from "../errors.ts";
import { Agent, request as plainRequest } from "../world/http.ts";

export interface HttpRequest {
	/** `http://…`, `https://…`, or `unix:/path`. */
	readonly base: string;
	readonly method: string;
	/** Path and query. */
	readonly path: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly body?: string | undefined;
	readonly signal: AbortSignal;
}

export interface HttpResponse {
	readonly status: number;
	/** Names in lower case. */
	readonly headers: Readonly<Record<string, string | undefined>>;
	/** UTF-8 text as it arrives. Ends when the answer is whole; throws `Unreached` when it is cut. */
	readonly body: AsyncIterable<string>;
}

export interface Http {
	/** Rejects with `Unreached`, or with the reason of an aborted signal. */
	exchange(request: HttpRequest): Promise<HttpResponse>;
	/** Ends idle connections. */
	close(): void;
}

/** No answer came. `sent` is false when the other side cannot have seen the request. */
export class Unreached extends Error {
	override readonly name = "Unreached";
	readonly sent: boolean;

	constructor(why: string, sent: boolean) {
		super(why);
		this.sent = sent;
	}
}

/** Failures at which nothing was handed to a server. */
const NEVER_SENT = new Set([
	"ECONNREFUSED",
	"ENOENT",
	"ENOTFOUND",
	"EAI_AGAIN",
	"EHOSTUNREACH",
	"ENETUNREACH",
	"EADDRNOTAVAIL",
	"EACCES",
]);

const unreached = (error: Error & { readonly code?: string }): Unreached =>
	new Unreached(error.code === undefined ? error.message : `${error.code}`, !NEVER_SENT.has(error.code ?? ""));

export function realHttp(): Http {
	const plain = new Agent({ keepAlive: true, maxSockets: 8 });
	const tls = new TlsAgent({ keepAlive: true, maxSockets: 8 });

	const begin = (request: HttpRequest): ClientRequest => {
		const options = { method: request.method, headers: request.headers, signal: request.signal };
		if (request.base.startsWith("unix:")) {
			const socketPath = request.base.slice("unix:".length);
			return plainRequest({ ...options, agent: plain, socketPath, path: request.path });
		}
		const url = new URL(request.base.replace(/\/+$/, "") + request.path);
		return url.protocol === "https:"
			? tlsRequest(url, { ...options, agent: tls })
			: plainRequest(url, { ...options, agent: plain });
	};

	return {
		exchange: (request) =>
			new Promise((resolve, reject) => {
				const outgoing = begin(request);
				outgoing.on("error", (error) => reject(request.signal.aborted ? request.signal.reason : unreached(error)));
				outgoing.on("response", (incoming) =>
					resolve({ status: incoming.statusCode ?? 0, headers: headersOf(incoming), body: textOf(incoming) }),
				);
				outgoing.end(request.body);
			}),
		close() {
			plain.destroy();
			tls.destroy();
		},
	};
}

async function* textOf(incoming: IncomingMessage): AsyncGenerator<string> {
	incoming.setEncoding("utf8");
	try {
		for await (const piece of incoming) yield String(piece);
	} catch (error) {
		// The answer was cut after its head: the server has acted, its word is lost.
		throw new Unreached(reason(error), true);
	}
}

function headersOf(incoming: IncomingMessage): Record<string, string> {
	const headers: Record<string, string> = {};
	for (const [name, value] of Object.entries(incoming.headers)) {
		if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value;
	}
	return headers;
}
