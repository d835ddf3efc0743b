import { describe, expect, test } from "vitest";
import { fault } from "../../src/errors.ts";
import { TaskWatch } from "../../src/fleet/open-tasks.ts";
import { realWorld } from "../../src/world/real.ts";

let at = 0;
const clock = { ...realWorld().clock, elapsed: () => at };
const none = { tasks: [], open: 0 };

describe("the open tasks at hand", () => {
	test("are asked for once at a time, and again only after a few seconds", async () => {
		let asked = 0;
		const answer = Promise.withResolvers<typeof none>();
		const watch = new TaskWatch(clock, () => {
			asked++;
			return answer.promise;
		});
		const both = [watch.refresh(), watch.refresh()];
		expect([asked, watch.tasks]).toEqual([1, undefined]);
		answer.resolve(none);
		await Promise.all(both);
		expect(watch.tasks).toEqual(none);
		at += 2_999;
		await watch.refresh();
		expect(asked).toBe(1);
		at += 1;
		await watch.refresh();
		expect(asked).toBe(2);
	});

	test("stay as they were while the hub is away, with the reason, until it answers", async () => {
		let away = false;
		const watch = new TaskWatch(clock, async () => {
			if (away) throw fault("hub_away", "http://h");
			return none;
		});
		await watch.refresh();
		away = true;
		at += 3_000;
		await watch.refresh();
		expect([watch.tasks, watch.away]).toEqual([none, "The hub at http://h does not answer."]);
		away = false;
		at += 3_000;
		await watch.refresh();
		expect(watch.away).toBeUndefined();
	});
});
