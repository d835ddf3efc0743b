/**
 * New machines, one by one through the breaker: what cannot be had is refused here, with what was learned, before the
 * platform is asked; what it refuses is an outage that the hub hears of.
 */
import { Fault } from "../errors.ts";
import type { From, VersClient } from "./client.ts";
import { VersFault } from "./fault.ts";
import type { KeptBreaker } from "./kept-breaker.ts";
import { ownerOf, type VersAccount } from "./key.ts";
import type { VersMachines } from "./machines.ts";

export interface CreationsParts {
	readonly client: Pick<VersClient, "list">;
	readonly machines: Pick<VersMachines, "make" | "branch">;
	readonly breaker: KeptBreaker;
	account(): VersAccount;
	newId(): string;
}

export class Creations {
	readonly #parts: CreationsParts;
	/** Made by this process so far: those since a list are not in it. */
	#made = 0;

	constructor(parts: CreationsParts) {
		this.#parts = parts;
	}

	/** Throws `vers_capacity` also without having asked the platform. */
	make(from: From, labels: Readonly<Record<string, string>>): Promise<string> {
		const call = from.type === "root" ? "POST /vm/new_root" : "POST /vm/from_commit";
		return this.#one(call, () => this.#parts.machines.make(from, labels));
	}

	/** Fewer than asked, with why, when there is no room for the rest. */
	async branch(vm: string, count: number): Promise<{ readonly ids: readonly string[]; readonly why?: Fault }> {
		const ids: string[] = [];
		while (ids.length < count) {
			try {
				ids.push(await this.#one("POST /vm/branch/by_vm", () => this.#clone(vm)));
			} catch (thrown) {
				if (thrown instanceof Fault) return { ids, why: thrown };
				throw thrown;
			}
		}
		return { ids };
	}

	async #clone(vm: string): Promise<string> {
		const { ids, why } = await this.#parts.machines.branch(vm, 1);
		const [id] = ids;
		if (id !== undefined) return id;
		throw why ?? new VersFault("transient", `a branch of ${vm}`, "");
	}

	async #one(call: string, make: () => Promise<string>): Promise<string> {
		const { breaker, newId } = this.#parts;
		const blocked = breaker.blocked();
		if (blocked !== undefined) throw new Fault("vers_capacity", blocked.why);
		const listed = await this.#running();
		const before = this.#made;
		const running = (): number => listed + this.#made - before;
		const id = newId();
		const leave = breaker.ask(id, running());
		if (leave.type === "deny") throw new Fault("vers_capacity", leave.why);
		try {
			const machine = await make();
			breaker.made(id, running());
			this.#made++;
			return machine;
		} catch (thrown) {
			if (thrown instanceof VersFault && thrown.type === "capacity")
				breaker.refused(id, running(), { call, raw: thrown.raw });
			else breaker.failed(id);
			throw thrown;
		}
	}

	/** Those of this account: others' take no place of ours. */
	async #running(): Promise<number> {
		const owner = ownerOf(this.#parts.account());
		const all = await this.#parts.client.list();
		return all.filter((vm) => vm.state !== "dead" && (owner === undefined || vm.owner === owner)).length;
	}
}
