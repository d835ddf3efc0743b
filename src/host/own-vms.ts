/**
 * VMs for lieutenants: one for each that asks for `vers`, made from the golden snapshot, ended with the last lieutenant on
 * it. What the platform has made is stored before anything else is done with it, and what was being made when this host
 * ended is found again: a VM that nobody knows costs for ever.
 */
import * as commits from "../contract/commits.ts";
import { Fault, reason } from "../errors.ts";
import type { From } from "../vers/client.ts";
import { VersFault } from "../vers/fault.ts";
import { ownerOf, type VersAccount } from "../vers/key.ts";
import type { World } from "../world.ts";
import { type VmSettings, vmSettings } from "./machines/vm-settings.ts";
import { vmKeyFile } from "./machines/vm-way.ts";
import { KeptVms } from "./store/own-vms.ts";
import type { Store } from "./store/store.ts";
import type { Vers, VersDesk } from "./vers.ts";
import { Snapshots } from "./vms/snapshots.ts";

export interface OwnVmsParts {
	readonly world: World;
	readonly store: Store;
	readonly vers: Pick<VersDesk, "open" | "hub">;
	/** The whole of `settings.json`. */
	readonly values: Readonly<Record<string, unknown>>;
	/** Folder of keys. */
	readonly run: string;
	account(): VersAccount;
	newId(): string;
	/** A lieutenant lives there, or is being made there. */
	lived(place: string): boolean;
	/** Kept for the hub, in the author's name, under this key. */
	keep(author: string, operation: string, input: unknown, key: string): void;
	complain(what: string): void;
}

/** What a new VM begins from, where that is not what all begin from; and who hears what is done. */
export interface Wish {
	readonly said?: From;
	step?(what: string): void;
}

const PREFIX = "vers:";
/** A platform's id of a snapshot; anything else is a repository's tag. */
const COMMIT_ID = /^[0-9a-f-]{36}$/i;

export class OwnVms {
	/** Of any VM. */
	readonly snapshots: Snapshots;
	readonly #parts: OwnVmsParts;
	readonly #kept: KeptVms;
	/** Made by this process and not lived on yet. */
	readonly #fresh = new Set<string>();
	/** What an earlier host has left is told from what this one makes: only then one is made. */
	#settling: Promise<void> = Promise.resolve();

	constructor(parts: OwnVmsParts) {
		this.#parts = parts;
		this.#kept = new KeptVms(parts.store);
		this.snapshots = new Snapshots({ ...parts, client: async () => (await parts.vers.open()).client });
	}

	/** What an earlier host has left: VMs without lieutenants are ended, begun ones are looked for. */
	begin(): void {
		this.snapshots.begin();
		if (this.#kept.all().length + this.#kept.begun().length === 0) return;
		this.#settling = this.#settle().catch((thrown) => this.#parts.complain(reason(thrown)));
	}

	/** A new VM, from what new ones begin from or from `said`; its place. Throws what the platform refuses. */
	async make(name: string, { said, step }: Wish = {}): Promise<string> {
		step?.("asking the platform for a VM");
		await this.#settling;
		const vers = await this.#parts.vers.open();
		const from = said ?? (await this.#from());
		const begun = this.#parts.newId();
		this.#kept.begin({ id: begun, before: (await vers.client.list()).map(({ id }) => id) });
		try {
			const vm = await vers.creations.make(from, { lieutenant: name });
			this.#fresh.add(vm);
			this.#kept.made(begun, vm);
			step?.(`VM ${vm} is made`);
			return `${PREFIX}${vm}`;
		} catch (thrown) {
			// Whether it was made has been looked up by now: a refusal means that it was not.
			this.#kept.forget(begun);
			throw thrown;
		}
	}

	has(place: string): boolean {
		return place.startsWith(PREFIX) && this.#kept.has(place.slice(PREFIX.length));
	}

	/** A lieutenant lives on it now, or never will: from here on it ends with the last one. */
	settled(place: string): void {
		this.#fresh.delete(place.slice(PREFIX.length));
	}

	/** Ends one of ours; why it is not gone yet, when that failed: then it is noted, and ended again. */
	async end(place: string): Promise<string | undefined> {
		const ended = await this.#end(place.slice(PREFIX.length));
		this.settled(place);
		return ended.type === "gone" ? undefined : ended.cause;
	}

	/** What new ones begin from, if that is a snapshot: of the settings, else of the ledger. */
	async golden(): Promise<string | undefined> {
		return vmSettings(this.#parts.values).settings.golden ?? (await this.#golden());
	}

	/** An empty machine, or this snapshot. */
	source(snapshot: string | undefined): From {
		if (snapshot === undefined) return rootOf(vmSettings(this.#parts.values).settings.size);
		return COMMIT_ID.test(snapshot) || !snapshot.includes(":")
			? { type: "commit", commit: snapshot }
			: { type: "ref", ref: snapshot };
	}

	/** Nobody lives there any more: one of ours is deleted. */
	left(place: string): void {
		const vm = place.slice(PREFIX.length);
		if (!place.startsWith(PREFIX) || !this.#kept.has(vm) || this.#fresh.has(vm)) return;
		void this.#end(vm).catch((thrown) => this.#parts.complain(`VM ${vm} is not deleted: ${reason(thrown)}`));
	}

	/** The platform is without it. */
	gone(place: string): void {
		if (place.startsWith(PREFIX)) this.#forget(place.slice(PREFIX.length));
	}

	async #end(vm: string): Promise<Awaited<ReturnType<Vers["machines"]["end"]>>> {
		const vers = await this.#parts.vers.open();
		const ended = await this.#ended(vers, vm);
		if (ended.type === "gone") vers.freed();
		else vers.left(vm, ended);
		this.#forget(vm);
		return ended;
	}

	/** Also what could not even be asked is noted as left. */
	async #ended(vers: Vers, vm: string): Promise<Awaited<ReturnType<Vers["machines"]["end"]>>> {
		try {
			return await vers.machines.end(vm);
		} catch (thrown) {
			if (thrown instanceof VersFault) return { type: "left", cause: thrown.type, raw: thrown.raw };
			throw thrown;
		}
	}

	#forget(vm: string): void {
		const { world, run } = this.#parts;
		this.#kept.forget(vm);
		world.files.remove(vmKeyFile(run, vm));
	}

	async #settle(): Promise<void> {
		const vers = await this.#parts.vers.open();
		const listed = await vers.client.list();
		const owner = ownerOf(this.#parts.account());
		for (const { id, before } of this.#kept.begun()) {
			const known = new Set([...before, ...this.#kept.all()]);
			const fresh = listed.filter((vm) => !known.has(vm.id) && (owner === undefined || vm.owner === owner));
			const [one, another] = fresh;
			if (one !== undefined && another === undefined) this.#kept.made(id, one.id);
			else {
				this.#kept.forget(id);
				const which = fresh.map((vm) => vm.id).join(", ");
				if (fresh.length > 0)
					this.#log(
						`A VM was being made when the host ended. One of these may be it, and costs: ${which}. vers_vm_delete ends it.`,
						`vm begun ${id}`,
					);
			}
		}
		for (const vm of this.#kept.all()) if (!this.#parts.lived(`${PREFIX}${vm}`)) this.left(`${PREFIX}${vm}`);
	}

	/** For the work log, in this host's name; `key` makes it one. */
	#log(text: string, key: string): void {
		this.#parts.keep("host", "log.append", { text }, key);
	}

	/** The setting, else the ledger's newest golden snapshot, else an empty machine. */
	async #from(): Promise<From> {
		return this.source(await this.golden());
	}

	async #golden(): Promise<string | undefined> {
		try {
			return (await (await this.#parts.vers.hub()).call(commits.golden, {})).commitId;
		} catch (thrown) {
			// No hub, or none recorded: an empty machine does as well, only slower.
			if (thrown instanceof Fault) return undefined;
			throw thrown;
		}
	}
}

const rootOf = (size: VmSettings["size"]): From => ({ type: "root", ...size });
