/** Bounded work through real pi: nobody asks for it, and nobody but the host is there. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { createClient } from "../../../src/client/client.ts";
import * as board from "../../../src/contract/board.ts";
import * as contract from "../../../src/contract/lieutenants.ts";
import * as log from "../../../src/contract/log.ts";
import { realWorld } from "../../../src/world/real.ts";
import { ADMIN, realHub } from "../../client/real-hub.ts";
import { type Home, makeHome } from "../../support/home.ts";
import { TestHost } from "../../support/host.ts";
import { makeModel, type Step } from "../../support/model.ts";
import { describeEachPi, PACKAGE, RpcPi } from "../../support/pi.ts";
import { until } from "../../support/until.ts";

const hosts: TestHost[] = [];
afterEach(() => {
	for (const host of hosts.splice(0)) host.end();
});

const READ: Step = { toolCalls: [{ name: "read", arguments: { path: "a.txt" } }], usage: { prompt: 1_000 } };
/** Answers in no time, and so is turns ahead of whoever counts them from outside. */
const READER = { steps: [], after: READ };
const TASK = "Investigate this codebase";
/** So slow that a host can be killed in the middle. */
const SLOW_READER = { steps: [], after: { ...READ, delayMs: 300 } };

const settle = (home: Home, values: unknown): void =>
	writeFileSync(join(home.flagship, "settings.json"), JSON.stringify(values), { mode: 0o600 });

/** Answers of the model since the beginning, as its session file has them. */
function answered(home: Home, id: string): number {
	const folder = join(home.flagship, "lieutenants", id, "session");
	const text = readFileSync(join(folder, readdirSync(folder)[0] ?? ""), "utf8");
	return text.split("\n").filter((line) => /"role":"assistant".*"stopReason":"(toolUse|stop)"/.test(line)).length;
}

const reports = (home: Home, id: string): readonly string[] => {
	const folder = join(home.flagship, "lieutenants", id, "reports");
	return existsSync(folder) ? readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8")) : [];
};

/** Types of its notices: one whose acknowledgement was lost in a kill comes again, and is one. */
const told = ({ notices }: TestHost): readonly string[] => [
	...new Map(notices.map((notice) => [notice.id, notice.type])).values(),
];

await describeEachPi("bounded by default", (pi) => {
	const begin = async (agent: object, values: (home: Home) => unknown = () => ({})) => {
		const model = await makeModel({ script: { agents: { deep: agent } } });
		const home = makeHome({ model });
		writeFileSync(join(home.work, "a.txt"), "words\n");
		const host = new TestHost(home, pi);
		hosts.push(host);
		mkdirSync(home.flagship, { recursive: true, mode: 0o700 });
		settle(home, values(home));
		await host.start();
		return { home, host, model };
	};

	test("a bare task to one that only reads ends within 30 turns, with a report, and goes back to the board", async () => {
		const hub = await realHub();
		const { home, host } = await begin(READER, () => ({ hub: hub.url, env: { VERS_AUTH_TOKEN: ADMIN } }));
		const { id, task } = await host.create({ name: "deep", task: TASK });
		const row = await host.state("deep", "stopped", 50_000);
		expect(row.reason).toMatch(/^(\d+ turns without a write|30 turns), 0 files → report r\w{3}$/);
		expect(answered(home, id)).toBeLessThanOrEqual(30);
		expect(reports(home, id)).toHaveLength(1);
		expect(reports(home, id)[0]).toContain("read a.txt (");
		const notice = await until(() => host.notices.find((one) => one.type === "limit"), "the notice");
		expect(notice.text).toContain(`Task ${task} goes back to the board with it.`);

		const client = createClient({
			world: realWorld(),
			version: "0.1.0",
			resolve: async () => ({ url: hub.url, token: ADMIN }),
		});
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
		client.close();

		await expect(host.send("deep", "hello")).rejects.toThrow("deep is stopped (");
		const messages = await host.quiet("deep");
		expect(messages.filter((message) => /^A reminder: 1\d turns and nothing written/.test(message.text))).toHaveLength(
			1,
		);
		expect(messages.map((message) => message.receipt)).not.toContain("accepted");
	});

	test("the cap that was named wins, also across a kill -9 of the host, and is told once; resumed it has a fresh one", async () => {
		const { home, host } = await begin(SLOW_READER);
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
		const { home, host } = await begin(SLOW_READER);
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

	test("what was due is looked for: a file, a check that hangs, forks and floods, and nothing because it was said", async () => {
		const write: Step = { toolCalls: [{ name: "write", arguments: { path: "out/a.md", content: "words" } }] };
		const note: Step = { toolCalls: [{ name: "log_append", arguments: { text: "Wrote out/a.md" } }] };
		const { host, home } = await begin(
			{ steps: [{ text: "I am done." }, write, note], after: { text: "Now it is." } },
			() => ({
				bounds: { checkSeconds: 2 },
				gates: { workLog: "off" },
			}),
		);
		await host.create({ name: "deep" });
		const heard = async (count: number) => {
			await until(() => host.notices.length === count, `notice ${count}; ${host.complaints}`, 40_000);
			return host.notices.at(-1)?.text ?? "";
		};
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
		expect(reports(home, id)[0]).toMatch(/^# deep was stopped: \d+ turns without a write, 0 files/);
	}, 120_000);
});
