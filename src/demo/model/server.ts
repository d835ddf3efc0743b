/**
 * The scripted model as an HTTP server on loopback. Besides `/v1/chat/completions` and `/v1/models` it has `/__requests`
 * (what was asked), `/__state`, and `POST /__script` (another script from now on).
 */
import { appendFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
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

export interface ModelOptions {
	readonly script?: Script;
	/** Default: a free one. */
	readonly port?: number;
	/** A file that gets one JSON line for each request. */
	readonly log?: string;
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

/** True when a whole answer went out. */
type Sent = Promise<boolean>;

/** Sends the records one by one; false when the client went meanwhile. */
async function sendChunks(response: ServerResponse, chunks: Iterable<unknown>, pause: number): Promise<boolean> {
	for (const chunk of chunks) {
		if (response.destroyed) return false;
		response.write(`data: ${JSON.stringify(chunk)}\n\n`);
		if (pause > 0) await sleep(pause);
	}
	return !response.destroyed;
}

async function sendStream(response: ServerResponse, step: Step, answer: Answer, wantsUsage: boolean): Sent {
	const { chunkChars = CHUNK, chunkMs = 0 } = step;
	response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
	response.flushHeaders();
	if (step.hang === true) return false;
	const heard = await sendChunks(response, spoken(answer, chunkChars), chunkMs);
	if (step.cut === true) {
		response.destroy();
		return false;
	}
	if (!heard || !(await sendChunks(response, called(answer, chunkChars), chunkMs))) return false;
	if (wantsUsage) response.write(`data: ${JSON.stringify(usageChunk(answer))}\n\n`);
	response.end("data: [DONE]\n\n");
	return true;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
	const chunks: Buffer[] = [];
	for await (const chunk of request) chunks.push(chunk);
	return Buffer.concat(chunks).toString("utf8");
}

class Conversation {
	readonly requests: Served[] = [];
	readonly #log: string | undefined;
	readonly #keep: number;
	readonly #holds = new Map<string, PromiseWithResolvers<void>>();
	#reading: Reading;
	#served = 0;
	#spent = 0;

	constructor(options: ModelOptions) {
		this.#reading = new Reading(options.script ?? {});
		this.#log = options.log;
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
		if (step.hold !== undefined) await this.#hold(step.hold).promise;
		if (response.destroyed) return;
		if (step.error !== undefined) return sendError(response, step.error);
		if (await this.#send(response, step, answer, asked)) this.#spent += answer.usage.total_tokens;
	}

	async #send(response: ServerResponse, step: Step, answer: Answer, asked: Asked): Sent {
		if (asked.stream) return sendStream(response, step, answer, asked.wantsUsage);
		// A client that does not stream gets its hang too; only its own patience ends it.
		if (step.hang === true) return false;
		sendJson(response, 200, whole(answer));
		return true;
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
