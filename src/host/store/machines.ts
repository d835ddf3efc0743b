/** Other machines of this host's lieutenants, and how those stood when last heard of. */
import type { Lieutenant } from "../../contract/lieutenants.ts";
import type { Store } from "./store.ts";

export class KeptMachines {
	readonly #store: Store;

	constructor(store: Store) {
		this.#store = store;
	}

	/** By machine: the rows of the lieutenants there, oldest first. */
	all(): ReadonlyMap<string, readonly Lieutenant[]> {
		const found = new Map<string, Lieutenant[]>();
		for (const row of this.#store.rows("select place, body from elsewhere order by id")) {
			const place = String(row.place);
			found.set(place, [...(found.get(place) ?? []), JSON.parse(String(row.body)) as Lieutenant]);
		}
		return found;
	}

	save(row: Lieutenant): void {
		this.#store.run(
			"insert into elsewhere (id, place, body) values (?, ?, ?) on conflict do update set body = excluded.body",
			row.id,
			row.place,
			JSON.stringify(row),
		);
	}

	remove(id: string): void {
		this.#store.run("delete from elsewhere where id = ?", id);
	}
}
