/**
 * The scripted model as an HTTP server on loopback. Besides `/v1/chat/completions` and `/v1/models` it has `/__requests`
 * (what was asked), `/__state`, and `POST /__script` (another script from now on).
 */
import { appendFileSync } from "node:fs";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createServer } from "../../world/http.ts";
import { type Answer, answerOf, called, spoken, type Usage, usageChunk, whole } from "./answer.ts";
import { Reading } from "./choose.ts";
import { type Asked, describeRequest } from "./request.ts";
import type { Script, ScriptedError, Step } from "./script.ts";

/** One request and what answered it. */
export interface Served extends Asked {
	/** 1, 2, 3 … */
	readonly n: number;
	/** Wall time, ms. */
	readonly at: number;
	readonly from: string;
	readonly expectOk?: boolean;
	/** What its answer is said to cost, should it be heard to its end; absent for an error. */
	readonly usage?: Usage;
}

/** How the answer to request `n` ended. `cut`: the client went before the end, or the script broke it off. */
export interface Ended {
	readonly n: number;
	readonly model: string;
	readonly end: "whole" | "cut" | "refused";
	/** What a provider would charge: all that was asked, and what was sent of the answer. */
	readonly tokens: number;
}

export interface ModelOptions {
	readonly script?: Script;
	/** Default: a free one. */
	readonly port?: number;
	/** A file that gets one JSON line for each request. */
	readonly log?: string;
	/** A file that gets one JSON line (`Ended`) for each answer that came to an end. */
	readonly answers?: string;
	/** Requests kept in memory; default 2,000. */
	readonly keep?: number;
}

export interface Model {
	readonly port: number;
	/** `http://127.0.0.1:port/v1` */
	readonly url: string;
	/** Oldest first. */
	readonly requests: readonly Served[];
	/** Tokens of the answers that were sent to their end. */
	readonly spent: number;
	/** Lets steps with this `hold` answer, now and from now on. */
	release(hold: string): void;
	/** Starts the script, or another one, from its beginning. */
	setScript(script: Script): void;
	close(): Promise<void>;
}

const HOST = "127.0.0.1";
const KEEP = 2000;
const CHUNK = 40;

function sendJson(
	response: ServerResponse,
	status: number,
	value: unknown,
	headers: Record<string, string> = {},
): void {
	response.writeHead(status, { "content-type": "application/json", ...headers });
	response.end(JSON.stringify(value));
}

function typeOf(status: number): string {
	if (status === 429) return "rate_limit_error";
	return status < 500 ? "invalid_request_error" : "server_error";
}

function sendError(response: ServerResponse, error: ScriptedError): void {
	const { status = 500, message = "scripted error", code = null, retryAfter } = error;
	const headers: Record<string, string> = retryAfter === undefined ? {} : { "retry-after": String(retryAfter) };
	sendJson(response, status, { error: { message, type: error.type ?? typeOf(status), code } }, headers);
}

/** Chunks that went out, and whether that was the whole answer. */
interface Sent {
	readonly whole: boolean;
	readonly chunks: number;
}

const NOTHING: Sent = { whole: false, chunks: 0 };

/** Sends the records one by one; `whole` is false when the client went meanwhile. */
async function sendChunks(response: ServerResponse, records: Iterable<unknown>, pause: number): Promise<Sent> {
	let chunks = 0;
	for (const record of records) {
		if (response.destroyed) return { whole: false, chunks };
		response.write(`data: ${JSON.stringify(record)}\n\n`);
		chunks += 1;
		if (pause > 0) await sleep(pause);
	}
	return { whole: !response.destroyed, chunks };
}

async function sendStream(response: ServerResponse, step: Step, answer: Answer, wantsUsage: boolean): Promise<Sent> {
	const { chunkChars = CHUNK, chunkMs = 0 } = step;
	response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
	response.flushHeaders();
	if (step.hang === true) return NOTHING;
	const heard = await sendChunks(response, spoken(answer, chunkChars), chunkMs);
	if (step.cut === true) {
		response.destroy();
		return { ...heard, whole: false };
	}
	if (!heard.whole) return heard;
	const rest = await sendChunks(response, called(answer, chunkChars), chunkMs);
	const chunks = heard.chunks + rest.chunks;
	if (!rest.whole) return { whole: false, chunks };
	if (wantsUsage) response.write(`data: ${JSON.stringify(usageChunk(answer))}\n\n`);
	response.end("data: [DONE]\n\n");
	return { whole: true, chunks };
}

/** Resolves when the client goes. */
const goneFrom = (response: ServerResponse): Promise<void> =>
	new Promise((resolve) => void response.once("close", resolve));

async function bodyOf(request: IncomingMessage): Promise<string> {
	const chunks: Buffer[] = [];
	for await (const chunk of request) chunks.push(chunk);
	return Buffer.concat(chunks).toString("utf8");
}

class Conversation {
	readonly requests: Served[] = [];
	readonly #log: string | undefined;
	readonly #answers: string | undefined;
	readonly #keep: number;
	readonly #holds = new Map<string, PromiseWithResolvers<void>>();
	#reading: Reading;
	#served = 0;
	#spent = 0;

	constructor(options: ModelOptions) {
		this.#reading = new Reading(options.script ?? {});
		this.#log = options.log;
		this.#answers = options.answers;
		this.#keep = options.keep ?? KEEP;
	}

	setScript(script: Script): void {
		this.#reading = new Reading(script);
	}

	get spent(): number {
		return this.#spent;
	}

	release(hold: string): void {
		this.#hold(hold).resolve();
	}

	#hold(name: string): PromiseWithResolvers<void> {
		const hold = this.#holds.get(name) ?? Promise.withResolvers<void>();
		this.#holds.set(name, hold);
		return hold;
	}

	async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const path = new URL(request.url ?? "/", `http://${HOST}`).pathname;
		const body = await bodyOf(request);
		if (request.method === "POST" && path.endsWith("/chat/completions"))
			return this.#complete(JSON.parse(body), response);
		if (request.method === "POST" && path === "/__script") {
			this.setScript(JSON.parse(body));
			return sendJson(response, 200, { ok: true });
		}
		if (path.endsWith("/models")) return sendJson(response, 200, { object: "list", data: this.#models() });
		if (path === "/__requests") return sendJson(response, 200, this.requests);
		if (path === "/__state") return sendJson(response, 200, { served: this.#served, calls: this.#reading.calls });
		sendJson(response, 404, { error: { message: `no route ${request.method} ${path}` } });
	}

	#models(): unknown[] {
		return Object.keys(this.#reading.script.agents ?? { fake: [] }).map((id) => ({ id, object: "model" }));
	}

	async #complete(body: unknown, response: ServerResponse): Promise<void> {
		const asked = describeRequest(body, this.#reading.script.agents);
		const { step, from } = this.#reading.choose(asked);
		const n = ++this.#served;
		const { expect } = step;
		const checked = expect === undefined ? {} : { expectOk: asked.last.includes(expect) };
		const answer = answerOf(step, asked, n);
		const usage = step.error === undefined ? { usage: answer.usage } : {};
		this.#record({ n, at: Date.now(), from, ...asked, ...checked, ...usage });
		if (step.delayMs !== undefined) await sleep(step.delayMs);
		if (step.hold !== undefined) await Promise.race([this.#hold(step.hold).promise, goneFrom(response)]);
		if (step.error !== undefined && !response.destroyed) {
			this.#ended({ n, model: asked.model, end: "refused", tokens: 0 });
			return sendError(response, step.error);
		}
		const sent = response.destroyed ? NOTHING : await this.#send(response, step, answer, asked);
		// Nothing more comes, and only the client's own patience ends it.
		if (step.hang === true && !response.destroyed) await goneFrom(response);
		const { prompt_tokens, completion_tokens, total_tokens } = answer.usage;
		if (sent.whole) this.#spent += total_tokens;
		const part = Math.min(completion_tokens, Math.ceil((sent.chunks * (step.chunkChars ?? CHUNK)) / 4));
		const tokens = sent.whole ? total_tokens : prompt_tokens + part;
		this.#ended({ n, model: asked.model, end: sent.whole ? "whole" : "cut", tokens });
	}

	async #send(response: ServerResponse, step: Step, answer: Answer, asked: Asked): Promise<Sent> {
		if (asked.stream) return sendStream(response, step, answer, asked.wantsUsage);
		// A client that does not stream gets its hang too.
		if (step.hang === true) return NOTHING;
		sendJson(response, 200, whole(answer));
		return { whole: true, chunks: 1 };
	}

	#ended(ended: Ended): void {
		if (this.#answers !== undefined) appendFileSync(this.#answers, `${JSON.stringify(ended)}\n`, { mode: 0o600 });
	}

	#record(served: Served): void {
		this.requests.push(served);
		if (this.requests.length > this.#keep) this.requests.shift();
		if (this.#log !== undefined) appendFileSync(this.#log, `${JSON.stringify(served)}\n`, { mode: 0o600 });
	}
}

async function listen(server: Server, port: number): Promise<number> {
	await new Promise<void>((resolve, reject) => {
		server.once("error", reject);
		server.listen(port, HOST, resolve);
	});
	const address = server.address();
	return typeof address === "object" && address !== null ? address.port : port;
}

export async function startModel(options: ModelOptions = {}): Promise<Model> {
	const conversation = new Conversation(options);
	const sockets = new Set<Socket>();
	const server = createServer((request, response) => {
		conversation.answer(request, response).catch((thrown: unknown) => {
			const message = thrown instanceof Error ? thrown.message : String(thrown);
			if (response.headersSent) response.destroy();
			else sendJson(response, 400, { error: { message, type: "invalid_request_error" } });
		});
	});
	server.on("connection", (socket) => {
		sockets.add(socket);
		socket.on("close", () => sockets.delete(socket));
	});
	const port = await listen(server, options.port ?? 0);
	return {
		port,
		url: `http://${HOST}:${port}/v1`,
		requests: conversation.requests,
		get spent() {
			return conversation.spent;
		},
		release: (hold) => conversation.release(hold),
		setScript: (script) => conversation.setScript(script),
		async close() {
			// Hanging answers never end by themselves.
			for (const socket of sockets) socket.destroy();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}
