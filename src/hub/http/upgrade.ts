/** WebSockets: the feed for readers, and the links of hosts. The token is checked before anything is upgraded. */
import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { Fault, fault } from "../../errors.ts";
import type { Caller } from "../author.ts";
import type { Context } from "../context.ts";
import { filterFor } from "../feed/feed.ts";
import { webSocketSink } from "../feed/sinks.ts";
import { stream } from "../feed/stream.ts";
import type { Handler, StreamHandler } from "../handle.ts";
import { callerOf, checkRole, shakesHands } from "./callers.ts";
import { faultOf, rawAnswer } from "./failures.ts";
import { withoutPrefix } from "./prefix.ts";
import { beginOf } from "./resume.ts";
import { shapeOf } from "./shape.ts";

/** Longest frame that a host or reader may send. */
const FRAME_MAX = 1_048_576;

/** What becomes of a socket once it is one. */
type Take = (socket: WebSocket) => void;

export interface UpgradeOptions {
	readonly server: Server;
	readonly hub: Context;
	/** Those of streams are answered. */
	readonly handlers: readonly Handler[];
	readonly open: boolean;
}

type Route = (caller: Caller, request: IncomingMessage, query: URLSearchParams) => Take;

export function acceptUpgrades({ server, hub, handlers, open }: UpgradeOptions): { readonly close: () => void } {
	const sockets = new WebSocketServer({ noServer: true, maxPayload: FRAME_MAX });
	const streams = handlers.filter((handler) => handler.type === "stream");
	const routes: Readonly<Record<string, Route>> = {
		"/hosts/link"(caller) {
			if (caller.role !== "host") throw fault("forbidden", caller.role, "link as a host");
			return (socket) => hub.links.accept(socket, caller);
		},
		...Object.fromEntries(streams.map((handler) => [handler.operation.path, streamRoute(handler, hub)])),
	};

	server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
		// A peer that goes away in the middle of its handshake is nobody's fault.
		socket.on("error", () => socket.destroy());
		try {
			const url = URL.parse(request.url ?? "/", "http://hub");
			// Such as `//`, which is no address and no fault of the hub.
			if (url === null) throw fault("not_found", "address");
			shakesHands(request.headers);
			const path = withoutPrefix(url.pathname);
			const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
			if (route === undefined) throw fault("not_found", url.pathname);
			const caller = callerOf(
				{ hub, open },
				{ headers: request.headers, method: "UPGRADE", peer: request.socket.remoteAddress ?? "" },
			);
			const take = route(caller, request, url.searchParams);
			sockets.handleUpgrade(request, socket, head, (upgraded) => {
				// `ws` reports a broken frame here and closes by itself.
				upgraded.on("error", () => upgraded.terminate());
				take(upgraded);
			});
		} catch (thrown) {
			const refusal = thrown instanceof Fault ? thrown : faultOf(thrown, hub.complain);
			socket.end(rawAnswer(refusal));
		}
	});

	return {
		close() {
			for (const socket of sockets.clients) socket.terminate();
		},
	};
}

function streamRoute(handler: StreamHandler, hub: Context): Route {
	const shape = shapeOf(handler.operation);
	return (caller, request, query) => {
		checkRole(handler.operation, caller);
		const input = shape.read({}, Object.fromEntries(query), {});
		const filter = filterFor(handler, input);
		const after = beginOf(hub.feed, input, request.headers);
		return (socket) => {
			const sink = webSocketSink(socket, handler.view);
			const end = stream({ world: hub.world, feed: hub.feed, filter, after, token: caller.id, sink });
			socket.on("close", end);
		};
	};
}
