/** Work belongs to a task, and done needs evidence: through the shipped package in real pi, with a real hub. */
import { expect, test } from "vitest";
import { describeEachPi, PACKAGE, type Step } from "../support/pi.ts";
import { bash, type FleetStage, fleetStage, say, tool } from "./fleet-stage.ts";

interface Row {
	readonly id: string;
	readonly title: string;
	readonly status: string;
	readonly tags: readonly string[];
	readonly claim?: { readonly by: string };
}

const tasks = (on: FleetStage): readonly Row[] => JSON.parse(on.flagship("board", "list", "--json")).tasks;
const claimed = /Task (\w{26}), claimed by you/.source;

await describeEachPi("the board gate", (pi) => {
	/** A lieutenant that gives its task back first, and so works without one. */
	const release = tool("board_update_task", { id: `\${/${claimed}/}`, assignee: null });
	const write = tool("write", { path: "b.txt", content: "b" });

	test("a change without a task is refused once, then a task is made and claimed, marked auto", async () => {
		const on = await fleetStage(pi, {});
		await on.run({ ada: [release, bash("ls; git status"), write, write, bash("echo c > c.txt"), say("done")] });
		expect(on.answers("ada").filter((text) => text.includes("Not begun: you hold no task"))).toHaveLength(1);
		const auto = tasks(on).filter((task) => task.tags.includes("auto"));
		expect(auto).toMatchObject([{ status: "in_progress", claim: { by: "ada" } }]);
		expect(auto[0]?.title).toMatch(/^\[auto\] Task \w{26}/);
		const events = on.events("board");
		expect(events.map((event) => event.metadata.verdict)).toEqual(["refused", "auto"]);
		expect(events[1]?.metadata.task).toBe(auto[0]?.id);
	});

	test("who holds its task is not asked; done without evidence is refused, with it taken", async () => {
		const on = await fleetStage(pi, { workLog: "enforce" });
		const done = tool("board_update_task", { id: `\${/${claimed}/}`, status: "done" });
		const commit = bash("echo b > b.txt && git add -A && git commit -q -m second");
		const log = tool("log_append", { text: "Added b.txt." });
		await on.run({ ada: [done, commit, log, done, say("done")] });
		const answers = on.answers("ada");
		expect(answers.filter((text) => text.includes("Nothing shows that task"))).toHaveLength(1);
		expect(tasks(on)).toMatchObject([{ status: "done" }]);
		expect(on.events("evidence").map(({ agent, metadata }) => [agent, metadata.verdict])).toEqual([["ada", "refused"]]);
	});

	test("warned: told once, nothing is made and nothing refused", async () => {
		const on = await fleetStage(pi, { board: "warn" });
		await on.run({ ada: [release, write, write, say("done")] });
		expect(tasks(on).filter((task) => task.tags.includes("auto"))).toEqual([]);
		expect(on.events("board").map((event) => event.metadata.verdict)).toEqual(["warned"]);
	});

	test("off: work needs no task, done no evidence", async () => {
		const on = await fleetStage(pi, { board: "off" });
		const done = tool("board_update_task", { id: `\${/${claimed}/}`, status: "done" });
		await on.run({ ada: [done, write, say("done")] });
		expect(tasks(on)).toMatchObject([{ status: "done" }]);
		expect(on.events("board")).toEqual([]);
	});

	const handIn = (): readonly Step[] => {
		const id = `\${/${claimed}/}`;
		const artifacts = [{ type: "branch", url: "lt/ada", label: "work" }];
		return [
			tool("board_submit_for_review", { taskId: id, summary: "done", artifacts }),
			tool("board_update_task", { id, status: "done" }),
			bash(`node ${PACKAGE}/bin/flagship.mjs board approve ${id}`),
			say("done"),
		];
	};

	test("nobody approves their own, by a tool or in a shell", async () => {
		const on = await fleetStage(pi, { board: "off" });
		await on.run({ ada: handIn() });
		expect(tasks(on)).toMatchObject([{ status: "in_review" }]);
		expect(on.answers("ada").filter((text) => text.includes("cannot approve what ada made"))).toHaveLength(2);
	});

	test.each(["warn", "off"])("review set to %s: it is done", async (review) => {
		const on = await fleetStage(pi, { board: "off", review });
		await on.run({ ada: handIn() });
		expect(tasks(on)).toMatchObject([{ status: "done" }]);
		const updated = JSON.parse(on.flagship("feed", "list", "--type", "task_updated", "--json")).at(-1);
		expect(updated.detail.own === true).toBe(review === "warn");
	});
});
