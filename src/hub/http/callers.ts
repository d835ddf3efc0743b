/** Whose request it is, and in whose name it acts (`protocol.md` §3 rule 3). */
import type { IncomingHttpHeaders } from "node:http";
import { PROTOCOL } from "../../contract/link.ts";
import type { AnyOperation } from "../../contract/operation.ts";
import { fault } from "../../errors.ts";
import type { Author, Caller } from "../author.ts";
import type { Tokens } from "../tokens/tokens.ts";

/** On a loopback hub without any token everyone is this, as on the old server. */
const OPEN: Caller = { id: "open", role: "admin", name: "admin" };

export interface Gatekeeper {
	readonly tokens: Tokens;
	/** On loopback and started without any token. */
	readonly open: boolean;
}

/** The holder of the request's token. Throws `unauthorized`. */
export function callerOf({ tokens, open }: Gatekeeper, headers: IncomingHttpHeaders): Caller {
	const header = headers.authorization;
	if (header === undefined) {
		// A page in a browser can send requests to loopback, too; it cannot leave out its origin.
		if (open && headers.origin === undefined) return OPEN;
		throw fault("unauthorized", "Unauthorized — missing Authorization header");
	}
	const secret = /^bearer +(\S+)$/i.exec(header)?.[1];
	const caller = secret === undefined ? undefined : tokens.caller(secret);
	if (caller === undefined) throw fault("unauthorized", "Unauthorized — invalid token");
	return caller;
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
