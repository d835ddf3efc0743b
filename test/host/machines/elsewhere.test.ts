/** Two hosts of two accounts: what an orchestrator of the one asks of lieutenants that run under the other. */
import { writeFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import * as contract from "../../../src/contract/lieutenants.ts";
import { makeHome } from "../../support/home.ts";
import { TestHost } from "../../support/host.ts";
import { makeModel } from "../../support/model.ts";
import { describeEachPi } from "../../support/pi.ts";
import { until } from "../../support/until.ts";

const PLACE = "ssh:box";
const hosts: TestHost[] = [];
afterEach(() => {
	for (const host of hosts.splice(0)) host.end();
});

await describeEachPi("lieutenants of another machine's host", (pi) => {
	/** The host that a person's session knows, and one elsewhere. */
	const begin = async (script: NonNullable<Parameters<typeof makeModel>[0]>["script"]) => {
		const model = await makeModel({ script: script ?? {} });
		const far = makeHome({ model });
		const there = new TestHost(far, pi, "somebody");
		hosts.push(there);
		await there.start();
		const machines = `${far.root}/machines.json`;
		const near = makeHome({ env: { TEST_MACHINES: machines } });
		const { PATH = "", HOME = "", PI_CODING_AGENT_DIR = "", PI_OFFLINE = "" } = far.env;
		const reach = (reachable: boolean) => {
			const env = { PATH, HOME, PI_CODING_AGENT_DIR, PI_OFFLINE };
			const box = { address: there.address, pi: [process.execPath, pi.cli], folder: far.work, env };
			writeFileSync(machines, JSON.stringify(reachable ? { [PLACE]: box } : {}));
		};
		reach(true);
		const here = new TestHost(near, pi);
		hosts.push(here);
		await here.start();
		return { model, far, near, there, here, reach };
	};
	const create = (host: TestHost, name: string, task?: string) =>
		host.create({ name, place: PLACE, ...(task === undefined ? {} : { task }) });
	const completions = (host: TestHost) => host.notices.filter((notice) => notice.type === "completion");
	const sleep = (seconds: number) => ({ toolCalls: [{ name: "bash", arguments: { command: `sleep ${seconds}` } }] });

	test("one works there, is read, steered and ended here, and says once that it is done", async () => {
		const { here, there, far } = await begin({
			agents: { ada: [{ text: "The answer is 42." }, sleep(20), { text: "as you wish" }] },
		});
		const made = await create(here, "ada", "Find the answer");
		expect(made).toMatchObject({ place: PLACE, cwd: far.work, owner: "captain" });
		await until(() => completions(here).length > 0, "the completion");
		expect(completions(here)[0]?.text).toContain("The answer is 42.");
		expect(there.notices).toEqual([]);
		const { outputs } = await here.client.call(contract.read, { name: "ada" });
		expect(outputs).toEqual(["The answer is 42."]);

		await here.send("ada", "sleep now");
		await until(async () => (await here.status("ada"))?.tool !== undefined, "a tool at work");
		await here.send("ada", "wake up", { mode: "steer", hard: true });
		const messages = await here.quiet("ada");
		expect(messages.every((message) => message.receipt === "consumed")).toBe(true);
		expect(await here.status("ada")).toMatchObject({ place: PLACE, host: made.host });

		const { destroyed } = await here.client.call(contract.destroy, { name: "*" });
		expect(destroyed.map(({ name }) => name)).toEqual(["ada"]);
		await until(() => here.client.lieutenants.get(made.id)?.state === "gone", "its end, told");
		expect(await there.status("ada")).toMatchObject({ state: "gone" });
		expect((await here.client.call(contract.status, {})).count).toBe(0);
	});

	test("what ends while the host here is dead is told once when it is back", async () => {
		const { here } = await begin({ agents: { ada: [sleep(3), { text: "slept" }] } });
		const { id } = await create(here, "ada", "Sleep a little");
		await until(async () => (await here.status("ada"))?.tool !== undefined, "a tool at work");
		await here.kill();
		await here.start();
		expect(await here.status("ada")).toMatchObject({ id, place: PLACE });
		await until(() => completions(here).length > 0, "the completion");
		await here.quiet("ada");
		expect(completions(here)).toHaveLength(1);
	});

	test("the host there is killed in the middle: the call waits, the work goes on, its end is told once", async () => {
		const { here, there, reach } = await begin({
			agents: { ada: [sleep(3), { text: "slept" }, { text: "and heard" }] },
		});
		await create(here, "ada", "Sleep a little");
		await until(async () => (await here.status("ada"))?.tool !== undefined, "a tool at work");
		await there.kill();
		const sent = here.send("ada", "one more thing", { mode: "followUp" });
		await there.start();
		reach(true);
		expect((await sent).message.receipt).toMatch(/queued|accepted|consumed/);
		const messages = await here.quiet("ada");
		expect(messages.map((message) => message.receipt)).toEqual(["consumed", "consumed"]);
		await until(() => completions(here).length > 0, "the completion");
		expect(here.notices.filter((notice) => notice.type === "death")).toEqual([]);
	});

	test("a name is one over all machines, and a place that is not reached leaves nothing behind", async () => {
		const { here, there, reach } = await begin({ agents: { ada: [{ text: "hi" }] } });
		await create(here, "ada");
		await expect(here.create({ name: "ada" })).rejects.toMatchObject({ code: "lieutenant_exists" });
		await expect(create(here, "ada")).rejects.toMatchObject({ code: "lieutenant_exists" });
		await there.create({ name: "bea" });
		expect((await here.client.call(contract.status, {})).lieutenants.map(({ name }) => name)).toEqual(["ada"]);
		await here.client.call(contract.destroy, { name: "ada" });
		reach(false);
		await expect(create(here, "cyd")).rejects.toMatchObject({ code: "machine_unreachable" });
		expect((await here.client.call(contract.status, {})).count).toBe(0);
		reach(true);
		expect(await create(here, "cyd")).toMatchObject({ place: PLACE });
	});

	test("a place that cannot have it: a person is to be asked, or it is made here and says so, never twice", async () => {
		const { here, far, reach } = await begin({ agents: { ada: [{ text: "hi" }] } });
		reach(false);
		const input = { name: "ada", role: "[[agent:ada]] a tester", place: PLACE };
		const make = (more: { fallback?: "auto" | "never"; cwd?: string }) =>
			here.client.call(contract.create, { ...input, ...more }, { launch: here.launch });
		await expect(make({})).rejects.toMatchObject({
			code: "machine_unreachable",
			remedy: expect.stringContaining("Ask the person"),
		});
		await expect(make({ fallback: "never" })).rejects.toMatchObject({ remedy: expect.not.stringContaining("Ask") });
		await expect(make({ fallback: "auto", cwd: `${far.root}/not-here` })).rejects.toMatchObject({
			message: expect.stringContaining("cannot run here either"),
		});
		expect((await here.client.call(contract.status, {})).count).toBe(0);
		const made = await make({ fallback: "auto" });
		expect(made).toMatchObject({
			place: "local",
			note: expect.stringMatching(/^It was made here instead of on ssh:box: /),
		});
		expect((await here.client.call(contract.status, {})).count).toBe(1);
		reach(true);
		await expect(make({ fallback: "auto" })).rejects.toMatchObject({ code: "lieutenant_exists" });
	});

	test("another orchestrator of the machine here finds one elsewhere and takes it over", async () => {
		const { here, near } = await begin({ agents: { ada: [{ text: "hi" }, { text: "yours now" }] } });
		await create(here, "ada", "Say hi");
		await until(() => completions(here).length > 0, "the completion");
		const other = new TestHost(near, pi, "mate");
		hosts.push(other);
		await other.join(here.address);
		const { found } = await other.client.call(contract.discover, {});
		expect(found).toMatchObject([{ name: "ada", owner: "captain", held: true }]);
		expect(await other.client.call(contract.discover, { adopt: "ada" })).toMatchObject({ adopted: ["ada"] });
		await until(async () => (await other.status("ada"))?.owner === "mate", "the new owner");
		await other.send("ada", "who has you?");
		await until(() => completions(other).length > 0, "the completion for its new owner");
	});
});

test("who is no host may not ask in another's name", async () => {
	const pi = { version: "none", cli: "/nowhere/pi.js" } as never;
	const home = makeHome();
	const host = new TestHost(home, pi);
	hosts.push(host);
	await host.start();
	const author = { name: "admiral", role: "orchestrator" };
	const { found } = await host.client.call(contract.discover, {}, { author });
	expect(found).toEqual([]);
	await expect(
		host.client.call(contract.discover, {}, { author, acting: { name: "admiral", generation: 1 } }),
	).rejects.toMatchObject({ code: "lease_lost" });
});
