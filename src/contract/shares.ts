/** Share links: a report for somebody who has no token. Whoever has the address may read, until it expires or is revoked. */
import { type Static, Type } from "@sinclair/typebox";
import { operation } from "./operation.ts";
import { authorName, page, paging } from "./shapes.ts";

export const ShareLink = Type.Object({
	linkId: Type.String({ description: "names the link; it is not its address" }),
	reportId: Type.String(),
	createdAt: Type.String(),
	createdBy: Type.String(),
	expiresAt: Type.Unsafe<string | null>({ type: ["string", "null"], description: "ISO 8601; null: never" }),
	label: Type.Unsafe<string | null>({ type: ["string", "null"] }),
	revoked: Type.Integer({ description: "0 or 1" }),
	accessCount: Type.Integer(),
});
export type ShareLink = Static<typeof ShareLink>;

export const ShareAccess = Type.Object({
	id: Type.String(),
	linkId: Type.String(),
	reportId: Type.String(),
	timestamp: Type.String(),
	ip: Type.Unsafe<string | null>({ type: ["string", "null"] }),
	userAgent: Type.Unsafe<string | null>({ type: ["string", "null"] }),
	referrer: Type.Unsafe<string | null>({ type: ["string", "null"] }),
});
export type ShareAccess = Static<typeof ShareAccess>;

/** What leaves the fleet is decided by who leads it. */
const LEADS = ["admin", "host", "orchestrator"] as const;
const Id = Type.String({ minLength: 1, maxLength: 64 });
const LinkId = Type.String({ minLength: 1, maxLength: 100, description: "linkId, or the last part of the address" });

const line = ({ linkId, label, expiresAt, revoked, accessCount }: ShareLink): string =>
	[
		linkId,
		...(label === null ? [] : [label]),
		revoked === 1 ? "revoked" : expiresAt === null ? "does not expire" : `expires ${expiresAt}`,
		`read ${accessCount} times`,
	].join(", ");

export const share = operation({
	name: "shares.create",
	at: "hub",
	tool: "reports_share",
	cli: "reports share",
	summary: "Make a link by which anyone who has it can read a report without a token.",
	method: "POST",
	path: "/reports/:id/share",
	status: 201,
	input: Type.Object({
		id: Id,
		createdBy: authorName,
		expiresAt: Type.Optional(
			Type.String({
				minLength: 1,
				maxLength: 64,
				description: "12h, 7d or ISO 8601; without it the link does not expire",
			}),
		),
		label: Type.Optional(Type.String({ maxLength: 500, description: "whom it is for" })),
	}),
	output: Type.Object({
		linkId: Type.String(),
		url: Type.String({ description: "shown this once: the hub keeps only a hash of it" }),
	}),
	author: { field: "createdBy" },
	allow: LEADS,
	tell: ({ linkId, url }) => `${url}\nShown this once. reports_unshare ${linkId} ends it.`,
});

export const list = operation({
	name: "shares.list",
	at: "hub",
	tool: "reports_shares",
	cli: "reports shares",
	summary: "List a report's share links, newest first.",
	method: "GET",
	path: "/reports/:id/shares",
	status: 200,
	input: Type.Object({ id: Id, ...paging }),
	output: Type.Object({ links: Type.Array(ShareLink), ...page }),
	allow: LEADS,
	tell: ({ links }) => links.map(line).join("\n") || "It is not shared.",
});

export const revoke = operation({
	name: "shares.revoke",
	at: "hub",
	tool: "reports_unshare",
	cli: "reports unshare",
	summary: "Revoke a share link: its address then leads nowhere.",
	method: "DELETE",
	path: "/reports/share/:linkId",
	status: 200,
	input: Type.Object({ linkId: LinkId }),
	output: Type.Object({ revoked: Type.Literal(true) }),
	allow: LEADS,
	tell: (_output, { linkId }) => `${linkId} is revoked.`,
});

export const accesses = operation({
	name: "shares.accesses",
	at: "hub",
	cli: "reports accesses",
	summary: "List who has read a report by a share link, newest first.",
	method: "GET",
	path: "/reports/share/:linkId/access",
	status: 200,
	input: Type.Object({ linkId: LinkId, ...paging }),
	output: Type.Object({ log: Type.Array(ShareAccess), ...page }),
	allow: LEADS,
	tell: ({ log }) =>
		log.map(({ timestamp, ip, userAgent }) => `${timestamp} ${ip ?? "-"} ${userAgent ?? ""}`).join("\n") ||
		"Nobody has read it.",
});
