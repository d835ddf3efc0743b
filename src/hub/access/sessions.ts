/** Sessions of browsers, in memory: each request asks. Rows are changed first, this after the commit. */
import type { Caller } from "../author.ts";
import type { Connection } from "../database/connection.ts";
import type { Tx } from "../database/tx.ts";
import { hashOf } from "../tokens/tokens.ts";
import type { BrowserSessionTable } from "./schema.ts";

type Row = Omit<BrowserSessionTable, "n">;

export interface Session {
	readonly id: string;
	readonly caller: Caller;
	/** ISO 8601. */
	readonly expiresAt: string;
}

export interface Sessions {
	/** Whose cookie it is, while the session lasts. Looked up by its hash. `now`: ISO 8601. */
	of(cookie: string, now: string): Session | undefined;
	remember(row: Row): void;
	/** Ended or expired: what they opened is closed. */
	forget(ids: readonly string[]): void;
	/** Ids of those whose link was made with one of these tokens. */
	madeWith(tokens: ReadonlySet<string>): readonly string[];
	/** Ids of those that are over. */
	expired(now: string): readonly string[];
	/** Called with the ids of callers that are none any more. */
	onEnded(run: (callers: ReadonlySet<string>) => void): void;
}

/** What idempotency keys and streams know a session by. */
const callerId = (id: string): string => `session:${id}`;

/** `isLive`: whether a token, by its id, is good still. */
export function createSessions(reader: Connection, isLive: (token: string) => boolean): Sessions {
	const byHash = new Map<string, Row>();
	const listeners: ((callers: ReadonlySet<string>) => void)[] = [];
	const idsOf = (test: (row: Row) => boolean): readonly string[] =>
		[...byHash.values()].filter(test).map(({ id }) => id);

	for (const row of reader.all<Row>("select * from browser_sessions where ended_at is null"))
		if (isLive(row.token)) byHash.set(row.hash, row);

	return {
		of(cookie, now) {
			const row = byHash.get(hashOf(cookie));
			if (row === undefined || row.expires_at <= now) return undefined;
			return {
				id: row.id,
				caller: { id: callerId(row.id), role: row.role, name: row.role },
				expiresAt: row.expires_at,
			};
		},
		remember: (row) => void byHash.set(row.hash, row),
		forget(ids) {
			if (ids.length === 0) return;
			const ended = new Set(ids);
			for (const [hash, { id }] of byHash) if (ended.has(id)) byHash.delete(hash);
			const callers = new Set(ids.map(callerId));
			for (const run of listeners) run(callers);
		},
		madeWith: (tokens) => idsOf(({ token }) => tokens.has(token)),
		expired: (now) => idsOf(({ expires_at }) => expires_at <= now),
		onEnded: (run) => void listeners.push(run),
	};
}

/** In the commit that ends a token, or gives it another secret: what was made with it ends, too. */
export async function endWhatTheyMade(tx: Tx, tokens: readonly string[], at: string): Promise<void> {
	if (tokens.length === 0) return;
	await tx.deleteFrom("login_links").where("token", "in", tokens).execute();
	const open = tx.updateTable("browser_sessions").set({ ended_at: at }).where("ended_at", "is", null);
	await open.where("token", "in", tokens).execute();
}
