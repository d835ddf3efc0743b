/** Storms as stored, by provider: what a fleet holds back from it holds back from after its host was started anew, too. */
import type { Store } from "./store.ts";

export interface KeptStorm {
	readonly provider: string;
	readonly step: number;
	/** By the wall, ISO 8601: a monotonic clock begins anew with the machine. */
	readonly until: string;
	/** Who was let go since. */
	readonly out: readonly string[];
}

export class KeptStorms {
	readonly #store: Store;

	constructor(store: Store) {
		this.#store = store;
		store.run("create table if not exists storms (provider text primary key, body text not null) strict");
	}

	all(): readonly KeptStorm[] {
		return this.#store.rows("select body from storms").map(({ body }) => JSON.parse(String(body)) as KeptStorm);
	}

	keep(storm: KeptStorm): void {
		this.#store.run(
			"insert into storms (provider, body) values (?, ?) on conflict do update set body = excluded.body",
			...[storm.provider, JSON.stringify(storm)],
		);
	}

	/** It is calm. */
	forget(provider: string): void {
		this.#store.run("delete from storms where provider = ?", provider);
	}
}
