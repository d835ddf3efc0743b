/**
 * How a person's browser gets in: a link that works once and for five minutes, and the session that it begins. A session
 * is less than a token: it sees (viewer) or does all (admin), ends by itself, and is no good to a page of another origin.
 */
import { type Static, Type } from "@sinclair/typebox";
import { operation } from "./operation.ts";
import { more, oneOf, page, paging, text } from "./shapes.ts";

export const SESSION_ROLES = ["viewer", "admin"] as const;

export const BrowserSession = Type.Object({
	id: Type.String(),
	role: oneOf(SESSION_ROLES),
	createdBy: Type.String({ description: "who made its link" }),
	createdAt: Type.String(),
	expiresAt: Type.String(),
	endedAt: Type.Optional(Type.String({ description: "logged out, ended, or the token behind it was" })),
	ip: Type.Unsafe<string | null>({ type: ["string", "null"] }),
	userAgent: Type.Unsafe<string | null>({ type: ["string", "null"] }),
});
export type BrowserSession = Static<typeof BrowserSession>;

/** Who sees all of a fleet may show it to a person. */
const LEADS = ["admin", "orchestrator"] as const;

export const link = operation({
	name: "access.link",
	at: "hub",
	tool: "dashboard_link",
	cli: "access link",
	summary: "Make a link by which a person's browser gets into the hub's pages: it works once, within five minutes.",
	method: "POST",
	path: "/auth/magic-link",
	status: 200,
	input: Type.Object({
		role: Type.Optional(oneOf(SESSION_ROLES, "what the browser may; default: yours for an admin, else viewer")),
	}),
	output: Type.Object({
		url: Type.String({ description: "shown this once: the hub keeps only a hash of it" }),
		expiresAt: Type.String(),
	}),
	allow: LEADS,
	tell: ({ url, expiresAt }) => `${url}\nGood once, until ${expiresAt}. Give it to the person only.`,
});

export const sessions = operation({
	name: "access.sessions",
	at: "hub",
	cli: "access sessions",
	summary:
		"List the browsers that are or were logged in, newest first: an admin sees all, others those of their links.",
	method: "GET",
	path: "/auth/sessions",
	status: 200,
	input: Type.Object({ ...paging }),
	output: Type.Object({ sessions: Type.Array(BrowserSession), ...page }),
	allow: LEADS,
	tell: ({ sessions, next }) => (sessions.map(line).join("\n") || "No browser has logged in.") + more(next),
});

/** In place of an id. */
export const ALL = "all";

export const end = operation({
	name: "access.end",
	at: "hub",
	cli: "access end",
	summary: "Log a browser out, or `all` of them.",
	method: "DELETE",
	path: "/auth/sessions/:id",
	status: 200,
	input: Type.Object({ id: text(64, "session id, or all") }),
	output: Type.Object({ ended: Type.Array(Type.String(), { description: "ids" }) }),
	allow: LEADS,
	tell: ({ ended }) => `Logged out: ${ended.join(", ") || "none, there was none to"}.`,
});

function line({ id, role, createdBy, createdAt, expiresAt, endedAt, ip, userAgent }: BrowserSession): string {
	const until = endedAt === undefined ? `until ${expiresAt}` : `ended ${endedAt}`;
	return `${id} ${role}, by a link of ${createdBy}, since ${createdAt}, ${until}, ${ip ?? "-"} ${userAgent ?? ""}`.trimEnd();
}
