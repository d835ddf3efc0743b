/**
 * Tokens: who may act, and as whom. A token is random and known to its holder; the hub keeps its SHA-256. A host makes
 * the tokens of its own lieutenants and registers their hashes, also later when the hub was away.
 */
import { type Static, Type } from "@sinclair/typebox";
import { EVERYONE, operation, type Role } from "./operation.ts";
import { oneOf, text } from "./shapes.ts";

export const ROLES = [
	"admin",
	"host",
	"orchestrator",
	"lieutenant",
	"worker",
	"viewer",
] as const satisfies readonly Role[];

export const Token = Type.Object({
	id: Type.String({ description: "ULID" }),
	role: oneOf(ROLES),
	name: Type.String({ description: "who acts with it; for a host its host id" }),
	host: Type.Optional(Type.String({ description: "the host it is bound to" })),
	parent: Type.Optional(Type.String({ description: "id of the token below which it stands" })),
	createdAt: Type.String(),
	rotatedAt: Type.Optional(Type.String({ description: "since then it has another secret" })),
	lastUsedAt: Type.Optional(Type.String({ description: "to the minute" })),
	revokedAt: Type.Optional(Type.String()),
});
export type Token = Static<typeof Token>;

const Hash = Type.String({ pattern: "^[0-9a-f]{64}$", description: "SHA-256 of the token, hex" });
const REGISTRARS = ["admin", "host", "orchestrator"] as const;

const line = ({ id, role, name, lastUsedAt, revokedAt }: Token): string =>
	[
		`${id} ${role} ${name}`,
		lastUsedAt === undefined ? "never used" : `last used ${lastUsedAt}`,
		...(revokedAt === undefined ? [] : ["revoked"]),
	].join(", ");

export const register = operation({
	name: "tokens.register",
	at: "hub",
	cli: "tokens register",
	summary: "Make a token known by its hash. It has no more rights than its parent; saying it again changes nothing.",
	method: "POST",
	path: "/tokens/register",
	status: 201,
	input: Type.Object({
		hash: Hash,
		role: oneOf(ROLES),
		name: text(200),
		parent: Type.Optional(
			Type.String({ pattern: "^[0-9a-f]{64}$", description: "hash of its parent; default: yours" }),
		),
	}),
	output: Token,
	allow: REGISTRARS,
	spool: true,
	tell: (token) => `Token ${token.id} is ${token.name} (${token.role}).`,
});

export const mint = operation({
	name: "tokens.mint",
	at: "hub",
	cli: "tokens mint",
	summary: "Make a new token. It is shown once.",
	method: "POST",
	path: "/tokens",
	status: 201,
	input: Type.Object({ role: oneOf(ROLES), name: text(200) }),
	output: Type.Object({ secret: Type.String({ description: "the token; the hub keeps only its hash" }), token: Token }),
	allow: REGISTRARS,
	tell: ({ secret, token }) => `${secret}\n${token.id} ${token.role} ${token.name}. It is not shown again.`,
});

export const list = operation({
	name: "tokens.list",
	at: "hub",
	cli: "tokens list",
	summary: "List tokens: an admin sees all, others those below their own.",
	method: "GET",
	path: "/tokens",
	status: 200,
	input: Type.Object({}),
	output: Type.Object({ tokens: Type.Array(Token), count: Type.Integer() }),
	allow: REGISTRARS,
	tell: ({ tokens }) => tokens.map(line).join("\n") || "No tokens.",
});

/** In place of an id: the admin token that the hub keeps in a file of its home. */
export const HOME_ADMIN = "admin";

export const rotate = operation({
	name: "tokens.rotate",
	at: "hub",
	cli: "tokens rotate",
	summary:
		"Give a token another secret; the old one opens nothing from then on. `admin`: the one in the hub's own file.",
	method: "POST",
	path: "/tokens/:id/rotate",
	status: 200,
	input: Type.Object({ id: text(64, "token id, or admin") }),
	output: Type.Object({
		id: Type.String(),
		role: oneOf(ROLES),
		name: Type.String(),
		secret: Type.Optional(Type.String({ description: "the new one; absent for admin: the hub's file holds it" })),
	}),
	allow: REGISTRARS,
	tell: ({ id, role, name, secret }) =>
		secret === undefined
			? "The home has another admin token, in hub/admin.token. Who read the old one reads that file again."
			: `${secret}\n${id} ${role} ${name}. It is not shown again; the old one opens nothing any more.`,
});

export const revoke = operation({
	name: "tokens.revoke",
	at: "hub",
	cli: "tokens revoke",
	summary: "End a token and all tokens below it.",
	method: "DELETE",
	path: "/tokens/:id",
	status: 200,
	input: Type.Object({ id: text(64, "token id") }),
	output: Type.Object({ revoked: Type.Array(Type.String(), { description: "ids" }) }),
	allow: REGISTRARS,
	tell: ({ revoked }) => `Revoked: ${revoked.join(", ") || "none, they were already"}.`,
});

export const me = operation({
	name: "tokens.me",
	at: "hub",
	cli: "tokens me",
	summary: "Say whose token this is.",
	method: "GET",
	path: "/tokens/me",
	status: 200,
	input: Type.Object({}),
	output: Type.Object({ name: Type.String(), role: oneOf(ROLES), host: Type.Optional(Type.String()) }),
	allow: EVERYONE,
	tell: ({ name, role }) => `${name} (${role})`,
});
