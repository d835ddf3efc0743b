/** Lists of commands against the real host and hub, with a model of the fleet: fast-check looks for the list that fails. */
import fc from "fast-check";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { Inbox } from "../../src/host/store/inbox.ts";
import { Outbox } from "../../src/host/store/outbox.ts";
import { COMMANDS, judgeModel, newModel } from "./commands.ts";
import { loadHub } from "./hub.ts";
import { Stand } from "./stand.ts";

vi.setConfig({ testTimeout: 240_000 });
beforeAll(loadHub);
afterEach(() => {
	vi.restoreAllMocks();
});

/** Lists that are played in each run of the tests; their seed is fixed, so that a failure is the same for everybody. */
const LISTS = { numRuns: 60, seed: 20_260_105 };

const lists = (replayPath?: string) =>
	fc.commands([...COMMANDS], {
		...{ maxCommands: 12, size: "max" },
		...(replayPath === undefined ? {} : { replayPath }),
	});

/** `replayPath`: as a failure prints it beside its list. */
const property = (replayPath?: string) =>
	fc.asyncProperty(lists(replayPath), fc.scheduler(), fc.noShrink(fc.nat()), async (commands, order, seed) => {
		const model = newModel();
		const real = new Stand(seed, order);
		try {
			await real.begin();
			await fc.asyncModelRun(() => ({ model, real }), commands);
			await real.rest([...model.crew].flatMap(([name, { state }]) => (state === "gone" ? [] : [name])));
			judgeModel(model, real);
		} finally {
			real.end();
		}
	});

const message = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

/** The shortest list that fails, in words; what it fails with, and with what when it is played again by its path. */
async function shortest(): Promise<{ readonly words: string; readonly error: string; readonly again: string }> {
	const found = await fc.check(property(), LISTS);
	const [list] = found.counterexample ?? [];
	const [words = "", replayPath] = String(list).split(/ *\/\*replayPath="|"\*\//);
	const path = found.counterexamplePath ?? "";
	const again = await fc.check(property(replayPath), { seed: found.seed, path, endOnFailure: true });
	return { words, error: message(found.errorInstance), again: message(again.errorInstance) };
}

test("whatever is asked and strikes in whatever order, the fleet does what the model says", async () => {
	await fc.assert(property(), LISTS);
});

test("a host that tells of no death is found, by a list of two commands that plays again", async () => {
	const add = Inbox.prototype.add;
	vi.spyOn(Inbox.prototype, "add").mockImplementation(function (this: Inbox, notice) {
		if (notice.type !== "death") add.call(this, notice);
	});
	const { words, error, again } = await shortest();
	expect(words).toMatch(/^create (\w+),(?:\d+ ms,)?kill -9 \1$/);
	expect(error).toContain("0 deaths told");
	expect(again).toBe(error);
});

test("a host that does not store how a message ended is found by a list of two commands", async () => {
	vi.spyOn(Outbox.prototype, "settle").mockReturnValue(undefined);
	const { words } = await shortest();
	expect(words).toMatch(/^create (\w+),(?:hard )?\w+ \1$/);
});
