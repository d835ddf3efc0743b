/** The checks themselves, tried on hosts that were broken on purpose: each of these some seed must find. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { Answers } from "../../src/host/store/answers.ts";
import { Inbox } from "../../src/host/store/inbox.ts";
import { Outbox } from "../../src/host/store/outbox.ts";
import { Roster } from "../../src/host/store/roster.ts";
import { type RunOptions, simulate } from "./run.ts";

const broken = vi.hoisted(() => ({ forgotten: false, hasty: false }));

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

afterEach(() => {
	Object.assign(broken, { forgotten: false, hasty: false });
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
});
