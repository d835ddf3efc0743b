/**
 * What one lieutenant may spend of its fleet's money, as this host has it stored. It is kept before the hub is asked and
 * after it has answered, so that nothing is reserved that nobody would give back.
 */
import type { ShareAnswer } from "../../contract/budgets.ts";
import type { Store } from "../store/store.ts";

/**
 * `asked`: the hub has not answered yet · `open` · `over`: the work is done, and the hub still has the rest reserved ·
 * `giving`: the hub was asked to take it back, so it may have done so · `closed`.
 */
type State = "asked" | "open" | "over" | "giving" | "closed";

export interface Share {
	/** Orchestrator whose money it is. */
	readonly fleet: string;
	readonly name: string;
	/** Of the newest word to the hub about it. */
	readonly n: number;
	/** The session's US dollars at which this share began; all other amounts count from there. */
	readonly from: number;
	/** Up to which it may spend. */
	readonly granted: number;
	/** Whose limit made that less than the work was given. */
	readonly by?: "fleet" | "lieutenant";
	/** Up to which the work's own cap goes; null where that names no dollars. */
	readonly until: number | null;
	/** It gets no more for now, because the hub is away: its pack holds it at what it has. */
	readonly held?: true;
	/** What the hub knows of its spending. */
	readonly told: number;
	readonly state: State;
}

/** Amounts that differ by less are the same: dollars come as fractions. */
export const EPSILON = 1e-9;

export const spentUnder = ({ from }: Pick<Share, "from">, costUsd: number): number => Math.max(0, costUsd - from);

/** Nothing more may be spent under it, and not because its work's own cap ends there. */
export const isUsedUp = (share: Share, costUsd: number): boolean =>
	spentUnder(share, costUsd) >= share.granted - EPSILON &&
	(share.by !== undefined || share.until === null || share.granted < share.until - EPSILON);

/** How much more to ask for, where half of a step is left of it and its work may go on beyond; else 0. */
export function moreFor(share: Share, costUsd: number, step: number): number {
	const spent = spentUnder(share, costUsd);
	// What was less than asked for is its last: else its pack would hold it at a sum that is not its end.
	if (share.by !== undefined || share.granted - spent >= step / 2) return 0;
	if (share.until === null) return step;
	return share.granted < share.until - EPSILON ? Math.min(step, share.until - spent) : 0;
}

/**
 * What the hub said about it; a word that is older than the newest of ours says nothing of what is reserved. A hub that
 * has nothing reserved has lost it, or a limit was lifted: it is asked anew, or given back.
 */
export function heard(share: Share, answer: ShareAnswer, sent: number): Share {
	const told = Math.max(share.told, answer.spentUsd);
	if (sent !== share.n) return { ...share, told };
	if (answer.grantedUsd === undefined) return { ...share, told, state: "over" };
	if (!answer.open) return { ...share, told, state: "asked" };
	const less = answer.grantedUsd < share.granted - EPSILON;
	const by = answer.by ?? (less ? "fleet" : share.by);
	return { ...share, told, granted: answer.grantedUsd, ...(by === undefined ? {} : { by }) };
}

/** US dollars of the session at which it ends; undefined while more can be had. */
export const ceilingOf = (share: Share | undefined): number | undefined =>
	share?.state === "open" && (share.by !== undefined || share.held === true) ? share.from + share.granted : undefined;

const PREFIX = "share:";

export class Shares {
	readonly #store: Store;

	constructor(store: Store) {
		this.#store = store;
	}

	get(lieutenant: string): Share | undefined {
		const kept = this.#store.meta(PREFIX + lieutenant);
		return kept === undefined ? undefined : (JSON.parse(kept) as Share);
	}

	save(lieutenant: string, share: Share): void {
		this.#store.setMeta(PREFIX + lieutenant, JSON.stringify(share));
	}

	/** Lieutenants that have or had money. */
	ids(): readonly string[] {
		const rows = this.#store.rows("select key from meta where key >= ? and key < ?", PREFIX, "share;");
		return rows.map((row) => String(row.key).slice(PREFIX.length));
	}

	forget(lieutenant: string): void {
		this.#store.run("delete from meta where key = ?", PREFIX + lieutenant);
	}
}
