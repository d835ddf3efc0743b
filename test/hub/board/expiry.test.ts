import { expect, test } from "vitest";
import { realWorld } from "../../../src/world/real.ts";
import { until } from "../../support/until.ts";
import { type Body, testHub } from "../support.ts";

test("a claim without a sign of life is freed, and the feed says so", async () => {
	const world = realWorld();
	let now = Date.now();
	const quick = {
		...world,
		clock: { ...world.clock, now: () => now, every: (_: number, run: () => void) => world.clock.every(20, run) },
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
