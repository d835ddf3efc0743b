/**
 * What must hold of money in a run whose fleet has a budget: nothing is reserved that a limit does not have, what the hub
 * heard of spending never gets less, no agent goes on where its money has ended, and at rest each answer was counted once.
 */

/** US dollars of each answer of the simulated model. */
export const ANSWER_USD = 0.003;
const NANO = 1e9;
/** Dollars come as fractions. */
const EPSILON = 1e-7;

/** A row of `budget_accounts` as it was and as it is; amounts in billionths of a dollar. */
export interface AccountChange {
	readonly limited: number | null;
	readonly base: number;
	readonly spent: number;
	readonly reserved: number;
	readonly spentBefore: number;
	readonly reservedBefore: number;
}

interface Account {
	/** US dollars; undefined: none. */
	limit: number | undefined;
	/** Spent before the limit began to count. */
	base: number;
	spent: number;
	reserved: number;
}

/** One lieutenant, as its session's file and its processes show it. */
export interface Spender {
	readonly id: string;
	/** US dollars in its file. */
	readonly usd: number;
	/** Lives of its pi. */
	readonly lives: number;
}

export class Spend {
	readonly #fleetUsd: number;
	readonly #accounts = new Map<string, Account>();

	/** `fleetUsd`: what each fleet may spend until somebody sets another limit. */
	constructor(fleetUsd: number) {
		this.#fleetUsd = fleetUsd;
	}

	/** In words, what is wrong with it. */
	changed(id: string, change: AccountChange): readonly string[] {
		const { limited, base, spent, reserved, spentBefore, reservedBefore } = change;
		const limit = limited === null ? this.#preset(id) : limited < 0 ? undefined : limited / NANO;
		const account = { limit, base: base / NANO, spent: spent / NANO, reserved: reserved / NANO };
		this.#accounts.set(id, account);
		const used = account.spent - account.base + account.reserved;
		return [
			...(spent < spentBefore ? [`what ${id} spent became less: ${spentBefore} → ${spent}`] : []),
			...(reserved < 0 ? [`${id} has ${reserved} reserved`] : []),
			...(reserved > reservedBefore && limit !== undefined && used > limit + EPSILON
				? [`${id} may spend $${limit}; $${used} are spent and reserved`]
				: []),
		];
	}

	/** Nobody spends more than there is, but for one answer that was under way. */
	overspent(spenders: readonly Spender[]): readonly string[] {
		const lived = spenders.filter(({ lives }) => lives > 0);
		const fleet = this.#of(FLEET);
		const total = sum(lived);
		const beyond = lived.length * ANSWER_USD + EPSILON;
		return [
			...(fleet.limit !== undefined && total > fleet.limit + beyond
				? [`the fleet may spend $${fleet.limit}; its ${lived.length} lieutenants spent $${total}`]
				: []),
			...lived.flatMap(({ id, usd }) => {
				const { limit, base } = this.#of(`lieutenant ${id}`);
				const most = limit === undefined ? Number.POSITIVE_INFINITY : limit + base + ANSWER_USD + EPSILON;
				return usd > most ? [`${id} may spend $${limit}, and spent $${usd}`] : [];
			}),
		];
	}

	/** Some of the fleet's money is given to work that is under way. */
	get reserved(): boolean {
		return this.#of(FLEET).reserved > 0;
	}

	/** Why the books are not closed yet. */
	open(spenders: readonly Spender[]): string | undefined {
		const { spent, reserved } = this.#of(FLEET);
		if (reserved > 0) return `$${reserved} are still reserved`;
		const total = sum(spenders);
		return Math.abs(total - spent) < EPSILON
			? undefined
			: `$${total} were spent (${spenders.map(({ id, usd }) => `${id} $${usd}`).join(", ")}), and the hub heard of $${spent}`;
	}

	#of(id: string): Account {
		return this.#accounts.get(id) ?? { limit: this.#preset(id), base: 0, spent: 0, reserved: 0 };
	}

	#preset(id: string): number | undefined {
		return id === FLEET ? this.#fleetUsd : undefined;
	}
}

/** The only fleet there is. */
const FLEET = "fleet captain";
const sum = (spenders: readonly Spender[]): number => spenders.reduce((total, { usd }) => total + usd, 0);
