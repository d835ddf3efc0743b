/** Done is what the host has seen: through the shipped package in real pi, with a real hub, host and git. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeEachPi } from "../support/pi.ts";
import { bash, type FleetStage, fleetStage, say, tool } from "./fleet-stage.ts";

const id = `\${/${/Task (\w{26}), claimed by you/.source}/}`;
const done = tool("board_update_task", { id, status: "done" });
const settle = bash("sleep 1");

interface Row {
	readonly id: string;
	readonly status: string;
	readonly check?: string;
	readonly evidence?: readonly Readonly<Record<string, unknown>>[];
}

await describeEachPi("done needs evidence that the host has seen", (pi) => {
	const begin = async (gates: Readonly<Record<string, string>>) => {
		const on = await fleetStage(pi, gates);
		const runs = join(on.home.root, "runs");
		on.write("check.sh", `echo run >> ${runs}\ntest -f out.txt || { echo out.txt is missing; exit 4; }\n`);
		on.git("add", "-A");
		on.git("commit", "-q", "-m", "a check");
		return { on, runs: () => readFileSync(runs, "utf8").trim().split("\n").length };
	};
	const create = { deliverable: "command:sh check.sh" };
	const task = (on: FleetStage): Row => JSON.parse(on.flagship("board", "list", "--json")).tasks[0];
	const refusals = (on: FleetStage) => on.answers("ada").filter((text) => /Task \w{26} is not done/.test(text));

	test("off: whoever says done is done", async () => {
		const { on } = await begin({ board: "off" });
		await on.run({ ada: [done, say("done")] }, { create });
		expect(task(on)).toMatchObject({ status: "done", check: "sh check.sh" });
	});

	test("on: words are none, a run on these very files is; it is run once for them", async () => {
		const { on, runs } = await begin({ workLog: "enforce" });
		// What a project says does not loosen what the hub holds.
		on.write(".pi/flagship.json", JSON.stringify({ gates: { board: "off" } }));
		const claim = tool("log_append", { text: "Ran check.sh: 12 tests passed." });
		const words = tool("board_add_note", { taskId: id, content: "sh check.sh passes", type: "finding" });
		const write = bash("echo x > out.txt && git add -A && git commit -q -m out");
		const log = tool("log_append", { text: "Added out.txt." });
		await on.run(
			{ ada: [done, settle, done, claim, words, done, write, done, settle, done, log, say("done")] },
			{ create },
		);
		expect(refusals(on).length).toBeGreaterThanOrEqual(3);
		expect(refusals(on)[1]).toContain("its check `sh check.sh` has not passed on the files as they are");
		expect(refusals(on)[1]).toContain("it ended with 4 (out.txt is missing)");
		expect(task(on).status).toBe("done");
		const { evidence = [] } = task(on);
		const tree = on.git("rev-parse", "lt/ada^{tree}");
		expect(evidence.map(({ command, passed, code }) => [command, passed, code])).toEqual([
			["sh check.sh", false, 4],
			["sh check.sh", true, 0],
		]);
		expect(evidence[1]).toMatchObject({ tree, host: expect.any(String), at: expect.any(String) });
		expect(runs()).toBe(2);
		expect(on.events("evidence").map((event) => event.metadata.verdict)).toEqual(refusals(on).map(() => "refused"));
		expect(on.flagship("gates")).toMatch(/evidence\s+enforce\s+\(gates\.board\)\s+\d refused/);
	});

	test("what was handed in counts at the approval, though its maker went on; what fails is not approved", async () => {
		const { on } = await begin({});
		const submit = tool("board_submit_for_review", { taskId: id, summary: "done" });
		const write = bash("echo x > out.txt");
		await on.run({ ada: [write, submit, settle, bash("rm out.txt"), say("done")] }, { create });
		const { id: made, status } = task(on);
		expect(status).toBe("in_review");
		const done = (task: string) => tool("board_update_task", { id: task, status: "done" });
		await on.run({}, { first: [done(made)] });
		expect(task(on).status).toBe("done");

		const other = await begin({});
		await other.on.run({ ada: [submit, settle, say("done")] }, { create });
		const approve = done(task(other.on).id);
		await other.on.run({}, { first: [approve, settle, approve] });
		expect(task(other.on).status).toBe("in_review");
		expect(other.on.answers("orc").at(-1)).toContain("it ended with 4 (out.txt is missing)");
	});
});
