import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
	type Account,
	changed,
	NO_SHARE,
	reserve,
	reservedOf,
	type Share,
	settle,
	shrunk,
	spentOf,
} from "../../../src/hub/budgets/ledger.ts";

const account = (limit: number | undefined, more: Partial<Account> = {}): Account => ({
	...{ limit, spent: 0, base: 0, reserved: 0 },
	...more,
});
const FREE = account(undefined);

/** A fleet of a few lieutenants, as the hub keeps it: shares, and the account that is changed with each of them. */
class Fleet {
	readonly shares = new Map<number, Share>();
	account: Account;

	constructor(limit: number) {
		this.account = account(limit);
	}

	share(who: number): Share {
		return this.shares.get(who) ?? NO_SHARE;
	}

	put(who: number, after: Share): void {
		this.account = changed(this.account, this.share(who), after);
		this.shares.set(who, after);
	}

	reserve(who: number, n: number, amount: number, least: number): void {
		const outcome = reserve(this.share(who), [this.account, FREE], { n, spent: this.share(who).spent, amount, least });
		if (outcome.type === "granted") this.put(who, outcome.share);
	}

	settle(who: number, n: number, spent: number, open: boolean): void {
		const said = settle(this.share(who), { n, spent, open });
		const after = changed(this.account, this.share(who), said);
		this.put(who, shrunk(said, [after, FREE]).share);
	}
}

const who = fc.integer({ min: 0, max: 3 });
const n = fc.integer({ min: 1, max: 12 });
const amount = fc.integer({ min: 0, max: 40 });
const act = fc.oneof(
	fc.record({ type: fc.constant("reserve" as const), who, n, amount, least: fc.integer({ min: 0, max: 40 }) }),
	/** Never above what was granted: the agent keeps to its share. */
	fc.record({
		type: fc.constant("settle" as const),
		who,
		n,
		part: fc.integer({ min: 0, max: 100 }),
		open: fc.boolean(),
	}),
);

describe("the ledger", () => {
	test("never has more spent and reserved than the limit, whatever is asked and told, in any order", () => {
		fc.assert(
			fc.property(fc.array(act, { maxLength: 60 }), fc.integer({ min: 1, max: 100 }), (acts, limit) => {
				const fleet = new Fleet(limit);
				for (const one of acts) {
					const share = fleet.share(one.who);
					if (one.type === "reserve") fleet.reserve(one.who, one.n, one.amount, one.least);
					else
						fleet.settle(one.who, one.n, Math.floor((Math.max(share.spent, share.granted) * one.part) / 100), one.open);
					expect(spentOf(fleet.account) + fleet.account.reserved).toBeLessThanOrEqual(limit);
					const all = [...fleet.shares.values()];
					expect(fleet.account.spent).toBe(all.reduce((sum, { spent }) => sum + spent, 0));
					expect(fleet.account.reserved).toBe(all.reduce((sum, one) => sum + reservedOf(one), 0));
				}
			}),
			{ numRuns: 300 },
		);
	});

	test("comes to the same end however often and in whatever order it is told what was spent", () => {
		const words = fc.array(fc.record({ n: fc.constant(1), spent: fc.integer({ min: 0, max: 100 }) }), { minLength: 1 });
		fc.assert(
			fc.property(words, fc.integer(), (told, seed) => {
				const share: Share = { n: 1, open: true, spent: 0, granted: 50 };
				const end = (order: typeof told) => order.reduce((so, word) => settle(so, { ...word, open: true }), share);
				const shuffled = [...told, ...told].sort((a, b) => ((a.spent * 31 + seed) % 7) - ((b.spent * 31 + seed) % 7));
				expect(end(shuffled)).toEqual(end(told));
				expect(end(told).spent).toBe(Math.max(...told.map(({ spent }) => spent)));
			}),
		);
	});

	test("what a turn in flight spent beyond its share is taken from what others have reserved, and from nothing else", () => {
		const fleet = new Fleet(100);
		fleet.reserve(0, 1, 50, 50);
		fleet.reserve(1, 1, 50, 50);
		fleet.settle(0, 1, 60, true);
		expect(spentOf(fleet.account) + fleet.account.reserved).toBe(110);
		fleet.settle(1, 1, 5, true);
		expect(fleet.share(1)).toMatchObject({ granted: 40, spent: 5 });
		expect(spentOf(fleet.account) + fleet.account.reserved).toBe(100);
	});

	test("an older word gives nothing back, and a share that was given back is not given again by a late one", () => {
		const open: Share = { n: 5, open: true, spent: 10, granted: 50 };
		expect(settle(open, { n: 4, spent: 12, open: false })).toEqual({ ...open, spent: 12 });
		const closed = settle(open, { n: 5, spent: 12, open: false });
		expect(closed).toMatchObject({ open: false, spent: 12, granted: 12 });
		const late = { spent: 0, amount: 10, least: 0 };
		expect(reserve(closed, [account(100), FREE], { n: 5, ...late })).toEqual({ type: "stale" });
		expect(reserve(closed, [account(100), FREE], { n: 4, ...late })).toEqual({ type: "stale" });
		expect(reserve(open, [account(100), FREE], { n: 5, ...late })).toMatchObject({ type: "granted", share: open });
	});

	test("of two budgets the one with less left decides, and is named", () => {
		const ask = { n: 1, spent: 0, amount: 30, least: 1 };
		expect(reserve(NO_SHARE, [account(100), account(20)], ask)).toMatchObject({ by: 1, share: { granted: 20 } });
		expect(reserve(NO_SHARE, [account(10), account(20)], ask)).toMatchObject({ by: 0, share: { granted: 10 } });
		expect(reserve(NO_SHARE, [account(10), account(20)], { ...ask, least: 30 })).toEqual({ type: "refused", by: 0 });
		expect(reserve(NO_SHARE, [FREE, FREE], ask)).toEqual({ type: "unlimited" });
	});
});
