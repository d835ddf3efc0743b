/** Lieutenants on a machine that is reached by a real ssh: set up, worked with, cut off and found again. */
import { afterEach, expect, test } from "vitest";
import * as contract from "../../../src/contract/lieutenants.ts";
import { makeHome } from "../../support/home.ts";
import { TestHost } from "../../support/host.ts";
import { processesNaming } from "../../support/leftovers.ts";
import { makeModel } from "../../support/model.ts";
import { describeEachPi } from "../../support/pi.ts";
import { sshMachine } from "../../support/ssh-machine.ts";
import { until } from "../../support/until.ts";
import { startSim } from "../../support/vers-sim/visitor.ts";

const sim = await startSim({ slots: 40 });
const hosts: TestHost[] = [];
afterEach(() => {
	for (const host of hosts.splice(0)) host.end();
});

const sleep = (seconds: number) => ({ toolCalls: [{ name: "bash", arguments: { command: `sleep ${seconds}` } }] });

await describeEachPi("lieutenants by ssh", (pi) => {
	const begin = async (script: NonNullable<Parameters<typeof makeModel>[0]>["script"], bare = false) => {
		const model = await makeModel({ script: script ?? {} });
		const home = makeHome({ model });
		const box = await sshMachine(sim, home, bare ? { model } : { model, pi });
		const host = new TestHost(home, pi);
		hosts.push(host);
		await host.start();
		return { model, home, box, host };
	};
	const completions = (host: TestHost) => host.notices.filter((notice) => notice.type === "completion");

	test("a machine is made ready, its lieutenant works, the way breaks and heals, and nothing is lost", {
		timeout: 120_000,
	}, async () => {
		const { host, box } = await begin({ agents: { ada: [sleep(4), { text: "The answer is 42." }] } });
		const made = await host.create({ name: "ada", place: box.place, task: "Find the answer" });
		expect(made).toMatchObject({ place: box.place, cwd: box.home });
		await until(async () => (await host.status("ada"))?.tool !== undefined, "a tool at work");
		sim.cutLinks("reset", box.id);
		await until(() => completions(host).length > 0, "the completion", 60_000);
		expect(completions(host)[0]?.text).toContain("The answer is 42.");
		const { outputs } = await host.client.call(contract.read, { name: "ada" });
		expect(outputs.at(-1)).toContain("The answer is 42.");
		expect((await host.status("ada"))?.lives).toBe(1);
		await host.client.call(contract.destroy, { name: "ada" });
		expect(completions(host)).toHaveLength(1);
	});

	test("the host here is killed: the next one ends the connection that it left, and has its fleet again", {
		timeout: 120_000,
	}, async () => {
		const { host, home, box } = await begin({ agents: { ada: [sleep(3), { text: "slept" }] } });
		await host.create({ name: "ada", place: box.place, task: "Sleep a little" });
		await until(async () => (await host.status("ada"))?.tool !== undefined, "a tool at work");
		const before = processesNaming(`${home.flagship}/run/known_hosts`);
		expect(before).toHaveLength(1);
		await host.kill();
		await host.start();
		await until(() => completions(host).length > 0, "the completion", 60_000);
		const after = processesNaming(`${home.flagship}/run/known_hosts`);
		expect(after).toHaveLength(1);
		expect(after).not.toEqual(before);
	});
});
