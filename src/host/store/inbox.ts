/** Notices for orchestrators: kept per owner until the session that got one has it in its transcript. */
import type { Notice } from "../../contract/link.ts";
import type { Store } from "./store.ts";

export class Inbox {
	readonly #store: Store;

	constructor(store: Store) {
		this.#store = store;
	}

	add(notice: Notice): void {
		this.#store.run(
			"insert into notices (id, owner, body) values (?, ?, ?) on conflict do nothing",
			notice.id,
			notice.owner,
			JSON.stringify(notice),
		);
	}

	/**
	 * What `owner` has not acknowledged, oldest first, for `session`. One that an earlier session got and never
	 * acknowledged is marked `again`: it may have been read already.
	 */
	unread(owner: string, session: string): readonly Notice[] {
		const rows = this.#store.rows(
			"select body, session from notices where owner = ? and acknowledged = 0 order by seq",
			owner,
		);
		return rows.map((row) => {
			const notice = JSON.parse(String(row.body)) as Notice;
			return row.session === null || row.session === session ? notice : { ...notice, again: true };
		});
	}

	/** The last ones of `owner`, read or not, oldest first. */
	newest(owner: string, limit = 1_000): readonly Notice[] {
		const rows = this.#store.rows("select body from notices where owner = ? order by seq desc limit ?", owner, limit);
		return rows.map((row) => JSON.parse(String(row.body)) as Notice).reverse();
	}

	handed(id: string, session: string): void {
		this.#store.run("update notices set session = coalesce(session, ?) where id = ?", session, id);
	}

	/** All that nobody has acknowledged, oldest first. */
	unacknowledged(): readonly Notice[] {
		const rows = this.#store.rows("select body from notices where acknowledged = 0 order by seq");
		return rows.map((row) => JSON.parse(String(row.body)) as Notice);
	}

	/** Without `owner`: whosever they are. */
	acknowledge(owner: string | undefined, ids: readonly string[]): void {
		for (const id of ids)
			this.#store.run(
				"update notices set acknowledged = 1 where id = ? and owner = coalesce(?, owner)",
				id,
				owner ?? null,
			);
	}

	/** Another name takes over a lieutenant: what was not read about it goes along. */
	move(lieutenant: string, owner: string): void {
		const rows = this.#store.rows("select id, body from notices where acknowledged = 0");
		for (const row of rows) {
			const notice = JSON.parse(String(row.body)) as Notice;
			if (notice.lieutenant.id !== lieutenant) continue;
			this.#store.run(
				"update notices set owner = ?, body = ?, session = null where id = ?",
				owner,
				JSON.stringify({ ...notice, owner }),
				String(row.id),
			);
		}
	}
}
