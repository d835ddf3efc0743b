/** What the platform's API is made of: routes, calls, refusals, and answers written to the last byte as they are. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Strike } from "./faults.ts";
import { type Answer, errors } from "./fixture.ts";

/** An answer that is thrown: the call ends with it. */
export class Refusal extends Error {
	readonly answer: Answer;

	constructor(answer: Answer) {
		super(`${answer.status} ${answer.body}`);
		this.answer = answer;
	}
}

/** Lines, each ended by a newline, for as long as there are any. */
export interface Stream {
	readonly lines: AsyncIterable<string>;
}

/** One call, understood. Asking for a part that the path does not have is an error of the route. */
export class Call {
	readonly op: string;
	readonly strike: Strike;
	readonly query: URLSearchParams;
	readonly #params: Readonly<Record<string, string>>;
	readonly #body: string;

	constructor(
		op: string,
		strike: Strike,
		query: URLSearchParams,
		params: Readonly<Record<string, string>>,
		body: string,
	) {
		this.op = op;
		this.strike = strike;
		this.query = query;
		this.#params = params;
		this.#body = body;
	}

	param(name: string): string {
		const value = this.#params[name];
		if (value === undefined) throw new Error(`${this.op} has no ${name} in its path.`);
		return value;
	}

	flag(name: string): boolean {
		return this.query.get(name) === "true";
	}

	/** A whole number of the query, from `least` up. */
	number(name: string, fallback: number, least = 0): number {
		const text = this.query.get(name);
		if (text === null) return fallback;
		const value = Number(text);
		if (!Number.isInteger(value) || value < least) throw new Refusal(errors.invalid(`invalid ${name}: ${text}`));
		return value;
	}

	get body(): Body {
		return new Body(parse(this.#body));
	}

	/** Of a route that works without one too. */
	get optionalBody(): Body {
		return this.#body === "" ? new Body({}) : this.body;
	}
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
	typeof value === "object" && value !== null && !Array.isArray(value);

function parse(text: string): Readonly<Record<string, unknown>> {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		// Empty or no JSON: the platform has one answer for both.
		throw new Refusal(errors.notJson);
	}
	if (!isRecord(value)) throw new Refusal(errors.wrongType("invalid type, expected struct"));
	return value;
}

const wrong = (name: string, wanted: string): Refusal =>
	new Refusal(errors.wrongType(`${name}: invalid type, expected ${wanted}`));

/** Fields of a body, each of the type that is asked for, or 422. */
export class Body {
	readonly value: Readonly<Record<string, unknown>>;

	constructor(value: Readonly<Record<string, unknown>>) {
		this.value = value;
	}

	#read<T>(name: string, wanted: string, is: (value: unknown) => value is T): T | undefined {
		const value = this.value[name];
		if (value === undefined || value === null) return undefined;
		if (!is(value)) throw wrong(name, wanted);
		return value;
	}

	text(name: string): string | undefined {
		return this.#read(name, "a string", (value) => typeof value === "string");
	}

	/** Never negative: the platform's are unsigned. */
	number(name: string): number | undefined {
		return this.#read(name, "u32", (value): value is number => Number.isInteger(value) && Number(value) >= 0);
	}

	flag(name: string): boolean | undefined {
		return this.#read(name, "a boolean", (value) => typeof value === "boolean");
	}

	texts(name: string): readonly string[] | undefined {
		return this.#read(
			name,
			"a sequence of strings",
			(value): value is string[] => Array.isArray(value) && value.every((item) => typeof item === "string"),
		);
	}

	map(name: string): Readonly<Record<string, string>> | undefined {
		return this.#read(
			name,
			"a map of strings",
			(value): value is Readonly<Record<string, string>> =>
				isRecord(value) && Object.values(value).every((item) => typeof item === "string"),
		);
	}

	within(name: string): Body | undefined {
		const value = this.#read(name, "struct", isRecord);
		return value === undefined ? undefined : new Body(value);
	}

	/** A field that has to be there. */
	need<T>(name: string, value: T | undefined): T {
		if (value === undefined) throw new Refusal(errors.wrongType(`missing field \`${name}\``));
		return value;
	}
}

export interface Route {
	readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
	/** `:name` stands for one part; a name that ends with `id` takes a UUID only. */
	readonly path: string;
	readonly op: string;
	readonly run: (call: Call) => Promise<Answer | Stream> | Answer | Stream;
}

export interface Found {
	readonly route: Route;
	readonly params: Readonly<Record<string, string>>;
}

function match(route: Route, parts: readonly string[]): Found | undefined {
	const wanted = route.path.split("/").slice(1);
	if (wanted.length !== parts.length) return undefined;
	const params: Record<string, string> = {};
	for (const [at, want] of wanted.entries()) {
		const part = parts[at] ?? "";
		if (want.startsWith(":")) params[want.slice(1)] = part;
		else if (want !== part) return undefined;
	}
	return { route, params };
}

function decode(part: string): string {
	try {
		return decodeURIComponent(part);
	} catch {
		// No escapes after all: as it stands, it is no name that anything has.
		return part;
	}
}

export function find(routes: readonly Route[], method: string, path: string): Found | undefined {
	const parts = path.split("/").slice(1).map(decode);
	for (const route of routes) {
		const found = route.method === method ? match(route, parts) : undefined;
		if (found !== undefined) return found;
	}
	return undefined;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** 400 for an id that is none, before anything else is looked at. */
export function checkIds({ params }: Found): void {
	for (const [name, value] of Object.entries(params)) {
		if (name.endsWith("id") && !UUID.test(value)) throw new Refusal(errors.badId(value));
	}
}

export async function readBody(request: IncomingMessage): Promise<string> {
	const chunks: Buffer[] = [];
	for await (const chunk of request) chunks.push(Buffer.from(chunk));
	return Buffer.concat(chunks).toString("utf8");
}

export function writeAnswer(response: ServerResponse, { status, kind, body, retryAfter }: Answer): void {
	response.statusCode = status;
	if (kind !== "none") response.setHeader("content-type", kind);
	if (retryAfter !== undefined) response.setHeader("retry-after", String(retryAfter));
	response.end(body);
}

/** With `cut`, the link breaks after so many bytes of the body, inside a line or a character as it falls. */
export async function writeStream(response: ServerResponse, { lines }: Stream, cut?: number): Promise<void> {
	response.writeHead(200, { "content-type": "application/x-ndjson" });
	response.flushHeaders();
	let left = cut ?? Number.POSITIVE_INFINITY;
	for await (const line of lines) {
		if (response.destroyed) return;
		const bytes = Buffer.from(line);
		const part = bytes.subarray(0, Math.min(left, bytes.length));
		left -= part.length;
		await new Promise<void>((resolve) => response.write(part, () => resolve()));
		if (left > 0) continue;
		response.destroy();
		return;
	}
	response.end();
}
