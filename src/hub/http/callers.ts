/** Whose request it is, and in whose name it acts (`protocol.md` §3 rule 3). */
import type { IncomingHttpHeaders } from "node:http";
import { PROTOCOL } from "../../contract/link.ts";
import type { AnyOperation } from "../../contract/operation.ts";
import { fault } from "../../errors.ts";
import type { Author, Caller } from "../author.ts";
import type { Context } from "../context.ts";
import type { Tokens } from "../tokens/tokens.ts";
import { cookieOf } from "./cookie.ts";
import { isForeign, isShownOwn, namesThisMachine } from "./origin.ts";
import { addressOf, isHere } from "./peer.ts";

/** On a loopback hub without any token everyone is this, as on the old server. */
export const OPEN: Caller = { id: "open", role: "admin", name: "admin" };

export interface Gatekeeper {
	readonly hub: Pick<Context, "tokens" | "sessions" | "world" | "publicUrl" | "turnstile">;
	/** On loopback and started without any token. */
	readonly open: boolean;
}

interface Asking {
	readonly headers: IncomingHttpHeaders;
	/** A WebSocket is no GET: whoever opens one reads what it brings, from whatever page. */
	readonly method: string;
	/** The address at the other end of the connection. */
	readonly peer?: string;
}

/** The holder of the request's token, or of its session. Throws `unauthorized`, `other_origin`, or `too_many`. */
export function callerOf(gatekeeper: Gatekeeper, asking: Asking): Caller {
	const { headers, peer = "" } = asking;
	const { turnstile } = gatekeeper.hub;
	const address = addressOf({ headers, peer }) ?? "";
	const isAway = address !== "" && !isHere(address);
	const caller = proven(gatekeeper, asking, address);
	if (!isAway) return caller;
	// Only a person chooses a token that can be guessed: from an address that guesses, none of an admin is heard.
	if (caller.role === "admin") turnstile.look("failures", address);
	turnstile.count("requests", caller.id);
	return caller;
}

function proven({ hub, open }: Gatekeeper, { headers, method }: Asking, address: string): Caller {
	const { tokens } = hub;
	const header = headers.authorization;
	if (header === undefined) {
		const cookie = cookieOf(headers);
		if (cookie !== undefined) {
			const session = bySession(hub, cookie, { headers, method });
			if (session !== undefined) return session;
		}
		// A page in a browser can send requests to loopback, too; it cannot leave out where it comes from.
		if (open && headers.origin === undefined && !isForeign(headers, hub.publicUrl()) && namesThisMachine(headers))
			return OPEN;
		const why = cookie === undefined ? "missing Authorization header" : "this session is over";
		throw fault("unauthorized", `Unauthorized — ${why}`);
	}
	const secret = /^bearer +(\S+)$/i.exec(header)?.[1];
	const caller = secret === undefined ? undefined : tokens.caller(secret);
	if (caller === undefined) {
		hub.turnstile.count("failures", address);
		throw fault("unauthorized", "Unauthorized — invalid token");
	}
	return caller;
}

/** A cookie comes along with whatever page asks: what changes something must be shown to be asked by a page of the hub. */
function bySession(
	{ sessions, world, publicUrl }: Gatekeeper["hub"],
	cookie: string,
	asking: Asking,
): Caller | undefined {
	const session = sessions.of(cookie, new Date(world.clock.now()).toISOString());
	if (session === undefined) return undefined;
	const { headers, method } = asking;
	const isOwn = method === "GET" ? !isForeign(headers, publicUrl()) : isShownOwn(headers, publicUrl());
	if (!isOwn) throw fault("other_origin");
	return session.caller;
}

/** Refuses another protocol. True for a client that shakes hands; an old one sends nothing and is served. */
export function shakesHands(headers: IncomingHttpHeaders): boolean {
	const protocol = headers["x-flagship-protocol"];
	if (protocol === undefined) return false;
	if (protocol !== String(PROTOCOL)) {
		const version = headers["x-flagship-version"];
		throw fault(
			"update_needed",
			`The client${version === undefined ? "" : ` (${version})`}`,
			String(protocol),
			String(PROTOCOL),
		);
	}
	return true;
}

export function checkRole(operation: AnyOperation, caller: Caller): void {
	if (!operation.allow.includes(caller.role)) throw fault("forbidden", caller.role, `use ${operation.name}`);
}

/** Fields by which a body may name who acts. */
const AUTHOR_FIELDS = [
	"agent",
	"author",
	"createdBy",
	"reviewedBy",
	"approvedBy",
	"rejectedBy",
	"registeredBy",
	"publishedBy",
	"agentId",
] as const;

/** The author of a mutation. Throws `author_mismatch`, or `invalid_input` when an old client forgot to name one. */
export function authorOf(
	operation: AnyOperation,
	caller: Caller,
	body: Readonly<Record<string, unknown>>,
	{ tokens, modern }: { readonly tokens: Tokens; readonly modern: boolean },
): Author {
	const own: Author = { name: caller.name, role: caller.role };
	if (caller.role !== "admin" && caller.role !== "host") {
		refuseOthers(body, caller.name);
		return own;
	}
	const declared = operation.author;
	const named = declared === undefined ? undefined : nameIn(body, declared.field);
	if (declared === undefined) return own;
	if (named === undefined) {
		if (caller.role === "host" || modern) return own;
		if (declared.needed !== true) return { name: "unknown", role: caller.role, via: caller.name, unnamed: true };
		throw fault("invalid_input", operation.sentences?.[declared.field] ?? `${declared.field} is required`);
	}
	if (named === caller.name) return own;
	if (caller.role === "host" && !tokens.bound(caller.name, named))
		throw fault("author_mismatch", declared.field, named, caller.name);
	return { name: named, role: caller.role, via: caller.name };
}

function refuseOthers(body: Readonly<Record<string, unknown>>, own: string): void {
	for (const field of AUTHOR_FIELDS) {
		const named = nameIn(body, field);
		if (named !== undefined && named !== own) throw fault("author_mismatch", field, named, own);
	}
}

function nameIn(body: Readonly<Record<string, unknown>>, field: string): string | undefined {
	const value = Object.hasOwn(body, field) ? body[field] : undefined;
	const name = typeof value === "string" ? value.trim() : "";
	return name === "" ? undefined : name;
}
