/** All tokens, in memory: every request asks, and thirty agents have few. Rows are changed first, this after the commit. */
import { hash } from "node:crypto";
import type { Role } from "../../contract/operation.ts";
import { Fault } from "../../errors.ts";
import type { World } from "../../world.ts";
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

/** The admin token that the home's own sessions read from a file. */
export interface HomeToken {
	readonly secret: string;
	/** Makes another, puts it in the file's place, and gives it back. Throws what the disk says. */
	renew(): string;
}

export interface Tokens {
	/** Whose secret it is. Looked up by its hash: how long that takes says nothing about the secret. */
	caller(secret: string): Caller | undefined;
	/** False when this hub has no token at all. */
	readonly any: boolean;
	remember(row: TokenRow): void;
	/** The home's admin token gets another secret, on disk and here; gives the id that the old one had. Throws `conflict` where no file of this hub holds one. */
	renewHome(): Caller["id"];
	/** True for the id of a token that is good. */
	isLive(id: string): boolean;
	/** The minute in which it was last used, ms since 1970; undefined when that is in the database, or never was. */
	lastUse(id: string): number | undefined;
	/** What `lastUse` knows, which then forgets it: so that a use costs no write per request. */
	takeUses(): ReadonlyMap<string, number>;
	forget(rows: readonly TokenRow[]): void;
	/** Called with the ids of tokens that were revoked, or have another secret now: what they opened is closed. */
	onRevoked(run: (ids: ReadonlySet<string>) => void): void;
	/** True when `name` is a lieutenant or worker of this host, also one whose token has ended. */
	bound(host: string, name: string): boolean;
}

export interface TokensOptions {
	readonly world: Pick<World, "clock">;
	readonly reader: Connection;
	readonly adminTokens: readonly string[];
	readonly home?: HomeToken | undefined;
}

export function createTokens({ world, reader, adminTokens, home }: TokensOptions): Tokens {
	const byHash = new Map<string, Caller>();
	const boundNames = new Set<string>();
	const listeners: ((ids: ReadonlySet<string>) => void)[] = [];
	let uses = new Map<string, number>();
	let homeSecret = home?.secret;

	const remember = (row: TokenRow): void => {
		if (row.revoked_at === null) byHash.set(row.hash, callerOf(row));
		if (row.host !== null && RANK[row.role] <= RANK.lieutenant) boundNames.add(boundKey(row.host, row.name));
	};

	for (const row of reader.all<TokenRow>("select * from tokens")) remember(row);
	for (const secret of adminTokens) byHash.set(hashOf(secret), adminOf(secret));
	if (homeSecret !== undefined) byHash.set(hashOf(homeSecret), adminOf(homeSecret));
	const tell = (ids: ReadonlySet<string>): void => {
		for (const run of listeners) run(ids);
	};

	return {
		caller(secret) {
			const caller = byHash.get(hashOf(secret));
			if (caller !== undefined) uses.set(caller.id, minuteOf(world.clock.now()));
			return caller;
		},
		get any() {
			return byHash.size > 0;
		},
		remember,
		forget(rows) {
			for (const row of rows) byHash.delete(row.hash);
			tell(new Set(rows.map((row) => row.id)));
		},
		renewHome() {
			if (home === undefined || homeSecret === undefined || adminTokens.includes(homeSecret)) {
				throw new Fault(
					"conflict",
					"This hub's admin token is the VERS_AUTH_TOKEN of where it was started",
					SET_ANOTHER,
				);
			}
			const former = homeSecret;
			homeSecret = home.renew();
			byHash.delete(hashOf(former));
			byHash.set(hashOf(homeSecret), adminOf(homeSecret));
			const { id } = adminOf(former);
			tell(new Set([id]));
			return id;
		},
		isLive: (id) => [...byHash.values()].some((caller) => caller.id === id),
		lastUse: (id) => uses.get(id),
		takeUses() {
			const taken = uses;
			uses = new Map();
			return taken;
		},
		onRevoked: (run) => void listeners.push(run),
		bound: (host, name) => boundNames.has(boundKey(host, name)),
	};
}

/** The same admin token is the same scope of keys after a restart. */
const adminOf = (secret: string): Caller => ({
	id: `admin:${hashOf(secret).slice(0, 16)}`,
	role: "admin",
	name: "admin",
});

const SET_ANOTHER = "Set another VERS_AUTH_TOKEN there and start the hub again.";

const minuteOf = (ms: number): number => ms - (ms % 60_000);

const boundKey = (host: string, name: string): string => `${host}\n${name}`;

const callerOf = ({ id, role, name, host }: TokenRow): Caller => ({
	id,
	role,
	name,
	...(host === null ? {} : { host }),
});
