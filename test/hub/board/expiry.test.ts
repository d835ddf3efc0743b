import { expect, test } from "vitest";
import { realWorld } from "../../../src/world/real.ts";
import { until } from "../../support/until.ts";
import { type Body, testHub } from "../support.ts";

test("a claim without a sign of life is freed, and the feed says so", async () => {
	const world = realWorld();
	const begun = Date.now();
	let now = begun;
	const quick = {
		...world,
		clock: {
			...{ ...world.clock, now: () => now, elapsed: () => now - begun },
			every: (_: number, run: () => void) => world.clock.every(20, run),
		},
	};
	const { done, mint } = await testHub({ world: quick });
	const token = await mint("lieutenant", "bob");
	const { id } = await done("POST", "/board/tasks", { title: "t", createdBy: "ann" });
	await done("POST", `/board/tasks/${id}/claim`, { ttl: 60 }, { token });
	now += 61_000;
	const free = await until(async () => {
		const task = await done("GET", `/board/tasks/${id}`);
		return task.assignee === undefined && task;
	}, "the claim's end");
	expect(free).toMatchObject({ status: "open" });
	const events = await done("GET", "/feed/events");
	expect(events.filter((event: Body) => event.type === "task_claim_expired")).toMatchObject([
		{ agent: "bob", actor: "hub", detail: { task: id } },
	]);
});

test("a night's sleep ends no claim: whoever asks first afterwards finds it held, and it has as much left as before", async () => {
	const world = realWorld();
	let slept = 0;
	const clock = {
		...{ ...world.clock, now: () => world.clock.now() + slept },
		every: (_: number, run: () => void) => world.clock.every(20, run),
	};
	const { done, ask, mint } = await testHub({ world: { ...world, clock } });
	const [bob, eve] = [await mint("lieutenant", "bob"), await mint("lieutenant", "eve")];
	const { id } = await done("POST", "/board/tasks", { title: "t", createdBy: "ann" });
	const { claim } = await done("POST", `/board/tasks/${id}/claim`, { ttl: 60 }, { token: bob });
	slept = 8 * 3_600_000;
	expect((await ask("POST", `/board/tasks/${id}/claim`, {}, { token: eve })).body.code).toBe("task_taken");
	const after = await done("GET", `/board/tasks/${id}`);
	expect(after).toMatchObject({ assignee: "bob" });
	expect(Math.round((Date.parse(after.claim.until) - Date.parse(claim.until)) / 60_000)).toBe(8 * 60);
	const events = await done("GET", "/feed/events");
	expect(events.filter((event: Body) => event.type === "task_claim_expired")).toEqual([]);
});
