/** The HTTP side of the hub: routes made from the contract, answered by the handlers that the folders hold. */
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Health } from "../../contract/hub.ts";
import { PROTOCOL } from "../../contract/link.ts";
import type { AnyOperation } from "../../contract/operation.ts";
import { fault, reason } from "../../errors.ts";
import { isPerson, tellDeed } from "../access/deeds.ts";
import type { Caller } from "../author.ts";
import { tellRefusal } from "../board/evidence.ts";
import { keepLateWord } from "../board/late.ts";
import { proofOf } from "../board/proof.ts";
import type { Context } from "../context.ts";
import { filterFor } from "../feed/feed.ts";
import { sseSink } from "../feed/sinks.ts";
import { stream } from "../feed/stream.ts";
import type {
	FileHandler,
	Handler,
	PageRequest,
	ReadHandler,
	StreamHandler,
	WorkHandler,
	WriteHandler,
} from "../handle.ts";
import { keyOf, once, onceOutside } from "../keys/keys.ts";
import type { Modules } from "../modules.ts";
import { openApi, type Route } from "../openapi/document.ts";
import { authorOf, callerOf, checkRole, shakesHands } from "./callers.ts";
import { faultOf, rawAnswer, unreadable } from "./failures.ts";
import { sendFile } from "./file.ts";
import { TooMany } from "./limits.ts";
import { addressOf, isHere } from "./peer.ts";
import { inPieces } from "./pieces.ts";
import { withoutPrefix } from "./prefix.ts";
import { beginOf } from "./resume.ts";
import { type Shape, shapeOf } from "./shape.ts";

export interface AppOptions {
	readonly hub: Context;
	readonly modules: Modules;
	/** On loopback and without any token: everyone is admin. */
	readonly open: boolean;
}

interface Asked {
	readonly caller: Caller;
	readonly modern: boolean;
}

/** What `onRequest` found out, before the body was read. */
const asked = new WeakMap<FastifyRequest, Asked>();

const BODY_MAX = 1_048_576;
/** Milliseconds for a request to arrive whole: one that stalls half-way holds nothing for longer. */
const REQUEST_TIMEOUT = 30_000;

/** What a host does at the hub's word. Its other operations are for whoever is on its own machine. */
const FORWARDED = "/lieutenants";

declare module "fastify" {
	/** What the document of the routes says of one. */
	interface FastifyContextConfig extends Omit<Route, "method" | "url"> {
		/** The body is what a form of a page sends. */
		readonly form?: boolean;
	}
}

type Fields = Record<string, unknown>;
type Answer = (request: FastifyRequest, reply: FastifyReply) => unknown;

export function createApp({ hub, modules, open }: AppOptions): FastifyInstance {
	const app = fastify({
		bodyLimit: BODY_MAX,
		requestTimeout: REQUEST_TIMEOUT,
		forceCloseConnections: "idle",
		// What comes on an open connection while the hub ends is still answered; the answer closes the connection.
		return503OnClosing: false,
		exposeHeadRoutes: false,
		routerOptions: { maxParamLength: 1_000 },
		rewriteUrl: ({ url = "/" }) => withoutPrefix(url),
		frameworkErrors: (error, _request, reply) => refuse(error, reply),
		clientErrorHandler: (error, socket) => {
			if (socket.writable) socket.end(rawAnswer(unreadable(error)));
			else socket.destroy();
		},
	});
	const refuse = (thrown: unknown, reply: FastifyReply): void => {
		const refusal = faultOf(thrown, hub.complain);
		if (refusal instanceof TooMany) reply.header("retry-after", refusal.retryAfter);
		reply.code(refusal.status).send(refusal.toJSON());
	};

	parseAnythingAsJson(app);
	app.setErrorHandler((error, _request, reply) => refuse(error, reply));
	const handshake = { "x-flagship-protocol": String(PROTOCOL), "x-flagship-version": hub.version };
	// Hooks that call back: a promise for each would be a good part of what a read costs.
	app.addHook("onRequest", (request, reply, done) => {
		// Old clients name no content type, or a wrong one.
		request.raw.headers["content-type"] = "application/json";
		reply.headers(handshake);
		done();
	});
	const routes: Route[] = [];
	app.addHook("onRoute", ({ method, url, config = {} }) => {
		for (const one of [method].flat()) routes.push({ ...config, method: one, url });
	});
	const began = hub.world.clock.elapsed();
	app.get("/health", { config: { about: "Whether the hub answers, and since when." } }, (): Health => {
		const uptime = (hub.world.clock.elapsed() - began) / 1_000;
		return { status: "ok", uptime, version: hub.version, protocol: PROTOCOL };
	});

	// Open like the health: it says what every hub of this version answers, and nothing of this one's records.
	let document: string | undefined;
	app.get("/openapi.json", { config: { about: "This document." } }, (_request, reply) => {
		document ??= openApi({ version: hub.version, server: hub.publicUrl(), routes, names: modules.names });
		return reply.type("application/json; charset=utf-8").send(document);
	});

	const gatekeeper = { hub, open };
	const handlers = new Map(modules.handlers.map((handler) => [handler.operation.name, handler]));
	const served = modules.operations.filter(({ path, name }) => handlers.has(name) || path.startsWith(FORWARDED));
	for (const operation of served) {
		const answer = answerOf(operation, handlers.get(operation.name), hub);
		const onRequest = (request: FastifyRequest, _reply: FastifyReply, done: (refusal?: Error) => void): void => {
			try {
				const modern = shakesHands(request.headers);
				const caller = callerOf(gatekeeper, arrival(request));
				checkRole(operation, caller);
				asked.set(request, { caller, modern });
			} catch (refusal) {
				done(refusal instanceof Error ? refusal : new Error(reason(refusal)));
				return;
			}
			done();
		};
		for (const url of [operation.path, ...(operation.aliases ?? [])]) {
			app.route({ method: operation.method, url, config: { operation }, onRequest, handler: answer });
		}
	}
	for (const page of modules.pages) {
		const { path: url, method = "GET", about } = page;
		const handler: Answer = async (request, reply) => {
			const asked = pageRequest(request);
			const address = addressOf(asked) ?? "";
			if (address !== "" && !isHere(address)) hub.turnstile.count("pages", address);
			const { status, headers, body } = await page.run(asked, hub);
			reply.code(status).headers(headers);
			return body;
		};
		app.route({ method, url, config: { about, form: method === "POST" }, handler });
	}
	app.setNotFoundHandler((request) => {
		const path = request.url.split("?", 1)[0] ?? "";
		const allowed = methodsOf(served, path);
		if (allowed.length > 0) throw fault("method_not_allowed", request.method, path, allowed.join(", "));
		throw fault("not_found", path);
	});
	return app;
}

const arrival = ({ headers, method, socket }: FastifyRequest) => ({
	headers,
	method,
	peer: socket.remoteAddress ?? "",
});

const pageRequest = ({ params, query, body, headers, socket }: FastifyRequest): PageRequest => ({
	params: params as PageRequest["params"],
	query: query as PageRequest["query"],
	form: fieldsOf(body) as PageRequest["form"],
	headers,
	peer: socket.remoteAddress ?? "",
});

const OPEN: ReadonlySet<string> = new Set(["/health", "/openapi.json"]);

/** The methods that a path takes; none for a path that is not there. */
function methodsOf(operations: readonly AnyOperation[], path: string): string[] {
	const taken = operations.filter(({ path: main, aliases = [] }) =>
		[main, ...aliases].some((pattern) => new RegExp(`^${pattern.replaceAll(/:\w+/g, "[^/]+")}$`).test(path)),
	);
	const methods = taken.map(({ method }) => method as string);
	return [...new Set(OPEN.has(path) ? ["GET", ...methods] : methods)];
}

/** No body is an empty object: some requests need none. */
function parseAnythingAsJson(app: FastifyInstance): void {
	app.removeAllContentTypeParsers();
	app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
		if (body === "") return done(null, {});
		if (request.routeOptions.config.form === true)
			return done(null, Object.fromEntries(new URLSearchParams(String(body))));
		try {
			done(null, JSON.parse(String(body)));
		} catch {
			// Whatever the parser objects to, the caller is told the same: this is not JSON.
			done(fault("not_json"));
		}
	});
}

function answerOf(operation: AnyOperation, handler: Handler | undefined, hub: Context): Answer {
	const shape = shapeOf(operation);
	if (handler?.type === "write") return answerWrite(handler, shape, hub);
	if (handler?.type === "read") return answerRead(handler, shape, hub);
	if (handler?.type === "work") return answerWork(handler, shape, hub);
	if (handler?.type === "stream") return answerStream(handler, shape, hub);
	if (handler?.type === "file") return answerFile(handler, shape, hub);
	return answerByHost(operation, shape, hub);
}

function answerWrite(handler: WriteHandler, shape: Shape, hub: Context): Answer {
	const { operation } = handler;
	return async (request, reply) => {
		const { caller, modern } = who(request);
		const body = bodyOf(request);
		const { author: named } = operation;
		const needed = named?.needed === true && caller.role === "admin" && !modern ? named.field : undefined;
		const input = shape.read(request.params as Fields, request.query as Fields, body, needed);
		const author = authorOf(operation, caller, fieldsOf(body), { tokens: hub.tokens, modern });
		const header = handler.secret === true ? undefined : request.headers["idempotency-key"];
		const key = keyOf(caller.id, operation.name, header, input);
		const task = handler.proves?.(input);
		const proof = task === undefined ? undefined : await proofOf(hub, caller, task);
		hub.awake();
		const written = hub.database.write((tx) => {
			const at = hub.world.clock.now();
			return once(tx, key, at, async () => {
				const stamp = { id: hub.ids.next(), timestamp: new Date(at).toISOString(), at };
				const output = await handler.run({ input, author, caller, tx, stamp, hub, proof });
				if (isPerson(caller) && handler.secret !== true) await tellDeed(tx, { operation, input, output, caller });
				return output;
			});
		});
		const output = await written.catch(async (thrown: unknown) => {
			await tellRefusal(hub, author, thrown);
			await keepLateWord(hub, { operation: operation.name, input, author }, thrown);
			throw thrown;
		});
		reply.code(operation.status);
		return output;
	};
}

function answerRead(handler: ReadHandler, shape: Shape, hub: Context): Answer {
	const { operation, run } = handler;
	const { database, world } = hub;
	const long = inPieces(handler, database.together);
	return async (request, reply) => {
		const { caller } = who(request);
		const input = shape.read(request.params as Fields, request.query as Fields, bodyOf(request));
		const call = { input, caller, db: database.read, now: world.clock.now(), hub };
		const output = await (long === undefined ? database.together(() => run(call)) : long(call));
		reply.code(operation.status);
		if (operation.answers === "text") reply.type("text/plain; charset=utf-8");
		else if (long !== undefined && typeof output === "string" && handler.whole?.(input) !== true)
			reply.type("application/json; charset=utf-8");
		return output;
	};
}

function answerWork({ operation, run, secret }: WorkHandler, shape: Shape, hub: Context): Answer {
	const { database, world } = hub;
	return async (request, reply) => {
		const { caller } = who(request);
		const input = shape.read(request.params as Fields, request.query as Fields, bodyOf(request));
		const header = secret === true ? undefined : request.headers["idempotency-key"];
		const key = keyOf(caller.id, operation.name, header, input);
		const now = world.clock.now();
		const output = await onceOutside(database, key, world.clock.now, async () => {
			const done = await run({ input, caller, now, hub });
			if (isPerson(caller) && secret !== true)
				await database.write((tx) => tellDeed(tx, { operation, input, output: done, caller }));
			return done;
		});
		reply.code(operation.status);
		return output;
	};
}

function answerStream(handler: StreamHandler, shape: Shape, hub: Context): Answer {
	return (request, reply) => {
		const { caller } = who(request);
		const input = shape.read(request.params as Fields, request.query as Fields, {});
		const filter = filterFor(handler, input);
		const after = beginOf(hub.feed, input, request.headers);
		reply.hijack();
		const { raw } = reply;
		raw.writeHead(200, {
			"content-type": "text/event-stream",
			"cache-control": "no-cache",
			// A stream that ends takes its connection with it; a client that kept it for the next request would fail there.
			connection: "close",
			"x-flagship-protocol": String(PROTOCOL),
			"x-flagship-version": hub.version,
		});
		raw.flushHeaders();
		const sink = sseSink(raw, handler.view);
		const end = stream({ world: hub.world, feed: hub.feed, filter, after, token: caller.id, sink });
		raw.on("close", end);
	};
}

function answerFile(handler: FileHandler, shape: Shape, hub: Context): Answer {
	return (request, reply) => {
		const input = shape.read(request.params as Fields, request.query as Fields, {});
		return sendFile(hub.world, handler.find(input, hub), request.headers.range, reply);
	};
}

function answerByHost(operation: AnyOperation, shape: Shape, hub: Context): Answer {
	return async (request, reply) => {
		const { caller } = who(request);
		const input = shape.read(request.params as Fields, request.query as Fields, bodyOf(request));
		const key = request.headers["idempotency-key"];
		const output = await hub.links.forward(operation, input, caller, typeof key === "string" ? key : undefined);
		if (isPerson(caller) && operation.method !== "GET")
			await hub.database.write((tx) => tellDeed(tx, { operation, input, output, caller }));
		reply.code(operation.status);
		return output;
	};
}

/** No body is an empty object; `null` is a body, and none that is taken. */
const bodyOf = (request: FastifyRequest): unknown => (request.body === undefined ? {} : request.body);

/** Of a DELETE nothing is read out of the body, so nobody has looked yet whether it is an object. */
const fieldsOf = (body: unknown): Fields => (typeof body === "object" && body !== null ? { ...body } : {});

function who(request: FastifyRequest): Asked {
	const found = asked.get(request);
	if (found === undefined) throw new Error(`${request.url} was reached without a check of its token`);
	return found;
}
