/** This host's use of the Vers platform: loaded when it is first asked for, as most hosts never see a VM. */
import type { Client } from "../client/client.ts";
import * as ledger from "../contract/undeleted.ts";
import { fault } from "../errors.ts";
import { masker, type Secret } from "../mask.ts";
import type { VersClient } from "../vers/client.ts";
import type { Creations } from "../vers/creations.ts";
import type { VersAccount } from "../vers/key.ts";
import type { Ended, VersMachines } from "../vers/machines.ts";
import type { World } from "../world.ts";
import type { Store } from "./store/store.ts";

export interface Vers {
	readonly client: VersClient;
	/** Settles what the platform leaves in doubt; one for all calls, so that they know of each other's machines. */
	readonly machines: VersMachines;
	/** The only way to a new machine: through the breaker. */
	readonly creations: Creations;
	/** One is gone: there may be room for another. */
	freed(): void;
	/** A deletion failed: noted, and tried again until the platform's list is without it. */
	left(machine: string, ended: Extract<Ended, { type: "left" }>): void;
	close(): void;
}

export interface VersDeskParts {
	readonly world: World;
	/** Asked for at each call; absent, there is none. */
	readonly account: (() => VersAccount) | undefined;
	/** This host's id. */
	readonly host: string;
	readonly store: Store;
	/** What this host knows to be secret, besides the account's key. */
	readonly secrets: readonly Secret[];
	newId(): string;
	/** Kept for the hub, under this key. */
	keep(operation: string, input: unknown, key: string): void;
	/** The hub, as this host. */
	hub(): Promise<Client>;
	complain(what: string): void;
}

/** Where the store has the breaker, and whether a deletion may be left to be tried again. */
const BREAKER = "vers breaker";
const LEFT = "vers left";

export class VersDesk {
	readonly #parts: VersDeskParts;
	#made: Promise<Vers> | undefined;
	/** As last used; empty before. */
	#key = "";
	#closed = false;

	constructor(parts: VersDeskParts) {
		this.#parts = parts;
	}

	/** What an earlier host had still to delete is gone on with. */
	begin(): void {
		if (this.#parts.store.meta(LEFT) !== "yes") return;
		void this.open().catch((thrown) => this.#parts.complain(String(thrown)));
	}

	open(): Promise<Vers> {
		this.#made ??= this.#make();
		return this.#made;
	}

	/** Throws `hub_away`. */
	hub(): Promise<Client> {
		return this.#parts.hub();
	}

	/** There is an account. */
	known(): boolean {
		try {
			this.#account();
			return true;
		} catch {
			// No key, or an address that is none: whoever asks for a VM by name is told which.
			return false;
		}
	}

	/** Whose it is; throws `vers_no_key`. */
	account(): VersAccount {
		return this.#account();
	}

	/** Where the ways to VMs begin. */
	async platform(): Promise<{ readonly client: VersClient; readonly url: string }> {
		const { url } = this.#account();
		return { client: (await this.open()).client, url };
	}

	close(): void {
		this.#closed = true;
		void this.#made?.then((vers) => vers.close());
	}

	#account(): VersAccount {
		const { account } = this.#parts;
		if (account === undefined) throw fault("vers_no_key");
		const found = account();
		this.#key = found.key;
		return found;
	}

	/** There is seldom anything to mask, and the key may be another by now. */
	#mask(text: string): string {
		return masker([...this.#parts.secrets, { name: "VERS_API_KEY", value: this.#key }])(text);
	}

	async #make(): Promise<Vers> {
		const [{ VersClient }, { VersMachines }, { KeptBreaker }, { Creations }, { Reaper }] = await Promise.all([
			import("../vers/client.ts"),
			import("../vers/machines.ts"),
			import("../vers/kept-breaker.ts"),
			import("../vers/creations.ts"),
			import("../vers/reaper.ts"),
		]);
		const { world, host, store, newId, keep, hub, complain } = this.#parts;
		const account = () => this.#account();
		const client = new VersClient({ world, account });
		const machines = new VersMachines(world, client);
		const breaker = new KeptBreaker({
			...{ clock: world.clock, random: world.random, keep },
			mask: (text) => this.#mask(text),
			load: () => store.meta(BREAKER),
			save: (text) => store.setMeta(BREAKER, text),
			transaction: (work) => store.transaction(work),
		});
		const reaper = new Reaper({
			...{ clock: world.clock, complain },
			noted: async () => (await (await hub()).call(ledger.list, { state: "there", host })).machines,
			listed: async () => (await client.list()).map(({ id }) => id),
			end: (machine) => machines.end(machine),
			left: (machine, ended) => breaker.left(machine, newId(), ended),
			confirm: async (seen, listed) => {
				const shown = seen.map(({ machine, tries }) => ({ machine, tries }));
				return (await (await hub()).call(ledger.confirm, { seen: shown, listed: [...listed] })).gone;
			},
			freed: () => breaker.freed(),
			remember: (some) => store.setMeta(LEFT, some ? "yes" : ""),
		});
		if (this.#closed) client.close();
		else if (store.meta(LEFT) === "yes") reaper.begin();
		return {
			...{ client, machines },
			creations: new Creations({ client, machines, breaker, account, newId }),
			freed: () => breaker.freed(),
			left(machine, ended) {
				breaker.left(machine, newId(), ended);
				reaper.begin();
			},
			close() {
				reaper.close();
				client.close();
			},
		};
	}
}
