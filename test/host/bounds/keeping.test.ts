/** The keeper of one lieutenant's bounds, turn by turn: what it tells, what it stores with that, and when it ends it. */
import { beforeEach, describe, expect, test } from "vitest";
import { Keeper } from "../../../src/host/bounds/keeper.ts";
import type { Look } from "../../../src/host/journal.ts";
import type { Asked } from "../../../src/host/store/outbox.ts";
import type { Standing } from "../../../src/host/store/roster.ts";
import { answer, asked, changed, look, type Raw, reading, session, work } from "../looks.ts";
import { Post } from "../post.ts";

const MINUTE = 60_000;

let post: Post;
let keeper: Keeper;
let told: Look[];
let asks: Asked[];
let ended: number;
let resting: boolean;
let now: Look;
/** What was put into the order of pi's records and has not run yet. */
let queued: (() => Promise<void>)[];

function open(facts: Partial<Standing> = {}): void {
	post = new Post(facts);
	told = [];
	asks = [];
	queued = [];
	ended = 0;
	resting = true;
	now = look([]);
	keeper = new Keeper({
		quarters: post.quarters,
		register: post.register,
		ask: (message) => {
			// Stored first: a host killed between the two says it again.
			expect(post.messages.map(({ id }) => id)).toContain(message.id);
			asks.push(message);
		},
		end: () => {
			ended += 1;
		},
		queue: (run) => void queued.push(run),
		look: async () => now,
		resting: () => resting,
		told: (one) => {
			expect(post.notices.at(-1)?.type).toBe("completion");
			told.push(one);
		},
	});
}
beforeEach(() => open());

async function drain(): Promise<void> {
	await new Promise((resolve) => setImmediate(resolve));
	for (const run of queued.splice(0)) await run();
}

const bound = () => post.register.standing.bound;
/** So many turns that only read, the last of them just over. */
const turns = (count: number, ...more: readonly Raw[]) =>
	look(session(asked(0), ...Array.from({ length: count }, (_, n) => reading(n, `c${n}`)).flat(), ...more));
const turn = (count: number): void => keeper.turned(post.counted(turns(count)));
const words = (): readonly string[] => asks.map(({ mode, hard, text }) => `${mode}${hard ? " hard" : ""}: ${text}`);
const answered = (text: string): Look => post.counted(look(session(asked(0), answer(1, text, 0.1))));

describe("a turn", () => {
	test("climbs the ladder rung by rung, each stored with its message, and ends in a stop", () => {
		keeper.assign({ cap: { turns: 100 } });
		for (let n = 1; n <= 14; n++) turn(n);
		expect(asks).toEqual([]);
		for (let n = 15; n <= 21; n++) turn(n);
		expect(words()).toEqual([
			expect.stringMatching(/^steer: A reminder: 15 turns and nothing written/),
			expect.stringMatching(/^steer: Stop reading: 18 turns and nothing written/),
			expect.stringMatching(/^steer hard: Stop reading: 21 turns and nothing written/),
		]);
		expect(post.messages.map(({ id }) => id)).toEqual(asks.map(({ id }) => id));
		expect(post.stored?.bound).toMatchObject({ rung: 3, rungAt: 21, words: asks.slice(0, 2).map(({ id }) => id) });
		turn(23);
		expect([asks.length, ended]).toEqual([3, 0]);
		turn(24);
		expect([ended, post.stored?.state]).toEqual([1, "stopped"]);
		expect(post.stored?.reason).toMatch(/^24 turns without a write, 0 files → report /);
		expect([post.notices.map(({ type }) => type), post.reports.length, post.records.length]).toEqual([["limit"], 1, 1]);
	});

	test("that wrote sets it back to the foot of the ladder, and that is stored", () => {
		keeper.assign({ cap: { turns: 100 } });
		turn(15);
		keeper.turned(post.counted(turns(16, work(16, changed(["a.ts"], [])))));
		expect(post.stored?.bound?.rung).toBe(0);
		keeper.turned(post.counted(turns(17, work(17, changed(["a.ts"], [])))));
		expect(asks).toHaveLength(1);
	});

	test("changes nothing where it stands on a rung that is not due again", () => {
		keeper.assign({ cap: { turns: 100 } });
		turn(15);
		const before = bound();
		turn(16);
		expect(bound()).toBe(before);
	});

	test("of a run that nobody gave begins an allowance like any other", () => {
		turn(1);
		expect(bound()).toMatchObject({ cap: { turns: 30, usd: 2 }, deliverable: { type: "report" } });
	});

	test("that meets the cap ends it, once, and the cap is named", () => {
		keeper.assign({ cap: { turns: 3 } });
		turn(2);
		expect(ended).toBe(0);
		turn(3);
		turn(4);
		expect([ended, post.stored?.state, post.reports.length]).toEqual([1, "stopped", 1]);
		expect(post.stored?.reason).toMatch(/^3 turns, /);
	});

	test("that meets a budget ends it, and the budget is named", () => {
		keeper.assign({});
		post.spent = "the fleet's $5.00";
		turn(1);
		expect([ended, post.stored?.reason]).toEqual([1, expect.stringMatching(/^the fleet's \$5\.00, /)]);
	});

	test("that ends the run is judged by its answer, not by how far it went", () => {
		keeper.assign({ cap: { turns: 1 } });
		keeper.turned(answered("done"));
		expect(ended).toBe(0);
	});
});

describe("new work", () => {
	test("keeps what is not said again, and fresh work does not", () => {
		keeper.assign({ cap: { turns: 7 }, deliverable: { type: "none" }, task: "t1" });
		expect(keeper.assign({ cap: { turns: 9 } })).toMatchObject({
			...{ cap: { turns: 9 }, deliverable: { type: "none" }, task: "t1" },
		});
		const fresh = keeper.assign({}, true);
		expect(fresh).toMatchObject({ cap: { turns: 30, usd: 2 }, deliverable: { type: "report" } });
		expect(fresh.task).toBeUndefined();
		expect(post.stored?.bound).toEqual(fresh);
	});

	test("begins to count where the session stands", () => {
		turn(5);
		keeper.assign({ cap: { turns: 3 } });
		turn(7);
		expect(ended).toBe(0);
		turn(8);
		expect(ended).toBe(1);
	});
});

describe("one that is started again", () => {
	test("after a pause goes on with a fresh allowance, and is told nothing", () => {
		open({ state: "paused" });
		const before = keeper.assign({ cap: { turns: 3 } });
		keeper.renew();
		expect(asks).toEqual([]);
		expect(bound()).toEqual({ ...before, id: bound()?.id });
		expect(bound()?.id).not.toBe(before.id);
	});

	test("after a limit is told so, with what there is to be said beside it", () => {
		open({ state: "stopped" });
		const before = keeper.assign({ cap: { turns: 3 } });
		keeper.renew("Task t1 is claimed again.");
		expect(words()).toEqual([
			expect.stringMatching(
				/^resume: You were stopped at a limit .* 3 turns from here\. .* Task t1 is claimed again\.$/,
			),
		]);
		expect(bound()?.id).not.toBe(before.id);
		expect(post.messages).toHaveLength(1);
	});

	test("without work has nothing to go on with", () => {
		open({ state: "stopped" });
		keeper.renew("a note");
		expect([asks, bound()]).toEqual([[], undefined]);
	});
});

describe("at rest without an answer", () => {
	test("it is stopped when its pack ended it at the cap, and only then", () => {
		keeper.rested(turns(1));
		keeper.assign({ cap: { turns: 3 } });
		keeper.rested(post.counted(turns(2)));
		expect(ended).toBe(0);
		keeper.rested(post.counted(turns(3)));
		expect([ended, post.stored?.reason]).toEqual([1, expect.stringMatching(/^3 turns, /)]);
	});

	test("a budget that is met stops it as well, an answer never", () => {
		keeper.assign({ cap: { turns: 1 } });
		keeper.rested(answered("done"));
		expect(ended).toBe(0);
		post.spent = "its budget of $1.00";
		keeper.rested(look(session(asked(0))));
		expect(ended).toBe(1);
	});
});

describe("time", () => {
	test("ends it while nothing happens, when the minutes are over and not before", async () => {
		keeper.tick();
		keeper.assign({ cap: { minutes: 10 } });
		post.now += 9 * MINUTE;
		keeper.tick();
		expect(queued).toHaveLength(0);
		post.now += MINUTE;
		keeper.tick();
		await drain();
		expect([ended, post.stored?.reason]).toEqual([1, expect.stringMatching(/^10 minutes, /)]);
	});

	test("that the machine slept is not the lieutenant's, also when that is learned a moment later", async () => {
		keeper.slept(MINUTE);
		expect(bound()).toBeUndefined();
		keeper.assign({ cap: { minutes: 10 } });
		const before = bound();
		keeper.slept(0);
		expect(bound()).toBe(before);
		post.now += 60 * MINUTE;
		keeper.tick();
		keeper.slept(60 * MINUTE);
		await drain();
		expect([ended, post.stored?.bound?.from.at]).toEqual([0, post.now]);
	});

	test("does not end it while what it delivered is looked for", () => {
		keeper.assign({ cap: { minutes: 1 }, deliverable: { type: "branch", before: "" } });
		now = answered("done");
		keeper.finished(now);
		post.now += 5 * MINUTE;
		keeper.tick();
		expect(queued).toHaveLength(0);
	});
});

test("a steer that did not land ends it, also in a run that nobody gave", async () => {
	keeper.exceeded("a steer not consumed in 20 s");
	await drain();
	expect([ended, post.stored?.reason]).toEqual([1, expect.stringMatching(/^a steer not consumed in 20 s, /)]);
});

test("a limit that was met by work that has been replaced meanwhile ends nothing", async () => {
	keeper.assign({ cap: { minutes: 1 } });
	post.now += 2 * MINUTE;
	keeper.tick();
	keeper.assign({}, true);
	await drain();
	expect(ended).toBe(0);
});

describe("an answer", () => {
	test("ends the work and is told once, by whoever asks", () => {
		keeper.assign({});
		const seen = answered("It is all there.");
		keeper.finished(seen);
		keeper.finished(seen);
		expect(told).toEqual([seen]);
		expect(post.notices.map(({ type }) => type)).toEqual(["completion"]);
		expect([bound(), post.stored?.told]).toEqual([undefined, seen.answer]);
	});

	test("of one without work is told too", () => {
		keeper.finished(answered("hello"));
		expect(told).toHaveLength(1);
	});

	test("without what was due is asked for once, and then told with what is missing", () => {
		keeper.assign({ deliverable: { type: "report", least: 80 } });
		keeper.finished(answered("done"));
		expect(words()).toEqual([
			expect.stringMatching(/^followUp: Not finished\. Missing: a report, its answer has 4 characters\. /),
		]);
		expect([told.length, post.stored?.bound?.reminded]).toEqual([0, true]);
		const again = post.counted(look(session(asked(0), answer(1, "done", 0.1), asked(2), answer(3, "still done", 0.1))));
		keeper.finished(again);
		expect(told).toEqual([again]);
		expect(post.notices.at(-1)?.text).toContain("Missing: a report");
	});

	describe("that has to be looked for", () => {
		beforeEach(() => {
			keeper.assign({ deliverable: { type: "branch", before: "" } });
			now = answered("done");
			keeper.finished(now);
		});

		test("is told with what was found, after one look however often it is asked", async () => {
			keeper.finished(now);
			expect(post.checks).toHaveLength(1);
			post.checks[0]?.found({ met: true, says: "Delivered: 2 commits." });
			await drain();
			expect(told).toEqual([now]);
			expect(post.notices.at(-1)?.text).toContain("Delivered: 2 commits.");
		});

		test("counts as there when it cannot be looked for, and that is said", async () => {
			post.checks[0]?.failed(new Error("git is gone"));
			await drain();
			expect(post.notices.at(-1)?.text).toContain("Not checked: git is gone.");
		});

		test("is looked for again after it was asked for", async () => {
			post.checks[0]?.found({ met: false, says: "Missing: commits." });
			await drain();
			expect(words()).toEqual([expect.stringMatching(/^followUp: Not finished\. Missing: commits\./)]);
			keeper.finished(now);
			expect(post.checks).toHaveLength(2);
		});

		const meanwhile: Readonly<Record<string, () => void>> = {
			"it works again": () => {
				resting = false;
			},
			"it said something else since": () => {
				now = look(session(asked(0), answer(5, "a", 0), answer(6, "b", 0)));
			},
			"it was told": () => post.register.finished(now, ""),
		};
		test.each(Object.keys(meanwhile))("is not concluded when meanwhile %s", async (what) => {
			meanwhile[what]?.();
			const notices = post.notices.length;
			post.checks[0]?.found({ met: true, says: "Delivered." });
			await drain();
			expect([told, post.notices.length]).toEqual([[], notices]);
		});
	});
});
