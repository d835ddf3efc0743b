/** What is due at the end of work is looked for, through real pi. */
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import * as contract from "../../../src/contract/lieutenants.ts";
import * as log from "../../../src/contract/log.ts";
import { list as listTokens } from "../../../src/contract/tokens.ts";
import { realWorld } from "../../../src/world/real.ts";
import { realHub } from "../../client/real-hub.ts";
import type { Step } from "../../support/model.ts";
import { describeEachPi } from "../../support/pi.ts";
import { until } from "../../support/until.ts";
import { boundStage, hubClient, withHub } from "./stage.ts";

await describeEachPi("what is due", (pi) => {
	test("what was due is looked for: a file, a check that hangs, forks and floods, and nothing because it was said", async () => {
		const write: Step = { toolCalls: [{ name: "write", arguments: { path: "out/a.md", content: "words" } }] };
		const note: Step = { toolCalls: [{ name: "log_append", arguments: { text: "Wrote out/a.md" } }] };
		const { host, home, heard } = await boundStage(
			pi,
			{ steps: [{ text: "I am done." }, write, note], after: { text: "Now it is." } },
			{ bounds: { checkSeconds: 2 }, gates: { workLog: "off" } },
		);
		await host.create({ name: "deep" });
		const give = (deliverable: string) =>
			host.client.call(contract.send, { name: "deep", message: "Do it", deliverable, cap: "40 turns" });
		await give("path:out/a.md");
		expect(await heard(1)).toContain("Delivered: out/a.md.");
		const messages = await host.messages("deep");
		expect(messages.map((message) => [message.mode, message.text.slice(0, 51)])).toEqual([
			["followUp", "Not finished. Missing: out/a.md is not there. Write"],
			["prompt", "Do it\n\nDue at the end: out/a.md. You have 40 turns."],
		]);
		await give("command:sleep 600 & test -f out/a.md");
		expect(await heard(2)).toContain("Delivered: `sleep 600 & test -f out/a.md` passing.");
		await give("command:sleep 601 & yes & sleep 602");
		expect(await heard(3)).toContain("it ran for 2 s and was ended");
		const left = realWorld().spawn.run("pgrep", ["-f", "sleep 60[012]"]);
		expect((await left).stdout).toBe("");
		await give("none");
		expect(await heard(4)).not.toMatch(/Delivered|Missing/);
		for (const [deliverable, why] of [
			["path:../out.md", "outside of its workspace"],
			[`path:${home.work}/a.md`, "outside of its workspace"],
			["branch of tree", "none that can be checked"],
			["task", "no board task"],
		] as const) {
			await expect(give(deliverable), deliverable).rejects.toThrow(why);
		}
		const limited = (cap: string) => host.client.call(contract.send, { name: "deep", message: "Do it", cap });
		for (const cap of ["0 turns", "-1 usd", "100000 turns", "1e99 usd", "none"]) {
			await expect(limited(cap), cap).rejects.toThrow("say it like");
		}
	});

	test("commits, a handed-in board task and a check that prints 100 MB are looked for; work without anything due is logged; gone, its token is revoked", async () => {
		const hub = await realHub();
		const commit = "echo b > b.txt && git add -A && git commit -q -m second";
		const handIn = {
			taskId: "${/Task (\\w{26}), claimed by you/}",
			summary: "done",
			artifacts: [{ type: "branch", url: "lt/deep", label: "work" }],
		};
		const { host, home, heard } = await boundStage(
			pi,
			{
				steps: [
					{ toolCalls: [{ name: "board_submit_for_review", arguments: handIn }] },
					{ text: "handed in" },
					{ toolCalls: [{ name: "bash", arguments: { command: commit } }] },
					{ text: "committed" },
				],
				after: { text: "nothing more" },
			},
			{ ...withHub(hub.url), gates: { workLog: "off", board: "off" } },
		);
		for (const args of [["init"], ["commit", "--allow-empty", "-m", "first"]])
			execFileSync("git", [...args, "-q"], { cwd: home.work, env: home.env });
		const { task } = await host.client.call(
			contract.create,
			{ name: "deep", role: "[[agent:deep]] a maker", task: "Change b.txt", deliverable: "task" },
			{ launch: host.launch },
		);
		expect(await heard(1)).toContain(`deep finished ${task}: no files changed`);
		expect(host.notices.at(-1)?.text).toContain("Delivered: its task is in_review.");
		const give = (deliverable: string) =>
			host.client.call(contract.send, { name: "deep", message: "Do it", deliverable, cap: "40 turns" });
		await give("branch");
		expect(await heard(2)).toContain("Delivered: 1 commit.");
		await give("branch");
		expect(await heard(3)).toContain("Missing: commits, there are none.");
		await give("command:head -c 104857600 /dev/zero");
		expect(await heard(4)).toContain("Delivered: `head -c 104857600 /dev/zero` passing.");
		await give("none");
		await heard(5);
		const client = hubClient(hub.url);
		const entry = await until(async () => {
			const { entries } = await client.call(log.query, {});
			return entries.find((one) => one.text.includes("without a deliverable"));
		}, "the entry in the log");
		expect(entry.text).toBe("[auto] captain gave deep work without a deliverable; its cap is 40 turns.");
		expect([entry.agent, entry.facts?.mark]).toEqual(["captain", "auto"]);

		await host.client.call(contract.destroy, { name: "deep" });
		await until(async () => {
			const { tokens } = await client.call(listTokens, {});
			return tokens.some(({ name, revokedAt }) => name === "deep" && revokedAt !== undefined);
		}, "the end of its token");
	});
});
