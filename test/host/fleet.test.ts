import { readdirSync, readFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import * as contract from "../../src/contract/lieutenants.ts";
import { makeHome } from "../support/home.ts";
import { TestHost } from "../support/host.ts";
import { processesNaming } from "../support/leftovers.ts";
import { makeModel } from "../support/model.ts";
import { describeEachPi } from "../support/pi.ts";
import { until } from "../support/until.ts";

const hosts: TestHost[] = [];
afterEach(() => {
	for (const host of hosts.splice(0)) host.end();
});

await describeEachPi("a host with real pi", (pi) => {
	const begin = async (agents: NonNullable<Parameters<typeof makeModel>[0]>["script"]) => {
		const model = await makeModel({ script: agents ?? {} });
		const home = makeHome({ model });
		const host = new TestHost(home, pi);
		hosts.push(host);
		await host.start();
		return { model, home, host };
	};

	test("a lieutenant does its task, says so once, and is read", async () => {
		const { host } = await begin({ agents: { ada: [{ text: "The answer is 42." }] } });
		const made = await host.create({ name: "ada", task: "Find the answer" });
		expect(["idle", "working"]).toContain(made.state);
		const [message] = await host.quiet("ada");
		expect(message).toMatchObject({ receipt: "consumed", mode: "prompt", attempts: 1 });
		await host.state("ada", "idle");
		// After the run: what was due is looked for first.
		await until(() => host.notices.length > 0, "the completion");
		expect(host.notices.map((notice) => notice.type)).toEqual(["completion"]);
		expect(host.notices[0]?.text).toContain("The answer is 42.");
	});

	const sleep = (seconds: number) => ({ toolCalls: [{ name: "bash", arguments: { command: `sleep ${seconds}` } }] });
	const pids = (home: { root: string }) => processesNaming(`${home.root}/agent`);
	const working = async (host: TestHost, name: string) =>
		until(async () => (await host.status(name))?.tool !== undefined, `${name} in a tool`, 20_000);
	const kill = (processes: readonly number[]) => {
		for (const process_ of processes) process.kill(process_, "SIGKILL");
	};
	const agentOf = (home: { flagship: string }, id: string): number =>
		JSON.parse(readFileSync(`${home.flagship}/lieutenants/${id}/life.json`, "utf8")).process.pid;
	/** How often the model was shown a user text. */
	const said = (model: { requests: readonly { body: unknown }[] }, text: string): number =>
		Math.max(0, ...model.requests.map((request) => JSON.stringify(request.body).split(text).length - 1));

	test("an agent killed in a tool is told once, started again, and finishes what it was asked", async () => {
		const { host, home, model } = await begin({
			agents: {
				ada: { cursor: "turns", steps: [sleep(30), { text: "done after all" }], after: { text: "done after all" } },
			},
		});
		const { id } = await host.create({ name: "ada" });
		await host.send("ada", "first-words");
		await working(host, "ada");
		kill([agentOf(home, id)]);
		await until(() => host.notices.some((notice) => notice.type === "completion"), "the completion", 30_000);
		const messages = await host.quiet("ada");
		expect(messages.map((message) => [message.mode, message.receipt])).toEqual([
			["resume", "consumed"],
			["prompt", "consumed"],
		]);
		expect(host.notices.map((notice) => notice.type)).toEqual(["death", "completion"]);
		expect(said(model, "first-words")).toBe(1);
		expect((await host.status("ada"))?.lives).toBe(2);
	});

	test("a prompt whose agent is killed before the first answer is delivered again, once", async () => {
		const { host, home, model } = await begin({ agents: { ada: [{ hang: true }, { text: "fine" }] } });
		const { id } = await host.create({ name: "ada" });
		await host.send("ada", "only-words");
		await until(() => model.requests.length > 0, "the first request");
		kill([agentOf(home, id)]);
		const [message] = await host.quiet("ada");
		expect(message?.receipt).toBe("consumed");
		expect(said(model, "only-words")).toBe(1);
	});

	test("a host killed while its agent works changes nothing", async () => {
		const { host, model } = await begin({
			agents: { ada: [sleep(3), { text: "went on" }, { text: "and the second" }] },
		});
		await host.create({ name: "ada" });
		await host.send("ada", "alpha-words");
		await working(host, "ada");
		await host.send("ada", "beta-words");
		await host.kill();
		await host.start();
		const messages = await host.quiet("ada");
		expect(messages.map((message) => message.receipt)).toEqual(["consumed", "consumed"]);
		await until(() => host.notices.some((notice) => notice.type === "completion"), "the completion");
		expect(host.notices.filter((notice) => notice.type === "death")).toEqual([]);
		expect([said(model, "alpha-words"), said(model, "beta-words")]).toEqual([1, 1]);
		expect((await host.status("ada"))?.lives).toBe(1);
	});

	test("host and agent killed together: both come back, nothing is lost or doubled", async () => {
		const { host, home, model } = await begin({
			agents: { ada: { cursor: "turns", steps: [sleep(30), { text: "back" }], after: { text: "more" } } },
		});
		const { id } = await host.create({ name: "ada" });
		await host.send("ada", "alpha-words");
		await working(host, "ada");
		await host.send("ada", "beta-words", { mode: "followUp" });
		const agent = agentOf(home, id);
		await host.kill();
		kill([agent]);
		await host.start();
		const messages = await host.quiet("ada");
		expect(messages.map((message) => message.receipt)).toEqual(["consumed", "consumed"]);
		await until(() => host.notices.some((notice) => notice.type === "completion"), "the completion");
		expect(host.notices.filter((notice) => notice.type === "death")).toHaveLength(1);
		expect([said(model, "alpha-words"), said(model, "beta-words")]).toEqual([1, 1]);
	});

	test("a hard steer lands while bash sleeps, and what was queued follows it", async () => {
		const { host, model } = await begin({ agents: { ada: [sleep(60), { text: "steered" }, { text: "queued too" }] } });
		await host.create({ name: "ada" });
		await host.send("ada", "alpha-words");
		await working(host, "ada");
		await host.send("ada", "queued-words", { mode: "followUp" });
		const { message } = await host.send("ada", "steer-words", { mode: "steer", hard: true });
		const messages = await host.quiet("ada", 20_000);
		expect(messages.find((one) => one.id === message.id)?.receipt).toBe("consumed");
		expect(messages.map((one) => one.receipt)).toEqual(["consumed", "consumed", "consumed"]);
		expect([said(model, "steer-words"), said(model, "queued-words")]).toEqual([1, 1]);
	});

	test("paused it keeps its session and takes no messages; resumed it goes on; destroyed it leaves its transcript", async () => {
		const { host, home, model } = await begin({ agents: { ada: [{ text: "one" }, { text: "two" }] } });
		const { id } = await host.create({ name: "ada" });
		await host.send("ada", "alpha-words");
		await host.quiet("ada");
		await host.client.call(contract.pause, { name: "ada" });
		expect(pids(home)).toEqual([host.pid]);
		await expect(host.send("ada", "nobody hears this")).rejects.toThrow("ada is paused and takes no messages.");
		await host.client.call(contract.resume, { name: "ada" });
		await host.send("ada", "beta-words");
		await host.quiet("ada");
		expect(said(model, "alpha-words")).toBe(1);
		const { destroyed } = await host.client.call(contract.destroy, { name: "ada" });
		expect(destroyed.map((one) => one.name)).toEqual(["ada"]);
		expect(readdirSync(`${home.flagship}/lieutenants/${id}/session`)).toHaveLength(1);
		await expect(host.send("ada", "gone")).rejects.toThrow("No lieutenant 'ada'.");
	});
});
