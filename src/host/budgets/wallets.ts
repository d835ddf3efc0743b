/** How budgets stood when the hub last said so: what holds while it is away, and which warnings were told. */
import type { Budget } from "../../contract/budgets.ts";
import type { Store } from "../store/store.ts";
import type { BudgetSettings } from "./settings.ts";
import type { Side } from "./tell.ts";

const fleetKey = (fleet: string): string => `budget:fleet ${fleet}`;
const ownKey = (id: string): string => `budget:lieutenant ${id}`;
const warnedKey = (side: Side): string => `warned:${side.type} ${side.type === "fleet" ? side.fleet : side.id}`;

export class Wallets {
	readonly #store: Store;
	readonly #settings: BudgetSettings;

	constructor(store: Store, settings: BudgetSettings) {
		this.#store = store;
		this.#settings = settings;
	}

	fleet(fleet: string): Budget | undefined {
		const kept = this.#store.meta(fleetKey(fleet));
		return kept === undefined ? undefined : (JSON.parse(kept) as Budget);
	}

	/** True when it is news. */
	heard(fleet: string, budget: Budget): boolean {
		const text = JSON.stringify(budget);
		if (this.#store.meta(fleetKey(fleet)) === text) return false;
		this.#store.setMeta(fleetKey(fleet), text);
		return true;
	}

	ownLimit(id: string): number | undefined {
		const kept = this.#store.meta(ownKey(id)) ?? "";
		return kept === "" ? undefined : Number(kept);
	}

	own(id: string, limitUsd: number | undefined): void {
		if (this.ownLimit(id) !== limitUsd) this.#store.setMeta(ownKey(id), limitUsd === undefined ? "" : String(limitUsd));
	}

	/** Money has to be reserved for its work. A fleet of which the hub never spoke has the limit of the settings. */
	limited(fleet: string, id: string): boolean {
		const known = this.fleet(fleet);
		const limit = known === undefined ? this.#settings.fleetUsd : known.limitUsd;
		return limit !== undefined || this.ownLimit(id) !== undefined;
	}

	dueToWarn(side: Side, { limitUsd, spentUsd, since }: Budget): boolean {
		if (limitUsd === undefined || spentUsd * 100 < limitUsd * this.#settings.warnPercent) return false;
		return this.#store.meta(warnedKey(side)) !== mark(limitUsd, since);
	}

	warned(side: Side, { limitUsd, since }: Budget): void {
		this.#store.setMeta(warnedKey(side), mark(limitUsd, since));
	}
}

const mark = (limitUsd: number | undefined, since: string): string => `${since} ${limitUsd}`;
