/**
 * The hub, typed by the contract: `client.call(log.append, { text })` answers a `LogEntry`. A mutation carries one key
 * for as long as its call lasts, so asking again after a lost answer is safe; the address is looked up again whenever a
 * connection fails, so a hub that came back on another port is found.
 */
import type { Static, TSchema } from "@sinclair/typebox";
import { PROTOCOL } from "../contract/link.ts";
import type { AnyOperation, Operation } from "../contract/operation.ts";
import { Fault, fault } from "../errors.ts";
import type { World } from "../world.ts";
import { type Http, realHttp, Unreached } from "./http.ts";
import { checkProtocol, faultOf } from "./refusal.ts";
import { isMutation, type WireRequest, wireRequest } from "./request.ts";
import { readBody, type SubscribeOptions, type Subscription, subscribe } from "./stream.ts";
import { DeadlinePassed, sleep, startDeadline, untilAborted } from "./time.ts";

export interface HubAddress {
	/** `http://…`, `https://…`, or `unix:/path`. */
	readonly url: string;
	readonly token?: string | undefined;
	/** A host makes this token known to the hub, perhaps only now: a refusal of it may just be early. */
	readonly introduced?: boolean | undefined;
}

/** Where the hub is now. Asked before the first call and after every failed connection. */
export type Resolve = () => HubAddress | undefined | Promise<HubAddress | undefined>;

export interface ClientOptions {
	readonly world: World;
	readonly resolve: Resolve;
	/** This package's version, told to the hub. */
	readonly version: string;
	/** Milliseconds for a whole call, retries included; default 2,500: a tool answers within 3 s though the hub is away. */
	readonly timeout?: number;
	/** For tests and the simulation. */
	readonly http?: Http;
}

export interface CallOptions {
	readonly signal?: AbortSignal | undefined;
	/** Idempotency key of a mutation; one is made when absent. */
	readonly key?: string | undefined;
	/** Milliseconds for the whole call. */
	readonly timeout?: number | undefined;
}

export interface Client {
	/** Throws a `Fault`: the hub's refusal, or `hub_away` when nobody answered in time. */
	call<I extends TSchema, O extends TSchema>(
		operation: Operation<I, O>,
		input: Static<I>,
		options?: CallOptions,
	): Promise<Static<O>>;
	/** Reads an operation that `answers: "stream"`, and goes on after the last event seen whenever the stream breaks. */
	subscribe<I extends TSchema, O extends TSchema>(
		operation: Operation<I, O>,
		input: Static<I>,
		options: SubscribeOptions<Static<O>>,
	): Subscription;
	/** Ends idle connections; later calls open new ones. */
	close(): void;
}

/** Milliseconds before each new attempt after a failed connection: a hub that restarts is back within them. */
const PAUSES = [100, 300, 900] as const;

/** One logical call, through all its attempts. */
interface Asking {
	readonly wire: WireRequest;
	readonly key: string | undefined;
	/** A hub may have seen it. */
	sent: boolean;
	/** Whom it asked last, and as whom. */
	address?: HubAddress;
	/** By the monotonic clock, ms: nobody waits for it beyond. */
	readonly until: number;
}

/** A key that no one else makes. */
export const newKey = (world: World): string => Buffer.from(world.random.bytes(16)).toString("hex");

export function createClient(options: ClientOptions): Client {
	const { world } = options;
	const http = options.http ?? realHttp();
	let known: HubAddress | undefined;
	/** A server that names no protocol keeps no keys: what it may have seen is not sent twice. */
	let keepsKeys = true;

	const headers = (address: HubAddress, key: string | undefined, hasBody: boolean): Record<string, string> => ({
		accept: "application/json",
		"x-flagship-protocol": String(PROTOCOL),
		"x-flagship-version": options.version,
		...(address.token === undefined ? {} : { authorization: `Bearer ${address.token}` }),
		...(key === undefined ? {} : { "idempotency-key": key }),
		...(hasBody ? { "content-type": "application/json" } : {}),
	});

	const once = async (asking: Asking, signal: AbortSignal): Promise<unknown> => {
		const { wire, key } = asking;
		known ??= await options.resolve();
		if (known === undefined) throw new Unreached("no hub is known", false);
		const { url: base } = known;
		// Of this call: another that is refused meanwhile forgets what is known.
		asking.address = known;
		const all = headers(known, key, wire.body !== undefined);
		const sentBefore = asking.sent;
		asking.sent = true;
		const response = await http.exchange({ ...wire, base, headers: all, signal }).catch((error: unknown) => {
			if (error instanceof Unreached && !error.sent) asking.sent = sentBefore;
			throw error;
		});
		keepsKeys = response.headers["x-flagship-protocol"] !== undefined;
		checkProtocol("The hub", response.headers["x-flagship-protocol"]);
		const said = await readBody(response);
		if (response.status === 429) throw new HoldOn(faultOf(429, said, `${wire.method} ${wire.path}`), response.headers);
		if (response.status >= 400) throw faultOf(response.status, said, `${wire.method} ${wire.path}`);
		return said;
	};

	/** A host that came back may have given this session another token. */
	const hasNewToken = async (asking: Asking): Promise<boolean> => {
		const before = asking.address?.token;
		if (before === undefined) return false;
		known = await options.resolve();
		return known !== undefined && known.token !== before;
	};

	const attempt = async (asking: Asking, signal: AbortSignal): Promise<unknown> => {
		for (let failures = 0; ; failures++) {
			try {
				return await once(asking, signal);
			} catch (error) {
				if (error instanceof HoldOn) {
					const left = asking.until - world.clock.elapsed();
					// Not done, and not to be asked again so soon: for whoever keeps records for a hub that is away, it is away.
					if (error.wait >= left) throw new Fault("hub_away", error.message, error.remedy);
					await sleep(world, error.wait, signal);
					continue;
				}
				const refused = error instanceof Fault && error.code === "unauthorized";
				if (refused && failures === 0 && (await hasNewToken(asking))) continue;
				const early = refused && asking.address?.introduced === true;
				if (!early && !(error instanceof Unreached)) throw error;
				const pause = PAUSES[failures];
				const mayRepeat = early || (error instanceof Unreached && !error.sent) || asking.key === undefined || keepsKeys;
				if (pause === undefined || !mayRepeat) throw early ? new NotIntroduced() : error;
				known = undefined;
				await sleep(world, pause, signal);
			}
		}
	};

	return {
		async call(operation, input, callOptions = {}) {
			const wire = wireRequest(operation, input);
			const key = isMutation(operation) ? (callOptions.key ?? newKey(world)) : undefined;
			const ms = callOptions.timeout ?? operation.patience ?? options.timeout ?? 2_500;
			const asking: Asking = { wire, key, sent: false, until: world.clock.elapsed() + ms };
			const deadline = startDeadline(world, ms, callOptions.signal);
			const address = known;
			try {
				return (await untilAborted(attempt(asking, deadline.signal), deadline.signal)) as Static<
					(typeof operation)["output"]
				>;
			} catch (error) {
				if (callOptions.signal?.aborted === true) throw callOptions.signal.reason;
				const where = (known ?? address)?.url ?? "";
				if (error instanceof NotIntroduced) throw new Fault("hub_away", notIntroduced(where));
				if (!(error instanceof Unreached || error instanceof DeadlinePassed)) throw error;
				known = undefined;
				const unknown = asking.sent && key !== undefined;
				throw unknown ? unanswered(operation, where, ms, keepsKeys) : fault("hub_away", where);
			} finally {
				deadline.cancel();
			}
		},
		subscribe: (operation, input, subscribeOptions) =>
			subscribe({ world, http, resolve: options.resolve, headers }, operation, input, subscribeOptions),
		close: () => http.close(),
	};
}

/** The hub hears it later. */
class HoldOn extends Error {
	readonly remedy: string;
	/** Milliseconds. */
	readonly wait: number;

	constructor({ message, remedy }: Fault, headers: Readonly<Record<string, string | undefined>>) {
		super(message);
		this.remedy = remedy;
		const seconds = Number(headers["retry-after"]);
		this.wait = seconds > 0 ? seconds * 1_000 : 1_000;
	}
}

/** The hub is there and our host is still on its way to it: for this session that is as good as away. */
class NotIntroduced extends Error {}

const notIntroduced = (where: string): string =>
	`The hub at ${where} does not know this session yet; the host of this machine has still to introduce it.`;

const unanswered = (operation: AnyOperation, where: string, ms: number, keepsKeys: boolean): Fault =>
	new Fault(
		"hub_away",
		`The hub${where === "" ? "" : ` at ${where}`} gave no answer within ${ms / 1000} s; whether ${operation.name} was done is not known.`,
		keepsKeys
			? "Ask again in the same words: what was done already is not done twice."
			: "Look whether it was done before you ask again: this hub does not know a repeat as one.",
	);
