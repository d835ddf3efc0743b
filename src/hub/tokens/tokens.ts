/** All tokens, in memory: every request asks, and thirty agents have few. Rows are changed first, this after the commit. */
import { hash } from "node:crypto";
import type { Role } from "../../contract/operation.ts";
import type { Caller } from "../author.ts";
import type { Connection } from "../database/connection.ts";
import type { TokenRow } from "./schema.ts";

/** Greater may make lesser. */
export const RANK: Readonly<Record<Role, number>> = {
	admin: 5,
	host: 4,
	orchestrator: 3,
	lieutenant: 2,
	worker: 1,
	viewer: 0,
};

export const hashOf = (secret: string): string => hash("sha256", secret, "hex");

export interface Tokens {
	/** Whose secret it is. Looked up by its hash: how long that takes says nothing about the secret. */
	caller(secret: string): Caller | undefined;
	/** False when this hub has no token at all. */
	readonly any: boolean;
	remember(row: TokenRow): void;
	forget(rows: readonly TokenRow[]): void;
	/** Called with the ids of revoked tokens: what they opened is closed. */
	onRevoked(run: (ids: ReadonlySet<string>) => void): void;
	/** True when `name` is a lieutenant or worker of this host, also one whose token has ended. */
	bound(host: string, name: string): boolean;
}

export function createTokens(reader: Connection, adminTokens: readonly string[]): Tokens {
	const byHash = new Map<string, Caller>();
	const boundNames = new Set<string>();
	const listeners: ((ids: ReadonlySet<string>) => void)[] = [];

	const remember = (row: TokenRow): void => {
		if (row.revoked_at === null) byHash.set(row.hash, callerOf(row));
		if (row.host !== null && RANK[row.role] <= RANK.lieutenant) boundNames.add(boundKey(row.host, row.name));
	};

	for (const row of reader.all<TokenRow>("select * from tokens")) remember(row);
	for (const secret of adminTokens) {
		const hashed = hashOf(secret);
		// The same admin token is the same scope of keys after a restart.
		byHash.set(hashed, { id: `admin:${hashed.slice(0, 16)}`, role: "admin", name: "admin" });
	}

	return {
		caller: (secret) => byHash.get(hashOf(secret)),
		get any() {
			return byHash.size > 0;
		},
		remember,
		forget(rows) {
			for (const row of rows) byHash.delete(row.hash);
			const ids = new Set(rows.map((row) => row.id));
			for (const run of listeners) run(ids);
		},
		onRevoked: (run) => void listeners.push(run),
		bound: (host, name) => boundNames.has(boundKey(host, name)),
	};
}

const boundKey = (host: string, name: string): string => `${host}\n${name}`;

const callerOf = ({ id, role, name, host }: TokenRow): Caller => ({
	id,
	role,
	name,
	...(host === null ? {} : { host }),
});
