/**
 * Orchestrator names. A name outlives the sessions that hold it: the next session of a name inherits its lieutenants
 * and unread notices. One session holds it at a time; commands carry the generation, so that a session that lost the
 * name without noticing (its machine slept) cannot command the fleet of its successor.
 */
import type { Acting, Caller } from "../contract/link.ts";
import { fault } from "../errors.ts";
import type { World } from "../world.ts";
import type { Store } from "./store/store.ts";

/** A holder that sends no frame for so long has lost the name. */
export const LEASE_MS = 30_000;

export type OrchestratorCaller = Extract<Caller, { type: "orchestrator" }>;

export interface Lease extends Acting {
	/** False for an observer: another session holds the name that was asked for. */
	readonly own: boolean;
}

interface Holder {
	readonly session: string;
	readonly process: { readonly pid: number; readonly started: string } | undefined;
	readonly generation: number;
	/** Of the monotonic clock. */
	heard: number;
	connected: boolean;
}

export class Names {
	readonly #world: World;
	readonly #store: Store;
	readonly #holders = new Map<string, Holder>();

	constructor(world: World, store: Store) {
		this.#world = world;
		this.#store = store;
		// After a restart of the host, who held a name has its time to come back before anyone else.
		for (const row of store.rows("select * from orchestrators where session is not null")) {
			this.#holders.set(String(row.name), {
				session: String(row.session),
				process: row.pid === null ? undefined : { pid: Number(row.pid), started: String(row.started) },
				generation: Number(row.generation),
				heard: world.clock.elapsed(),
				connected: false,
			});
		}
	}

	/** The name asked for, or the first free `name#n`. */
	claim(caller: OrchestratorCaller): Lease {
		for (let n = 1; ; n++) {
			const name = n === 1 ? caller.name : `${caller.name}#${n}`;
			const lease = this.#take(name, caller);
			if (lease !== undefined) return { ...lease, own: n === 1 };
		}
	}

	/** A frame came from the session that holds `name`. */
	heard(name: string, session: string): void {
		const holder = this.#holders.get(name);
		if (holder?.session === session) holder.heard = this.#world.clock.elapsed();
	}

	/** This machine slept, or this process stood still: what the holders said meanwhile is not heard yet. */
	woke(): void {
		for (const holder of this.#holders.values()) holder.heard = this.#world.clock.elapsed();
	}

	disconnected(name: string, session: string): void {
		const holder = this.#holders.get(name);
		if (holder?.session === session) holder.connected = false;
	}

	release(name: string, session: string): void {
		if (this.#holders.get(name)?.session !== session) return;
		this.#holders.delete(name);
		this.#store.run("update orchestrators set session = null, pid = null, started = null where name = ?", name);
	}

	held(name: string): boolean {
		const holder = this.#holders.get(name);
		return holder !== undefined && !this.#free(holder);
	}

	/** Throws `lease_lost` for a generation that is not the newest of its name. */
	check(acting: Acting): void {
		const row = this.#store.row("select generation from orchestrators where name = ?", acting.name);
		if (Number(row?.generation) !== acting.generation) throw fault("lease_lost", acting.name);
	}

	#take(name: string, caller: OrchestratorCaller): Acting | undefined {
		const holder = this.#holders.get(name);
		if (holder !== undefined && holder.session === caller.session) {
			holder.heard = this.#world.clock.elapsed();
			holder.connected = true;
			return { name, generation: holder.generation };
		}
		if (holder !== undefined && !this.#free(holder)) return undefined;
		const before = this.#store.row("select generation from orchestrators where name = ?", name);
		const generation = Number(before?.generation ?? 0) + 1;
		const { session, pid, started } = caller;
		this.#store.run(
			`insert into orchestrators (name, generation, session, pid, started) values (?, ?, ?, ?, ?)
			on conflict do update set generation = excluded.generation, session = excluded.session, pid = excluded.pid,
			started = excluded.started`,
			name,
			generation,
			session,
			pid,
			started,
		);
		const heard = this.#world.clock.elapsed();
		this.#holders.set(name, { session, process: { pid, started }, generation, heard, connected: true });
		return { name, generation };
	}

	/** Released, or without a frame for too long, or its connection closed and its process gone. */
	#free(holder: Holder): boolean {
		if (this.#world.clock.elapsed() - holder.heard > LEASE_MS) return true;
		return !holder.connected && holder.process !== undefined && !this.#world.spawn.alive(holder.process);
	}
}
