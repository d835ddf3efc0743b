/**
 * Server-sent events, read without gap or repeat: after a break the stream is asked again for what follows the last
 * event seen (`Last-Event-ID`), with growing pauses. A stream holds a connection open, so whoever opens one closes it.
 */
import type { AnyOperation } from "../contract/operation.ts";
import { Fault } from "../errors.ts";
import type { Timer, World } from "../world.ts";
import type { HubAddress, Resolve } from "./client.ts";
import type { Http, HttpResponse } from "./http.ts";
import { checkProtocol, faultOf } from "./refusal.ts";
import { wireRequest } from "./request.ts";

export interface SubscribeOptions<Event> {
	/** The id after which to begin; absent: from now on. */
	readonly since?: string | undefined;
	/** `id` is the stream's name for this place in it: hand it back as `since`. */
	onEvent(event: Event, id: string | undefined): void;
	/** The stream is open, or broken with a reason and will be tried again. */
	onState?(open: boolean, why: string): void;
	/** A refusal that trying again will not mend (no right, no such stream). The subscription has ended. */
	onRefused?(refusal: Fault): void;
	readonly signal?: AbortSignal | undefined;
}

export interface Subscription {
	/** The last event's id, for a later `since`. */
	readonly last: string | undefined;
	close(): void;
}

interface Means {
	readonly world: World;
	readonly http: Http;
	readonly resolve: Resolve;
	headers(address: HubAddress, key: undefined, hasBody: false): Record<string, string>;
}

/** Pauses before trying again, in ms; the last one repeats. */
const PAUSES = [250, 500, 1_000, 2_000, 5_000, 10_000] as const;
/** Silence after which a stream counts as dead: three missed heartbeats of 15 s. */
const SILENCE = 45_000;

export function subscribe<Event>(
	means: Means,
	operation: AnyOperation,
	input: unknown,
	options: SubscribeOptions<Event>,
): Subscription {
	const { world } = means;
	let last = options.since;
	let closed = false;
	let failures = 0;
	let waiting: Timer | undefined;
	let current = new AbortController();

	const close = (): void => {
		closed = true;
		waiting?.cancel();
		current.abort();
		options.signal?.removeEventListener("abort", close);
	};

	const readOne = async (): Promise<void> => {
		const address = await means.resolve();
		if (address === undefined) throw new Error("no hub is known");
		const wire = wireRequest(operation, last === undefined ? input : { ...Object(input), since: last });
		const response = await means.http.exchange({
			base: address.url,
			method: wire.method,
			path: wire.path,
			headers: {
				...means.headers(address, undefined, false),
				accept: "text/event-stream",
				...(last === undefined ? {} : { "last-event-id": last }),
			},
			signal: current.signal,
		});
		checkProtocol("The hub", response.headers["x-flagship-protocol"]);
		if (response.status >= 400) throw faultOf(response.status, await readBody(response), wire.path);
		failures = 0;
		options.onState?.(true, "");
		await readFrames(response);
		throw new Error("the stream ended");
	};

	const readFrames = async (response: HttpResponse): Promise<void> => {
		let quiet = world.clock.after(SILENCE, () => current.abort(new Error("the stream fell silent")));
		try {
			for await (const frame of frames(response.body)) {
				quiet.cancel();
				quiet = world.clock.after(SILENCE, () => current.abort(new Error("the stream fell silent")));
				if (closed) return;
				if (frame.data === undefined) continue;
				// First what it says, then its place: a reader that throws sees the event again.
				options.onEvent(JSON.parse(frame.data) as Event, frame.id);
				last = frame.id ?? last;
			}
		} finally {
			quiet.cancel();
		}
	};

	const go = (): void => {
		current = new AbortController();
		readOne().catch((error: unknown) => {
			if (closed) return;
			if (error instanceof Fault && error.status < 500 && error.status !== 429) {
				close();
				options.onRefused?.(error);
				return;
			}
			const pause = PAUSES[Math.min(failures++, PAUSES.length - 1)] ?? 10_000;
			options.onState?.(false, error instanceof Error ? error.message : String(error));
			waiting = world.clock.after(pause * (0.5 + world.random.fraction()), go);
		});
	};

	options.signal?.addEventListener("abort", close, { once: true });
	if (options.signal?.aborted !== true) go();
	return {
		get last() {
			return last;
		},
		close,
	};
}

interface Frame {
	readonly id: string | undefined;
	readonly data: string | undefined;
}

/** Splits event-stream text into frames; a comment (heartbeat) is a frame without data. */
export async function* frames(body: AsyncIterable<string>): AsyncGenerator<Frame> {
	let rest = "";
	for await (const piece of body) {
		rest += piece;
		const parts = rest.split(/\r?\n\r?\n/);
		rest = parts.pop() ?? "";
		for (const part of parts) yield frameOf(part);
	}
}

function frameOf(text: string): Frame {
	const data: string[] = [];
	let id: string | undefined;
	for (const line of text.split(/\r?\n/)) {
		const [, name, value = ""] = /^(data|id):? ?(.*)$/.exec(line) ?? [];
		if (name === "data") data.push(value);
		if (name === "id") id = value;
	}
	return { id, data: data.length === 0 ? undefined : data.join("\n") };
}

/** The whole body: JSON where the server says so, else its text. */
export async function readBody(response: HttpResponse): Promise<unknown> {
	let text = "";
	for await (const piece of response.body) text += piece;
	if (!(response.headers["content-type"] ?? "").includes("json")) return text;
	try {
		return JSON.parse(text) as unknown;
	} catch {
		// A proxy's or a broken server's word: its text says more than a parser's complaint would.
		return text;
	}
}
