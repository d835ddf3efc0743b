/** The checks themselves, tried on hosts that were broken on purpose: each of these some seed must find. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { Purse } from "../../src/host/budgets/purse.ts";
import { News } from "../../src/host/news.ts";
import { Answers } from "../../src/host/store/answers.ts";
import { Inbox } from "../../src/host/store/inbox.ts";
import { Loops } from "../../src/host/store/loops.ts";
import { Outbox } from "../../src/host/store/outbox.ts";
import { Roster } from "../../src/host/store/roster.ts";
import { type RunOptions, simulate } from "./run.ts";

const broken = vi.hoisted(() => ({ forgotten: false, hasty: false, generous: false, deaf: false, endless: false }));

vi.mock(import("../../src/hub/budgets/ledger.ts"), async (original) => {
	const real = await original();
	return {
		...real,
		reserve: (share, accounts, ask) =>
			real.reserve(
				share,
				broken.generous ? accounts.map((account) => ({ ...account, limit: account.limit && 1e12 })) : accounts,
				ask,
			),
		settle: (share, word) => real.settle(share, broken.deaf ? { ...word, spent: 0 } : word),
	};
});

vi.mock(import("../../src/host/receipt.ts"), async (original) => {
	const real = await original();
	return {
		...real,
		after: (receipt, sighting) =>
			broken.forgotten && sighting === "forgotten" ? receipt : real.after(receipt, sighting),
	};
});

vi.mock(import("../../src/host/delivery.ts"), async (original) => {
	const real = await original();
	return {
		...real,
		deliver: (delivery, event) => {
			const first = real.deliver(delivery, event);
			if (!broken.hasty || event.type !== "asked") return first;
			const second = real.deliver(first.delivery, { type: "patience" });
			return { delivery: second.delivery, effects: [...first.effects, ...second.effects] };
		},
	};
});

vi.mock(import("../../src/host/ralph/loop.ts"), async (original) => {
	const real = await original();
	return { ...real, endOf: (...about) => (broken.endless ? undefined : real.endOf(...about)) };
});

afterEach(() => {
	Object.assign(broken, { forgotten: false, hasty: false, generous: false, deaf: false, endless: false });
	vi.restoreAllMocks();
});

/** Up to so many runs each, on a machine that may be busy: seconds of CPU, not of waiting. */
const SEEDS = 200;
vi.setConfig({ testTimeout: 120_000 });

async function firstFailure(options: RunOptions = {}): Promise<string> {
	for (let seed = 1; seed <= SEEDS; seed++) {
		const [failure] = (await simulate(seed, options)).failures;
		if (failure !== undefined) return failure;
	}
	return "none";
}

describe("the checks find", () => {
	test("a pack that does not drop what comes twice", async () => {
		expect(await firstFailure({ dedup: false })).toMatch(/times in the transcript/);
	});

	test("a host that does not store how a message ended", async () => {
		vi.spyOn(Outbox.prototype, "settle").mockReturnValue(undefined);
		expect(await firstFailure()).toMatch(/message \S+ is queued/);
	});

	test("a host that still calls accepted what pi no longer holds", async () => {
		broken.forgotten = true;
		expect(await firstFailure()).toMatch(/is sent anew and still accepted/);
	});

	test("a host that gives a message no time to show before it sends it anew", async () => {
		broken.hasty = true;
		expect(await firstFailure()).toMatch(/times in the transcript|is said after|was said after/);
	});

	test("a host that forgets, when it starts again, what was not ended", async () => {
		vi.spyOn(Outbox.prototype, "open").mockReturnValue([]);
		expect(await firstFailure()).toMatch(/message \S+ is (queued|accepted)/);
	});

	test("a host that does not keep its answers for a repeated call", async () => {
		vi.spyOn(Answers.prototype, "find").mockReturnValue(undefined);
		expect(await firstFailure()).toMatch(/asked twice/);
	});

	test("a host that tells of no death", async () => {
		const add = Inbox.prototype.add;
		vi.spyOn(Inbox.prototype, "add").mockImplementation(function (this: Inbox, notice) {
			if (notice.type !== "death") add.call(this, notice);
		});
		expect(await firstFailure()).toMatch(/0 deaths told of/);
	});

	test("a host that does not remember what it told", async () => {
		const save = Roster.prototype.save;
		vi.spyOn(Roster.prototype, "save").mockImplementation(function (this: Roster, { told: _, ...standing }) {
			save.call(this, standing);
		});
		expect(await firstFailure()).toMatch(/the same completion was told twice/);
	});

	test("a hub that reserves more than a limit has", async () => {
		broken.generous = true;
		expect(await firstFailure()).toMatch(/may spend \$.* are spent and reserved/);
	});

	test("a hub that does not count what it is told", async () => {
		broken.deaf = true;
		expect(await firstFailure()).toMatch(/were spent .* the hub heard of/);
	});

	test("a host that gives nothing back", async () => {
		vi.spyOn(Purse.prototype, "saved").mockReturnValue(undefined);
		const tell = Purse.prototype.look;
		vi.spyOn(Purse.prototype, "look").mockImplementation(function (this: Purse, id) {
			if (this.ceiling(id) !== undefined) tell.call(this, id);
		});
		expect(await firstFailure()).toMatch(/are still reserved|the hub heard of/);
	});

	test("a host that lets its agents go on when their money has ended", async () => {
		vi.spyOn(Purse.prototype, "met").mockReturnValue(undefined);
		vi.spyOn(Purse.prototype, "ceiling").mockReturnValue(undefined);
		expect(await firstFailure()).toMatch(/may spend \$\S+(, and|; its \d+ lieutenants) spent/);
	});

	test("a host that begins more rounds than a loop may have, or one after the command has passed", async () => {
		broken.endless = true;
		expect(await firstFailure()).toMatch(/loop \S+ has \d rounds, and began|began after one that passed/);
	});

	test("a host that goes on with a loop that has ended", async () => {
		const save = Loops.prototype.save;
		vi.spyOn(Loops.prototype, "save").mockImplementation(function (this: Loops, loop) {
			save.call(this, loop);
			const { endedAt: _, reason: __, ...again } = loop;
			if (loop.state === "stuck" || loop.state === "limit") save.call(this, { ...again, state: "running" });
		});
		expect(await firstFailure()).toMatch(/loop \S+ (left its end|has \d rounds)/);
	});

	test("a host that does not tell how a loop ended", async () => {
		const notice = News.prototype.notice;
		vi.spyOn(News.prototype, "notice").mockImplementation(function (this: News, given) {
			if (!given.text.startsWith("Ralph loop")) notice.call(this, given);
		});
		expect(await firstFailure()).toMatch(/the end of loop \S+ .* was told 0 times/);
	});
});
