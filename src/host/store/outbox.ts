/** Messages, kept before pi's pipe sees them and until their end; texts are kept for good (`docs/protocol.md` §6). */
import type { Message } from "../../contract/lieutenants.ts";
import type { Open } from "../delivery-state.ts";
import { ended, type Receipt } from "../receipt.ts";
import type { Row, Store } from "./store.ts";

export type Asked = Omit<Open, "at">;

export class Outbox {
	readonly #store: Store;

	constructor(store: Store) {
		this.#store = store;
	}

	add(lieutenant: string, asked: Asked, at: string): void {
		this.#store.run(
			`insert into messages (id, lieutenant, n, mode, text, receipt, hard, open, created_at, changed_at)
			values (?, ?, ?, ?, ?, ?, ?, 1, ?, ?)`,
			asked.id,
			lieutenant,
			asked.n,
			asked.mode,
			asked.text,
			asked.receipt,
			asked.hard === undefined ? null : JSON.stringify(asked.hard),
			at,
			at,
		);
	}

	/** A soft steer becomes a hard one; its id stays. */
	harden(id: string, supersedes: readonly string[]): void {
		this.#store.run("update messages set hard = ? where id = ?", JSON.stringify({ supersedes }), id);
	}

	/** A further attempt, recorded before it is made. */
	attempt(id: string, n: number): void {
		this.#store.run("update messages set n = ? where id = ?", n, id);
	}

	settle(id: string, receipt: Receipt, because: string | undefined, at: string): void {
		this.#store.run(
			"update messages set receipt = ?, because = coalesce(?, because), open = ?, changed_at = ? where id = ?",
			receipt,
			because ?? null,
			ended(receipt) ? 0 : 1,
			at,
			id,
		);
	}

	/** What has not ended, in the order in which it was asked. */
	open(lieutenant: string): readonly Asked[] {
		return this.#store.rows("select * from messages where lieutenant = ? and open = 1 order by seq", lieutenant).map(
			(row): Asked => ({
				id: String(row.id),
				n: Number(row.n),
				mode: String(row.mode) as Message["mode"],
				text: String(row.text),
				receipt: String(row.receipt) as Receipt,
				...(row.hard === null ? {} : { hard: JSON.parse(String(row.hard)) as { supersedes: string[] } }),
			}),
		);
	}

	pending(lieutenant: string): number {
		return Number(
			this.#store.row("select count(*) as n from messages where lieutenant = ? and open = 1", lieutenant)?.n ?? 0,
		);
	}

	get(id: string): Message | undefined {
		const row = this.#store.row("select * from messages where id = ?", id);
		return row === undefined ? undefined : message(row);
	}

	/** All rows as they are stored, oldest first: for another host, which takes them over. */
	rows(lieutenant: string): readonly Row[] {
		return this.#store.rows("select * from messages where lieutenant = ? order by seq", lieutenant);
	}

	/** Rows of another host; one that is here already is the older. */
	take(rows: readonly Row[]): void {
		const text = (value: unknown): string | null => (value === null || value === undefined ? null : String(value));
		for (const row of rows)
			this.#store.run(
				`insert or replace into messages (id, lieutenant, n, mode, text, receipt, because, hard, open, created_at, changed_at)
				values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
				...[String(row.id), String(row.lieutenant), Number(row.n), String(row.mode), String(row.text)],
				...[String(row.receipt), text(row.because), text(row.hard), Number(row.open)],
				...[String(row.created_at), String(row.changed_at)],
			);
	}

	/** Newest first. */
	list(lieutenant: string, limit: number): readonly Message[] {
		return this.#store
			.rows("select * from messages where lieutenant = ? order by seq desc limit ?", lieutenant, limit)
			.map(message);
	}
}

function message(row: Row): Message {
	return {
		id: String(row.id),
		lieutenant: String(row.lieutenant),
		mode: String(row.mode) as Message["mode"],
		text: String(row.text),
		receipt: String(row.receipt) as Receipt,
		...(row.because === null ? {} : { because: String(row.because) }),
		attempts: Number(row.n),
		createdAt: String(row.created_at),
		changedAt: String(row.changed_at),
	};
}
