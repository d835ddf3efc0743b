/** What the hub says of a fleet's money: kept, shown to whoever looks, and warned of once. */
import type * as contract from "../../contract/budgets.ts";
import type { Standing } from "../store/roster.ts";
import type { PurseParts } from "./purse.ts";
import { type Side, warningText } from "./tell.ts";
import type { Wallets } from "./wallets.ts";

type Parts = Pick<PurseParts, "store" | "standing" | "show" | "warn">;

export class Bulletin {
	readonly #parts: Parts;
	readonly #wallets: Wallets;

	constructor(parts: Parts, wallets: Wallets) {
		this.#parts = parts;
		this.#wallets = wallets;
	}

	/** The answer to a word about one lieutenant. */
	answered(id: string, fleet: string, answer: contract.ShareAnswer): void {
		const standing = this.#parts.standing(id);
		this.#wallets.own(id, answer.lieutenant?.limitUsd);
		this.fleet(fleet, answer.fleet, standing);
		if (answer.lieutenant !== undefined) this.#warn({ type: "lieutenant", id }, answer.lieutenant, standing);
	}

	/** `standing`: who is told where it is due to be. */
	fleet(fleet: string, budget: contract.Budget, standing: Standing | undefined): void {
		if (this.#wallets.heard(fleet, budget)) this.#parts.show(fleet, budget);
		this.#warn({ type: "fleet", fleet }, budget, standing);
	}

	/** Once for each limit, by the first of its lieutenants of whom this host hears it. */
	#warn(side: Side, budget: contract.Budget, standing: Standing | undefined): void {
		if (standing === undefined || !this.#wallets.dueToWarn(side, budget)) return;
		this.#parts.store.transaction(() => {
			this.#wallets.warned(side, budget);
			this.#parts.warn(standing, warningText(side, standing.spec.name, budget));
		});
	}
}
