/**
 * The hub in the simulation: its real database, writer, idempotency keys, tokens, handlers, claims and links of hosts.
 * Only what carries a request is a stand-in: instead of fastify and WebSockets on a port, a route table made from the
 * same contract and the simulated links. It does what `src/hub/http/app.ts` does around a handler, in the same order.
 */
import type { WebSocket } from "ws";
import { createClient } from "../../src/client/client.ts";
import { type Http, type HttpRequest, type HttpResponse, Unreached } from "../../src/client/http.ts";
import * as board from "../../src/contract/board.ts";
import * as budgets from "../../src/contract/budgets.ts";
import * as claims from "../../src/contract/claims.ts";
import { PROTOCOL } from "../../src/contract/link.ts";
import type { AnyOperation } from "../../src/contract/operation.ts";
import { Fault, fault, reason } from "../../src/errors.ts";
import { createSessions } from "../../src/hub/access/sessions.ts";
import { NO_SCHEDULE } from "../../src/hub/backups/rules.ts";
import { expireClaims } from "../../src/hub/board/claims.ts";
import { KINDS } from "../../src/hub/board/kinds.ts";
import { proofOf } from "../../src/hub/board/proof.ts";
import { type BudgetRules, NO_BUDGETS } from "../../src/hub/budgets/accounts.ts";
import { type Context, STRICT } from "../../src/hub/context.ts";
import { createDatabase, openStorage } from "../../src/hub/database/database.ts";
import { createPublisher } from "../../src/hub/feed/event.ts";
import { createFeed } from "../../src/hub/feed/feed.ts";
import type { Handler } from "../../src/hub/handle.ts";
import { createLinks } from "../../src/hub/hosts/links.ts";
import { authorOf, callerOf, checkRole, shakesHands } from "../../src/hub/http/callers.ts";
import { createTurnstile, LIMITS } from "../../src/hub/http/limits.ts";
import { shapeOf } from "../../src/hub/http/shape.ts";
import { attentive } from "../../src/hub/hub.ts";
import { createIds } from "../../src/hub/ids.ts";
import { keyOf, once } from "../../src/hub/keys/keys.ts";
import { loadModules, type Modules } from "../../src/hub/modules.ts";
import { createTokens } from "../../src/hub/tokens/tokens.ts";
import { realWorld } from "../../src/world/real.ts";
import type { Connection } from "../../src/world.ts";
import { Body, NoSpace } from "./body.ts";
import type { Chance } from "./chance.ts";
import type { Board, Machine } from "./machine.ts";

export const HUB_URL = "http://hub";
export const ADMIN = "a-token-of-the-person";
const LINK = "ws://hub/hosts/link";
const VERSION = "0.1.0";

interface Route {
	readonly handler: Handler;
	readonly pattern: RegExp;
	readonly shape: ReturnType<typeof shapeOf>;
}

let loaded: { readonly modules: Modules; readonly routes: readonly Route[] } | undefined;

/** Reads the hub's folders once for all runs. */
export async function loadHub(): Promise<void> {
	if (loaded !== undefined) return;
	const modules = await loadModules(realWorld());
	loaded = { modules, routes: modules.handlers.map(routeOf) };
}

const routeOf = (handler: Handler): Route => ({
	handler,
	pattern: new RegExp(`^${handler.operation.path.replaceAll(/:(\w+)/g, "(?<$1>[^/]+)")}$`),
	shape: shapeOf(handler.operation),
});

/** The hub's process: killed at any call, started again by its loop. */
export class SimHub implements Board {
	readonly tasks: string[] = [];
	readonly #machine: Machine;
	readonly #chance: Chance;
	readonly #complain: (what: string) => void;
	readonly #rules: BudgetRules;
	#body: Body | undefined;
	#context: Context | undefined;
	/** Virtual time before which the loop does not start it. */
	#downUntil = 0;

	constructor(machine: Machine, chance: Chance, complain: (what: string) => void, rules: BudgetRules = NO_BUDGETS) {
		this.#rules = rules;
		this.#machine = machine;
		this.#chance = chance;
		this.#complain = complain;
		this.#start();
	}

	get body(): Body | undefined {
		return this.#body;
	}

	/** Ends it for a while. */
	down(ms: number): void {
		this.#downUntil = this.#machine.time.elapsed + ms;
		this.#body?.kill();
	}

	/** The way of one process to this hub. */
	http(body: Body): Http {
		return { exchange: (request) => this.#exchange(body, request), close: () => undefined };
	}

	/** Tasks for whoever comes first. */
	async fill(person: Body, count: number): Promise<void> {
		const client = this.#clientOf(person);
		for (let n = 1; n <= count; n++) this.tasks.push((await client.call(board.create, { title: `task ${n}` })).id);
	}

	/** A person takes away what holds this fleet, and these of its lieutenants. */
	async liftBudgets(person: Body, fleet: string, lieutenants: readonly string[]): Promise<void> {
		const client = this.#clientOf(person);
		const wanted = [{ fleet }, ...lieutenants.map((lieutenant) => ({ fleet, lieutenant }))];
		for (const [n, one] of wanted.entries()) {
			const key = `more-${n}`;
			while (!(await answered(client.call(budgets.set, { ...one, usd: 1_000 }, { key }))));
		}
	}

	#clientOf(person: Body) {
		return createClient({
			world: person.world,
			version: VERSION,
			timeout: 600_000,
			http: this.http(person),
			resolve: () => ({ url: HUB_URL, token: ADMIN }),
		});
	}

	async claim(token: string, task: string): Promise<boolean> {
		return (await this.#ask(token, claims.claim, { id: task, ttl: 30 })) === "done";
	}

	async release(token: string, task: string): Promise<void> {
		await this.#ask(token, claims.release, { id: task });
	}

	/** As an agent's tool asks: with patience for a hub that is away, and no more than that. */
	async #ask(token: string, operation: AnyOperation, input: unknown): Promise<"done" | "refused"> {
		const agent = new Body(this.#machine, "an agent", this.#chance.fork());
		const resolve = () => ({ url: HUB_URL, token, introduced: true });
		const client = createClient({ world: agent.world, version: VERSION, http: this.http(agent), resolve });
		try {
			await client.call(operation, input as never);
			return "done";
		} catch (thrown) {
			if (thrown instanceof Fault) return "refused";
			throw thrown;
		}
	}

	#start(): void {
		const { time } = this.#machine;
		const body = new Body(this.#machine, `hub at ${Math.round(time.elapsed)}`, this.#chance.fork());
		this.#body = body;
		body.onDeath(() => {
			this.#context = undefined;
			const pause = Math.max(this.#chance.between(30, 3_000), this.#downUntil - time.elapsed);
			time.after(pause, () => this.#start());
		});
		try {
			this.#context = this.#open(body);
		} catch (thrown) {
			body.thrown(thrown);
		}
	}

	/** `serve` of `src/hub/hub.ts`, without a port. */
	#open(body: Body): Context {
		if (loaded === undefined) throw new Error("loadHub comes first");
		const { world } = body;
		const complain = (what: string): void => {
			if (!body.dead) this.#complain(`the hub: ${what}`);
		};
		const storage = openStorage(world, "/home/hub", loaded.modules.schemas);
		const last = storage.reading.get<{ id: string | null }>("select max(id) as id from feed")?.id ?? undefined;
		const ids = createIds(world, last);
		const feed = createFeed(storage.reading);
		const publisher = createPublisher(world, ids);
		const database = createDatabase({ world, storage, publisher, deliver: feed.deliver });
		const tokens = createTokens({ world, reader: storage.reading, adminTokens: [ADMIN] });
		const sessions = createSessions(storage.reading, tokens.isLive);
		const links = createLinks({ world, version: VERSION, database, complain });
		const awake = attentive(world, database, complain);
		const context: Context = {
			...{
				world,
				version: VERSION,
				database,
				ids,
				feed,
				tokens,
				sessions,
				links,
				turnstile: createTurnstile(world, LIMITS),
				rules: STRICT,
				budgets: this.#rules,
			},
			...{ awake, complain, kinds: KINDS, backups: NO_SCHEDULE, publicUrl: () => "http://hub" },
		};
		tokens.onRevoked((revoked) => links.revoke(revoked));
		world.clock.every(5_000, () => {
			awake();
			expireClaims(database, world.clock.now()).catch((thrown) => complain(`housekeeping: ${reason(thrown)}`));
		});
		this.#machine.sockets.listen(body, LINK, (connection, headers) => {
			const socket = socketOf(connection);
			try {
				const caller = callerOf({ hub: context, open: false }, { headers, method: "UPGRADE" });
				if (caller.role !== "host") throw fault("forbidden", caller.role, "link as a host");
				links.accept(socket, caller);
			} catch (thrown) {
				connection.close(reason(thrown));
			}
		});
		return context;
	}

	/** There, answered, and back: each way takes its time, and either end may be gone by then. */
	async #exchange(body: Body, request: HttpRequest): Promise<HttpResponse> {
		body.step();
		const { sockets } = this.#machine;
		const way = (): Promise<void> => body.answer(sockets.under(), () => undefined);
		await way();
		const context = this.#context;
		if (context === undefined) throw new Unreached("ECONNREFUSED", false);
		const lost = new Promise<never>((_, reject) => {
			const end = (): void => reject(request.signal.reason);
			if (request.signal.aborted) end();
			else request.signal.addEventListener("abort", end, { once: true });
		});
		const keyed = request.headers["idempotency-key"] !== undefined;
		// Asked again before the first answer came: who lost a connection does so.
		const times = sockets.weather.twice && keyed ? 2 : 1;
		const answers = Array.from({ length: times }, () => this.#answer(context, request));
		const answer = await Promise.race([answers[0] ?? this.#answer(context, request), lost]);
		await Promise.race([way(), lost]);
		if (answer === undefined || this.#context !== context) throw new Unreached("ECONNRESET", true);
		return answer;
	}

	/** Undefined when the hub died over it. */
	async #answer(context: Context, request: HttpRequest): Promise<HttpResponse | undefined> {
		const body = this.#body;
		try {
			const { status, output } = await handle(context, request);
			return responseOf(status, output);
		} catch (thrown) {
			if (body?.dead === true) return undefined;
			const full = thrown instanceof NoSpace || (thrown instanceof Error && thrown.cause instanceof NoSpace);
			const known = thrown instanceof Fault ? thrown : full ? fault("storage_failed", reason(thrown)) : undefined;
			if (known === undefined) context.complain(thrown instanceof Error ? `${thrown.stack}` : String(thrown));
			const refusal = known ?? fault("internal");
			return responseOf(refusal.status, refusal.toJSON());
		}
	}
}

async function handle(hub: Context, request: HttpRequest): Promise<{ status: number; output: unknown }> {
	const { headers } = request;
	const [path = "", search] = request.path.split("?", 2);
	const route = loaded?.routes.find(
		({ handler, pattern }) => handler.operation.method === request.method && pattern.test(path),
	);
	if (route === undefined) throw fault("not_found", path);
	const { handler, shape, pattern } = route;
	const { operation } = handler;
	const modern = shakesHands(headers);
	const caller = callerOf({ hub, open: false }, request);
	checkRole(operation, caller);
	const body = JSON.parse(request.body ?? "{}") as Record<string, unknown>;
	const input = shape.read(pattern.exec(path)?.groups ?? {}, Object.fromEntries(new URLSearchParams(search)), body);
	if (handler.type === "read") {
		const now = hub.world.clock.now();
		return { status: operation.status, output: await handler.run({ input, caller, db: hub.database.read, now, hub }) };
	}
	if (handler.type !== "write") throw fault("not_found", path);
	const author = authorOf(operation, caller, body, { tokens: hub.tokens, modern });
	const header = handler.secret === true ? undefined : headers["idempotency-key"];
	const key = keyOf(caller.id, operation.name, header, input);
	const task = handler.proves?.(input);
	const proof = task === undefined ? undefined : await proofOf(hub, caller, task);
	hub.awake();
	const output = await hub.database.write((tx) => {
		const at = hub.world.clock.now();
		return once(tx, key, at, () => {
			const stamp = { id: hub.ids.next(), timestamp: new Date(at).toISOString(), at };
			return handler.run({ input, author, caller, tx, stamp, hub, proof });
		});
	});
	return { status: operation.status, output };
}

/** False when the hub was away. */
async function answered(asked: Promise<unknown>): Promise<boolean> {
	try {
		await asked;
		return true;
	} catch (thrown) {
		if (thrown instanceof Fault && thrown.code === "hub_away") return false;
		throw thrown;
	}
}

const responseOf = (status: number, output: unknown): HttpResponse => ({
	status,
	headers: { "x-flagship-protocol": String(PROTOCOL), "content-type": "application/json" },
	body: (async function* () {
		yield JSON.stringify(output ?? null);
	})(),
});

/** What the links of hosts use of a WebSocket. */
function socketOf(connection: Connection): WebSocket {
	const state = { readyState: 1 };
	connection.onClose(() => {
		state.readyState = 3;
	});
	const socket = {
		OPEN: 1,
		get readyState() {
			return state.readyState;
		},
		on(event: string, run: (data: unknown) => void) {
			if (event === "message") connection.onMessage((text) => run(text));
			else if (event === "close") connection.onClose((why) => run(why));
			return socket;
		},
		send: (text: string) => void connection.send(text),
		close: (_code: number, why: string) => connection.close(why),
		terminate: () => connection.close("terminated"),
	};
	return socket as unknown as WebSocket;
}

/** What the hub can be asked: what a host keeps for it is sent by these. */
export const operationsOfHub = (): readonly AnyOperation[] => loaded?.modules.operations ?? [];
