/** Bounded work through real pi: nobody asks for it, and nobody but the host is there. */
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as board from "../../../src/contract/board.ts";
import * as contract from "../../../src/contract/lieutenants.ts";
import * as log from "../../../src/contract/log.ts";
import { realHub } from "../../client/real-hub.ts";
import { makeHome } from "../../support/home.ts";
import { makeModel, type Step } from "../../support/model.ts";
import { describeEachPi, PACKAGE, RpcPi } from "../../support/pi.ts";
import { until } from "../../support/until.ts";
import { answered, boundStage, hubClient, READ, READER, reports, told, withHub } from "./stage.ts";

const TASK = "Investigate this codebase";
/** So slow that a host can be killed in the middle. */
const SLOW_READER = { steps: [], after: { ...READ, delayMs: 300 } };

await describeEachPi("bounded by default", (pi) => {
	test("a bare task to one that only reads ends within 30 turns, with a report, and goes back to the board", async () => {
		const hub = await realHub();
		const { home, host } = await boundStage(pi, READER, withHub(hub.url));
		const { id, task } = await host.create({ name: "deep", task: TASK });
		const row = await host.state("deep", "stopped", 50_000);
		expect(row.reason).toMatch(/^(\d+ turns without a write|30 turns), 0 files → report r\w{3}$/);
		expect(answered(home, id)).toBeLessThanOrEqual(30);
		expect(reports(home, id)).toHaveLength(1);
		expect(reports(home, id)[0]).toContain("read a.txt (");
		const notice = await until(() => host.notices.find((one) => one.type === "limit"), "the notice");
		expect(notice.text).toContain(`Task ${task} goes back to the board with it.`);

		const client = hubClient(hub.url);
		const back = await until(async () => {
			const found = await client.call(board.get, { id: task ?? "" });
			return found.status === "open" && found;
		}, "the task on the board");
		expect(back.claim).toBeUndefined();
		expect(back.notes.map((note) => [note.author, note.type])).toEqual([["deep", "update"]]);
		expect(back.notes[0]?.content).toContain("# deep was stopped: ");
		expect(back.artifacts.map((artifact) => artifact.type)).toEqual(["report"]);
		const { entries } = await client.call(log.query, {});
		expect(entries.map((entry) => [entry.agent, entry.facts?.mark])).toContainEqual(["deep", "auto"]);

		await expect(host.send("deep", "hello")).rejects.toThrow("deep is stopped (");
		const messages = await host.quiet("deep");
		expect(messages.filter((message) => /^A reminder: 1\d turns and nothing written/.test(message.text))).toHaveLength(
			1,
		);
		expect(messages.map((message) => message.receipt)).not.toContain("accepted");

		const again = await host.client.call(contract.resume, { name: "deep" });
		expect(again.note).toBe(`Task ${task} is claimed again.`);
		expect((await client.call(board.get, { id: task ?? "" })).claim?.by).toBe("deep");
		await until(() => reports(home, id).length === 2, "the second stop", 50_000);
		await until(async () => (await client.call(board.get, { id: task ?? "" })).status === "open", "its task is free");
		await client.call(board.update, { id: task ?? "", assignee: "ada" });
		const { note } = await host.client.call(contract.resume, { name: "deep" });
		expect(note).toContain(`Task ${task} is not claimed again: Task ${task} belongs to ada.`);
		const told = (await host.messages("deep")).find((message) => message.mode === "resume");
		expect(told?.text).toContain(note);
	});

	test("the cap that was named wins, also across a kill -9 of the host, and is told once; resumed it has a fresh one", async () => {
		const { home, host } = await boundStage(pi, SLOW_READER);
		const { id } = await host.client.call(
			contract.create,
			{ name: "deep", role: "[[agent:deep]] a reader", task: TASK, cap: "8 turns, 5 usd" },
			{ launch: host.launch },
		);
		await until(async () => ((await host.status("deep"))?.turns ?? 0) >= 3, "three turns", 30_000);
		await host.kill();
		await host.start();
		const row = await host.state("deep", "stopped", 40_000);
		expect(row.reason).toMatch(/^8 turns, 0 files → report r\w{3}$/);
		await until(() => host.notices.some((notice) => notice.type === "limit"), "the notice");
		await host.kill();
		await host.start();
		expect((await host.status("deep"))?.state).toBe("stopped");
		expect(told(host)).toEqual(["limit"]);
		expect(reports(home, id)).toHaveLength(1);
		await host.client.call(contract.resume, { name: "deep" });
		await host.state("deep", "stopped", 40_000);
		await until(() => told(host).length === 2, "the second notice");
		expect(reports(home, id)).toHaveLength(2);
	});

	test("no turn begins beyond the cap: its pi keeps to it by itself, however fast, also while no host is there", async () => {
		const { home, host } = await boundStage(pi, SLOW_READER);
		const { id } = await host.client.call(
			contract.create,
			{ name: "deep", role: "[[agent:deep]] a reader", task: TASK, cap: "9 turns" },
			{ launch: host.launch },
		);
		await until(async () => ((await host.status("deep"))?.turns ?? 0) >= 2, "two turns", 30_000);
		await host.kill();
		await until(() => answered(home, id) === 9, "the last turn that is allowed", 30_000);
		await host.start();
		expect((await host.state("deep", "stopped", 40_000)).reason).toMatch(/^9 turns, 0 files → report r\w{3}$/);
		expect(answered(home, id)).toBe(9);
		expect(reports(home, id)).toHaveLength(1);
		await host.client.call(contract.resume, { name: "deep" });
		await until(() => reports(home, id).length === 2, "the second report", 40_000);
		expect(answered(home, id)).toBe(18);
	});

	test("with the work-log gate off the ladder goes by tools: who only reads is stopped, who runs commands is not", async () => {
		const settings = { bounds: { quietTurns: 3, rungTurns: 1 }, gates: { workLog: "off" } };
		const { host } = await boundStage(pi, { steps: [], after: { ...READ, delayMs: 200 } }, settings);
		await host.create({ name: "deep", task: TASK });
		const row = await host.state("deep", "stopped", 50_000);
		expect(row.reason).toMatch(/^\d+ turns without a write, 0 files → report r\w{3}$/);
		const running: Step = { toolCalls: [{ name: "bash", arguments: { command: "true" } }], delayMs: 200 };
		const other = await boundStage(pi, { steps: [], after: running }, settings);
		await other.host.client.call(
			contract.create,
			{ name: "deep", role: "[[agent:deep]] a runner", task: TASK, cap: "12 turns" },
			{ launch: other.host.launch },
		);
		expect((await other.host.state("deep", "stopped", 50_000)).reason).toMatch(/^12 turns, 0 files/);
	});

	test("it is stopped and reported also when the orchestrator is killed right after it gave the work", async () => {
		const create = {
			name: "vers_lt_create",
			arguments: { name: "deep", role: "[[agent:deep]] a reader", local: true, task: TASK },
		};
		const script = { agents: { captain: { steps: [{ toolCalls: [create] }], after: { hang: true } }, deep: READER } };
		const model = await makeModel({ script });
		const home = makeHome({ model });
		writeFileSync(join(home.work, "a.txt"), "words\n");
		const captain = new RpcPi(pi, home, { args: ["-e", PACKAGE] });
		await captain.ask({ type: "prompt", message: "[[agent:captain]] go" });
		const folder = join(home.flagship, "lieutenants");
		await until(() => existsSync(folder) && readdirSync(folder).length > 0, "the lieutenant", 40_000);
		const [id = ""] = readdirSync(folder);
		await until(() => existsSync(join(folder, id, "life.json")), "its life", 40_000);
		process.kill(captain.pid, "SIGKILL");
		await until(() => reports(home, id).length > 0, "the report", 50_000);
		expect(answered(home, id)).toBeLessThanOrEqual(30);
		expect(reports(home, id)[0]).toMatch(/^# deep was stopped: (\d+ turns without a write|30 turns), 0 files/);
	}, 120_000);
});
