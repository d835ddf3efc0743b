/** How checks ended, by lieutenant, command and tree: what was seen of these very files is not run again. */
import type { Store } from "../store/store.ts";

export interface Result {
	readonly command: string;
	readonly passed: boolean;
	readonly code: number;
	/** How it ended, with its last line. */
	readonly said: string;
	readonly tree: string;
	/** ISO 8601. */
	readonly at: string;
}

const KEPT_MS = 30 * 24 * 3_600_000;

export class Results {
	readonly #store: Store;

	constructor(store: Store) {
		this.#store = store;
		store.run(`create table if not exists checks (
			lieutenant text not null, command text not null, tree text not null, body text not null, at integer not null,
			primary key (lieutenant, command, tree)
		) strict`);
	}

	find(lieutenant: string, command: string, tree: string): Result | undefined {
		const row = this.#store.row(
			"select body from checks where lieutenant = ? and command = ? and tree = ?",
			...[lieutenant, command, tree],
		);
		return row === undefined ? undefined : (JSON.parse(String(row.body)) as Result);
	}

	keep(lieutenant: string, result: Result, now: number): void {
		this.#store.run("delete from checks where at < ?", now - KEPT_MS);
		this.#store.run(
			`insert into checks (lieutenant, command, tree, body, at) values (?, ?, ?, ?, ?)
			on conflict do update set body = excluded.body, at = excluded.at`,
			...[lieutenant, result.command, result.tree, JSON.stringify(result), now],
		);
	}
}
