/**
 * The arithmetic of budgets, in whole billionths of a dollar. Two invariants: what is spent and reserved never exceeds a
 * limit but by what a turn in flight spent beyond its share, and what was heard of spending never gets less, however
 * often and in whatever order it is told. Pure.
 */

const NANO = 1e9;
export const nanos = (usd: number): number => Math.round(usd * NANO);
export const usd = (amount: number): number => amount / NANO;

/** Money of a fleet or of a lieutenant. */
export interface Account {
	/** Undefined: no limit. */
	readonly limit: number | undefined;
	/** All that was ever spent, and how much of it before the limit began to count. */
	readonly spent: number;
	readonly base: number;
	readonly reserved: number;
}

/** What one lieutenant may spend in one fleet. */
export interface Share {
	/** Of the newest word that changed what is reserved. */
	readonly n: number;
	readonly open: boolean;
	/** In all, like `granted`: what was reserved is the difference. */
	readonly spent: number;
	readonly granted: number;
}

export const NO_SHARE: Share = { n: 0, open: false, spent: 0, granted: 0 };

export const reservedOf = (share: Share): number => (share.open ? Math.max(0, share.granted - share.spent) : 0);
export const spentOf = ({ spent, base }: Account): number => spent - base;
/** Less than nothing where a limit was lowered, or turns in flight went beyond. */
const leftOf = (account: Account): number =>
	account.limit === undefined ? Number.POSITIVE_INFINITY : account.limit - spentOf(account) - account.reserved;

/** An account after a share of it became another. */
export const changed = (account: Account, before: Share, after: Share): Account => ({
	...account,
	spent: account.spent + after.spent - before.spent,
	reserved: account.reserved + reservedOf(after) - reservedOf(before),
});

export interface Ask {
	readonly n: number;
	/** Spent under this share in all. */
	readonly spent: number;
	/** How much more it may spend, and with how much it would do; with 0 it is never refused, and may get nothing. */
	readonly amount: number;
	readonly least: number;
}

export type Outcome =
	/** `by`: the account, by its place, that made it less than was asked. */
	| { readonly type: "granted"; readonly share: Share; readonly by: number | undefined }
	/** No account has a limit: nothing is kept. */
	| { readonly type: "unlimited" }
	| { readonly type: "refused"; readonly by: number }
	/** A newer word about this share was heard, or this one was given back. */
	| { readonly type: "stale" };

/** New money in place of what this share had reserved: all that fits, or nothing. */
export function reserve(share: Share, accounts: readonly Account[], ask: Ask): Outcome {
	if (ask.n < share.n || (ask.n === share.n && !share.open)) return { type: "stale" };
	if (accounts.every(({ limit }) => limit === undefined)) return { type: "unlimited" };
	if (ask.n === share.n) return { type: "granted", share, by: undefined };
	const heard = Math.max(share.spent, ask.spent);
	const bare: Share = { n: ask.n, open: true, spent: heard, granted: heard };
	const lefts = accounts.map((account) => leftOf(changed(account, share, bare)));
	const left = Math.min(...lefts);
	const by = lefts.indexOf(left);
	const amount = Math.max(0, Math.min(ask.amount, left));
	if (amount < ask.least) return { type: "refused", by };
	return { type: "granted", share: { ...bare, granted: heard + amount }, by: amount < ask.amount ? by : undefined };
}

export interface Word {
	readonly n: number;
	readonly spent: number;
	/** False: its work is over, the rest goes back. */
	readonly open: boolean;
}

/** What was spent counts whoever says it last; what is reserved is changed only by a word that is not older than it. */
export function settle(share: Share, word: Word): Share {
	const heard = { ...share, spent: Math.max(share.spent, word.spent) };
	return !word.open && word.n >= share.n ? { ...heard, n: word.n, open: false, granted: heard.spent } : heard;
}

/**
 * Takes back what an account no longer has: a limit was lowered, or others went beyond their share. `by` is the account
 * that did.
 */
export function shrunk(share: Share, accounts: readonly Account[]): { readonly share: Share; readonly by?: number } {
	const excesses = accounts.map((account) => Math.max(0, -leftOf(account)));
	const excess = Math.max(0, ...excesses);
	const cut = Math.min(reservedOf(share), excess);
	if (cut === 0) return { share };
	return { share: { ...share, granted: share.granted - cut }, by: excesses.indexOf(excess) };
}
