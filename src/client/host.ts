/**
 * A session's connection to the host of its machine: calls with answers, and what the host pushes. It lives through a
 * host that restarts: calls without an answer are asked again with the same key, and a call that finds no host waits a
 * while before it says so. Nothing here keeps a process alive but the open socket: `release` or `close` ends it.
 */
import type { Static, TSchema } from "@sinclair/typebox";
import type { Budget } from "../contract/budgets.ts";
import type { Lieutenant } from "../contract/lieutenants.ts";
import type { Caller, Hello, HostAnswer, HostFrame, Notice, Push } from "../contract/link.ts";
import { PROTOCOL } from "../contract/link.ts";
import type { Operation } from "../contract/operation.ts";
import { Fault, fault, reason } from "../errors.ts";
import type { Connection, Timer, World } from "../world.ts";
import { createCalls, type HostCallOptions } from "./calls.ts";
import { checkProtocol, faultOf } from "./refusal.ts";
import { isRecord } from "./request.ts";

export type Lease = Extract<Push, { type: "lease" }>;

export type HostState =
	| { readonly type: "connecting" }
	| { readonly type: "connected"; readonly host: string; readonly version: string; readonly tokenHash?: string }
	/** No connection now; it is tried again, with growing pauses. */
	| { readonly type: "away"; readonly why: Fault }
	| { readonly type: "closed" };

/** Who listens late hears first what stands: the state, the lease, all lieutenants, unacknowledged notices. */
export interface HostListener {
	onState?(state: HostState): void;
	onLease?(lease: Lease): void;
	onNotice?(notice: Notice): void;
	/** Whole rows of those that changed; with `all`, these are all there are. */
	onLieutenants?(changed: readonly Lieutenant[], all: boolean): void;
	/** How this fleet's money stands. */
	onBudget?(budget: Budget): void;
}

export interface HostClientOptions {
	readonly world: World;
	readonly caller: Caller;
	/** This package's version. */
	readonly version: string;
	/**
	 * Gives the socket's address, `unix:/path`; asked before each connection. `revive` until the first one stood: only a
	 * beginning session may start a host, or one that a person has stopped would come back.
	 */
	findHost(revive: boolean): Promise<string>;
}

export interface HostClient {
	readonly state: HostState;
	/** This session's name, generation and hub token; undefined until the host has given them. */
	readonly lease: Lease | undefined;
	/** Tells a host on another machine where the hub is reached from there. */
	tellHub(url: string): void;
	/** Gives it what its lieutenants need to reach their models; it keeps that in memory alone. */
	tellKeys(env: Readonly<Record<string, string>>): void;
	/** Rows as last pushed, by id. */
	readonly lieutenants: ReadonlyMap<string, Lieutenant>;
	/** This fleet's money as last pushed. */
	readonly budget: Budget | undefined;
	/** Notices that this session has not acknowledged, by id, oldest first. */
	readonly notices: ReadonlyMap<string, Notice>;
	/** Begins; calls made before wait for it. */
	connect(): void;
	/** Throws a `Fault`: the host's refusal, or `host_unreachable`. */
	call<I extends TSchema, O extends TSchema>(
		operation: Operation<I, O>,
		input: Static<I>,
		options?: HostCallOptions,
	): Promise<Static<O>>;
	acknowledge(notices: readonly string[]): void;
	/** Returns the function that stops listening. */
	listen(listener: HostListener): () => void;
	/** Gives up this session's name, then closes: at session_shutdown. */
	release(): void;
	close(): void;
}

/** Pauses before connecting again, in ms; the last one repeats. */
const PAUSES = [100, 200, 400, 800, 1_500, 3_000, 5_000] as const;
/** A host counts a session as gone after 30 s without a frame. */
const BEAT = 10_000;
const CONNECT_TIMEOUT = 2_000;
const HELLO_TIMEOUT = 5_000;

export function createHostClient(options: HostClientOptions): HostClient {
	const { world, caller } = options;
	const listeners = new Set<HostListener>();
	const lieutenants = new Map<string, Lieutenant>();
	const notices = new Map<string, Notice>();
	let state: HostState = { type: "connecting" };
	let lease: Lease | undefined;
	let budget: Budget | undefined;
	let connection: Connection | undefined;
	let begun = false;
	let everStood = false;
	/** The first rows of a connection are all there are: what is missing among them has ended meanwhile. */
	let rowsKnown = false;
	let failures = 0;
	let retry: Timer | undefined;
	let beat: Timer | undefined;

	const send = (frame: HostFrame): boolean => connection?.send(JSON.stringify(frame)) ?? false;
	const calls = createCalls({
		world,
		send,
		acting: () => lease && { name: lease.name, generation: lease.generation },
		why: () => (state.type === "away" ? state.why : fault("host_unreachable", "it has not answered yet")),
	});

	const tell = (say: (listener: HostListener) => void): void => {
		for (const listener of [...listeners]) say(listener);
	};
	const become = (next: HostState): void => {
		state = next;
		tell((listener) => listener.onState?.(next));
	};

	const open = async (): Promise<void> => {
		const address = await options.findHost(!everStood);
		const opened = await world.sockets.connect(address, { timeout: CONNECT_TIMEOUT });
		if (state.type === "closed") {
			opened.close();
			return;
		}
		connection = opened;
		const silence = world.clock.after(HELLO_TIMEOUT, () => drop(opened, fault("host_unreachable", "it says nothing")));
		opened.onMessage((text) => {
			silence.cancel();
			if (connection === opened) receive(opened, text);
		});
		opened.onClose((why) => {
			silence.cancel();
			drop(opened, fault("host_unreachable", why === "" ? "its socket closed" : why));
		});
		const { version } = options;
		opened.send(JSON.stringify({ type: "hello", protocol: PROTOCOL, version, caller } satisfies Hello));
	};

	const connect = (): void => {
		open().catch((error: unknown) => {
			const known = error instanceof Fault && error.code !== "not_connected";
			lost(known ? error : fault("host_unreachable", reason(error)));
		});
	};

	const drop = (which: Connection, why: Fault): void => {
		if (connection !== which) return;
		connection = undefined;
		which.close();
		lost(why);
	};

	const lost = (why: Fault): void => {
		if (state.type === "closed") return;
		beat?.cancel();
		become({ type: "away", why });
		calls.pause();
		// Another protocol does not heal by waiting.
		if (why.code === "update_needed") calls.refuseAll(why);
		retry = world.clock.after(PAUSES[Math.min(failures++, PAUSES.length - 1)] ?? BEAT, connect);
	};

	const receive = (from: Connection, text: string): void => {
		const frame = parse(text);
		if (frame === undefined) drop(from, fault("host_unreachable", "what answers there is no host"));
		else if (frame.type === "hello") welcome(from, frame);
		else if (frame.type === "answer") calls.answer(frame.id, frame.output);
		else if (frame.type === "steps") calls.steps(frame.id, frame.steps);
		else if (frame.type === "refusal") calls.refuse(frame.id, faultOf(500, frame.error, "a call"));
		else learn(frame);
	};

	const welcome = (from: Connection, hello: Hello): void => {
		try {
			checkProtocol("The host of this machine", hello.protocol);
		} catch (error) {
			drop(from, error instanceof Fault ? error : fault("internal"));
			return;
		}
		everStood = true;
		failures = 0;
		rowsKnown = false;
		const { host = "", version, tokenHash } = hello;
		become({ type: "connected", host, version, ...(tokenHash === undefined ? {} : { tokenHash }) });
		// An orchestrator's calls wait for its lease, for they carry its generation.
		if (caller.type !== "orchestrator") calls.begin();
		else beat = world.clock.every(BEAT, () => send({ type: "beat" }));
	};

	const learn = (push: Push): void => {
		switch (push.type) {
			case "lease":
				lease = push;
				tell((listener) => listener.onLease?.(push));
				calls.begin();
				break;
			case "notice":
				notices.set(push.notice.id, push.notice);
				tell((listener) => listener.onNotice?.(push.notice));
				break;
			case "budget":
				budget = push.budget;
				tell((listener) => listener.onBudget?.(push.budget));
				break;
			case "lieutenants": {
				const all = !rowsKnown;
				rowsKnown = true;
				if (all) lieutenants.clear();
				for (const row of push.lieutenants) lieutenants.set(row.id, row);
				tell((listener) => listener.onLieutenants?.(push.lieutenants, all));
			}
		}
	};

	const close = (): void => {
		if (state.type === "closed") return;
		become({ type: "closed" });
		calls.refuseAll(fault("host_unreachable", "this session has left it"));
		retry?.cancel();
		beat?.cancel();
		connection?.close();
		connection = undefined;
		listeners.clear();
	};

	return {
		get state() {
			return state;
		},
		get lease() {
			return lease;
		},
		get budget() {
			return budget;
		},
		lieutenants,
		notices,
		connect() {
			if (begun) return;
			begun = true;
			connect();
		},
		async call(operation, input, callOptions = {}) {
			if (state.type === "closed") throw fault("host_unreachable", "this session has left it");
			if (state.type === "away" && state.why.code === "update_needed") throw state.why;
			const timeout = callOptions.timeout ?? operation.patience;
			return (await calls.make(operation, input, { ...callOptions, timeout })) as Static<(typeof operation)["output"]>;
		},
		tellHub: (url) => void send({ type: "hub", url }),
		tellKeys: (env) => void send({ type: "keys", env }),
		acknowledge(ids) {
			for (const id of ids) notices.delete(id);
			// Not sent is not lost: the host keeps them, and pushes them again to the next connection.
			if (ids.length > 0) send({ type: "acknowledge", notices: ids });
		},
		listen(listener) {
			listeners.add(listener);
			listener.onState?.(state);
			if (lease !== undefined) listener.onLease?.(lease);
			if (rowsKnown) listener.onLieutenants?.([...lieutenants.values()], true);
			for (const notice of notices.values()) listener.onNotice?.(notice);
			return () => {
				listeners.delete(listener);
			};
		},
		release() {
			send({ type: "release" });
			close();
		},
		close,
	};
}

function parse(text: string): HostAnswer | undefined {
	try {
		const frame: unknown = JSON.parse(text);
		return isRecord(frame) && typeof frame.type === "string" ? (frame as unknown as HostAnswer) : undefined;
	} catch {
		// Not JSON: whoever answers there is no host of ours.
		return undefined;
	}
}
