/** VMs that this host had made for its lieutenants: they cost as long as they are there, so none is forgotten. */
import type { Store } from "./store.ts";

/** One that was being made when this host ended: what there was before tells what has come of it. */
export interface Begun {
	readonly id: string;
	readonly before: readonly string[];
}

export class KeptVms {
	readonly #store: Store;

	constructor(store: Store) {
		this.#store = store;
	}

	/** Before the platform is asked. */
	begin({ id, before }: Begun): void {
		this.#store.run("insert into own_vms (id, before) values (?, ?)", id, JSON.stringify(before));
	}

	/** What was begun under `begun` has this id. */
	made(begun: string, vm: string): void {
		this.#store.transaction(() => {
			this.forget(begun);
			this.#store.run("insert or ignore into own_vms (id, before) values (?, null)", vm);
		});
	}

	forget(id: string): void {
		this.#store.run("delete from own_vms where id = ?", id);
	}

	has(vm: string): boolean {
		return this.#store.row("select id from own_vms where id = ? and before is null", vm) !== undefined;
	}

	all(): readonly string[] {
		return this.#store.rows("select id from own_vms where before is null order by id").map(({ id }) => String(id));
	}

	begun(): readonly Begun[] {
		return this.#store
			.rows("select id, before from own_vms where before is not null")
			.map(({ id, before }) => ({ id: String(id), before: JSON.parse(String(before)) as string[] }));
	}
}
