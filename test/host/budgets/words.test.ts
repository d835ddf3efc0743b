/** What a host tells its hub of money, where its own words overtake each other: each answer is counted once, and none is forgotten. */
import { DatabaseSync } from "node:sqlite";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Client } from "../../../src/client/client.ts";
import type { AnyOperation } from "../../../src/contract/operation.ts";
import { Purse } from "../../../src/host/budgets/purse.ts";
import type { Standing } from "../../../src/host/store/roster.ts";
import { Store } from "../../../src/host/store/store.ts";
import { realWorld } from "../../../src/world/real.ts";
import { until } from "../../support/until.ts";

const ID = "01KE6P4Z4GM8JD5B2B4PP23NEK";
const ADA = { id: ID, name: "ada", fleet: "captain" };
const BUDGET = { limitUsd: 10, spentUsd: 0, reservedUsd: 0, since: "" };

interface Word {
	readonly n: number;
	readonly spentUsd: number;
	readonly usd?: number;
	readonly open?: boolean;
}

/** A purse and a hub that answers when it is told to; `ada` is the only lieutenant. */
function makePurse() {
	const ada: { costUsd: number; works: boolean; gone: boolean } = { costUsd: 0, works: true, gone: false };
	/** `holds`: what the hub does not answer yet. */
	const state = { linked: true, spent: 0, holds: "" };
	const said: (Word & { readonly operation: string })[] = [];
	const waiting: (() => void)[] = [];
	const standing = () =>
		({
			...{ spec: { id: ID, name: "ada" }, owner: "captain", state: "working", costUsd: ada.costUsd },
			...(ada.works ? { bound: { cap: {}, from: { usd: 0 } } } : {}),
		}) as unknown as Standing;
	const call = async (operation: AnyOperation, input: unknown): Promise<unknown> => {
		if (operation.name === state.holds) await new Promise<void>((resolve) => waiting.push(resolve));
		if (operation.name === "budgets.show") return { fleet: "captain", ...BUDGET, lieutenants: [] };
		const word = input as Word;
		said.push({ ...word, operation: operation.name });
		state.spent = Math.max(state.spent, word.spentUsd);
		const grantedUsd = word.open === false ? state.spent : state.spent + (word.usd ?? 1);
		return { n: word.n, open: word.open !== false, grantedUsd, spentUsd: state.spent, fleet: BUDGET };
	};
	const purse = new Purse({
		...{ world: realWorld(), store: new Store(new DatabaseSync(":memory:"), "memory"), step: 1 },
		settings: { fleetUsd: 10, warnPercent: 80 },
		hub: () => ({ call }) as unknown as Client,
		linked: () => state.linked,
		reachable: () => true,
		stands: async () => undefined,
		standing: (id) => (id === ID && !ada.gone ? standing() : undefined),
		living: () => (ada.gone ? [] : [standing()]),
		costUsd: (id) => (id === ID ? ada.costUsd : undefined),
		...{ ration: () => undefined, stop: () => undefined, warn: () => undefined, show: () => undefined },
		complain: (what) => {
			throw new Error(what);
		},
	});
	const answer = () => {
		for (const resolve of waiting.splice(0)) resolve();
	};
	const work = (costUsd: number) => purse.during({ ...ADA, costUsd }, { usd: 1, least: 0.01 }, async () => undefined);
	return { ada, state, said, purse, waiting, answer, work };
}

test("what is spent, and told, while the host asks how the fleet's money stands is not counted twice", async () => {
	const { ada, state, said, purse, waiting, answer, work } = makePurse();
	await work(0);
	ada.costUsd = 0.1;
	purse.look(ID);
	await until(() => said.at(-1)?.spentUsd === 0.1, "the word of the first answer");
	state.holds = "budgets.show";
	purse.tick();
	await until(() => waiting.length > 0, "the question");
	Object.assign(ada, { costUsd: 0.2, works: false });
	purse.look(ID);
	await until(() => purse.quiet, "the rest to be given back");
	state.holds = "";
	answer();
	// What the host makes of the answer.
	await setTimeout(20);
	ada.works = true;
	await work(0.2);
	ada.costUsd = 0.3;
	purse.look(ID);
	await until(() => (said.at(-1)?.spentUsd ?? 0) > 0.2, "the word of the third answer");
	expect(said.at(-1)?.spentUsd).toBe(0.3);
});

test("a reservation that waited for its turn says what was spent by then", async () => {
	const { ada, state, said, waiting, answer, work } = makePurse();
	state.holds = "budgets.reserve";
	const first = work(0);
	const next = work(0);
	await until(() => waiting.length > 0, "the first reservation");
	ada.costUsd = 0.1;
	state.holds = "";
	answer();
	await Promise.all([first, next]);
	expect(said.map(({ spentUsd }) => spentUsd)).toEqual([0, 0.1]);
});

test("what a lieutenant spent last, while the hub was away, is told after it is gone", async () => {
	const { ada, state, said, purse, work } = makePurse();
	await work(0);
	ada.costUsd = 0.1;
	purse.look(ID);
	await until(() => said.at(-1)?.spentUsd === 0.1, "the word of the first answer");
	state.linked = false;
	Object.assign(ada, { costUsd: 0.25, gone: true });
	purse.tick();
	expect(purse.quiet).toBe(false);
	state.linked = true;
	purse.tick();
	await until(() => purse.quiet, "the rest to be given back");
	expect(said.at(-1)).toMatchObject({ operation: "budgets.settle", spentUsd: 0.25, open: false });
});
