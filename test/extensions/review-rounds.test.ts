/** A review in rounds through the shipped package, in real pi, with real hub, host and git, both killed in the middle. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeEachPi } from "../support/pi.ts";
import { until } from "../support/until.ts";
import { bash, type FleetStage, fleetStage, say, tool } from "./fleet-stage.ts";

const id = `\${/${/Task (\w{26}), claimed by you/.source}/}`;
const commit = (text: string) => bash(`echo ${text} > out.txt && git add -A && git commit -q -m ${text}`);
const handIn = (summary: string) => tool("board_submit_for_review", { taskId: id, summary });
const finding = { file: "out.txt", line: 1, severity: "major", claim: "It says one", evidence: "cat out.txt: one" };

interface Row {
	readonly id: string;
	readonly status: string;
	readonly assignee?: string;
}

interface RoundRow {
	readonly round: number;
	readonly verdict?: string;
	readonly told?: { readonly to: string; readonly state: string; readonly message?: string };
}

const pidOf = (on: FleetStage, daemon: "host" | "hub"): number =>
	JSON.parse(readFileSync(join(on.home.flagship, "run", `${daemon}.json`), "utf8")).pid;
const kill = (on: FleetStage, daemon: "host" | "hub"): void => void process.kill(pidOf(on, daemon), "SIGKILL");

await describeEachPi("a review in rounds", (pi) => {
	test("what needs changes reaches its author once, though host and hub are killed on the way, and comes back better", async () => {
		const on = await fleetStage(pi, {});
		const task = (): Row => JSON.parse(on.flagship("board", "list", "--json")).tasks[0];
		const rounds = (): readonly RoundRow[] => JSON.parse(on.flagship("board", "rounds", task().id, "--json")).rounds;
		await on.run({
			ada: [commit("one"), handIn("first try"), say("handed in"), commit("two"), handIn("second try"), say("again")],
		});
		expect(task()).toMatchObject({ status: "in_review", assignee: "ada" });

		kill(on, "host");
		const said = on.flagship("board", "verdict", task().id, "needs_changes", "--findings", JSON.stringify([finding]));
		expect(said).toContain("round 1, needs_changes. ada is told, and holds the task again.");
		kill(on, "hub");

		// Seen by the model's own requests first: each look by the command line takes a process.
		const asked = (): number => on.model.requests.filter(({ key }) => key === "ada").length;
		await until(() => asked() >= 6, "the second round", 60_000);
		await until(() => rounds().length === 2, "the second round in the hub");
		await until(() => rounds()[0]?.told?.state === "consumed", "the receipt", 30_000);
		const [first, second] = rounds();
		expect(first).toMatchObject({ verdict: "needs_changes", told: { to: "ada", message: expect.any(String) } });
		expect(second).not.toHaveProperty("verdict");
		const heard = on.model.requests.filter(({ key }) => key === "ada").at(-1);
		expect(JSON.stringify(heard?.body).split("[major] out.txt:1: It says one").length - 1).toBe(1);
		const messages: readonly { text: string }[] = JSON.parse(on.flagship("lt", "messages", "ada", "--json")).messages;
		expect(
			messages.filter(({ text }) => text.includes("needs changes")).map(({ text }) => text.split("\n").at(-1)),
		).toEqual(["Due at the end: its task done."]);

		const diff = on.flagship("board", "diff", task().id);
		expect(diff).toMatch(/^lt\/ada, [0-9a-f]{40} → [0-9a-f]{40}:$/m);
		expect(diff).toContain("-one\n+two");
		expect(on.flagship("board", "verdict", task().id, "approve", "--round", "2")).toContain(
			"is done: round 2, approve.",
		);
		const history = on.flagship("board", "history", task().id);
		for (const type of ["task_submitted", "task_needs_changes", "task_verdict_delivered", "task_approved"])
			expect(history).toContain(type);
		expect(history.split("task_verdict_delivered").length - 1).toBe(1);
	});
});
