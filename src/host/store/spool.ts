/** Records for a hub that is away: on disk, in order, each under the key that its maker chose. */
import type { Store } from "./store.ts";

export interface Spooled {
	readonly seq: number;
	/** Subject of the token that it is sent with: `lieutenant:<id>`, `orchestrator:<name>`, `host`. */
	readonly author: string;
	/** Name of a hub operation: `log.append`. */
	readonly operation: string;
	readonly key: string;
	readonly input: unknown;
	/** Wall time at which it was kept, ms. */
	readonly at: number;
}

/** Older ones are listed, not sent: nobody expects them any more. */
export const SPOOL_MS = 7 * 24 * 3_600_000;

export class Spool {
	readonly #store: Store;

	constructor(store: Store) {
		this.#store = store;
	}

	/** A key that is kept already changes nothing. Returns how many wait. */
	add(entry: Omit<Spooled, "seq">): number {
		this.#store.run(
			"insert into spool (author, operation, key, input, at) values (?, ?, ?, ?, ?) on conflict do nothing",
			entry.author,
			entry.operation,
			entry.key,
			JSON.stringify(entry.input),
			entry.at,
		);
		return this.waiting(entry.at);
	}

	/** Is the one with this key still to be sent? */
	holds(author: string, key: string): boolean {
		const query = "select 1 from spool where author = ? and key = ? and refused is null";
		return this.#store.row(query, author, key) !== undefined;
	}

	/** How many are still to be sent. */
	waiting(now: number): number {
		const row = this.#store.row("select count(*) as n from spool where refused is null and at > ?", now - SPOOL_MS);
		return Number(row?.n ?? 0);
	}

	/** The next to send: the oldest that was neither refused nor is too old. */
	next(now: number): Spooled | undefined {
		const row = this.#store.row(
			"select * from spool where refused is null and at > ? order by seq limit 1",
			now - SPOOL_MS,
		);
		if (row === undefined) return undefined;
		return {
			seq: Number(row.seq),
			author: String(row.author),
			operation: String(row.operation),
			key: String(row.key),
			input: JSON.parse(String(row.input)) as unknown,
			at: Number(row.at),
		};
	}

	sent(seq: number): void {
		this.#store.run("delete from spool where seq = ?", seq);
	}

	/** The hub said no: kept with its reason, so that nothing is lost in silence. */
	refused(seq: number, why: string): void {
		this.#store.run("update spool set refused = ? where seq = ?", why, seq);
	}
}
