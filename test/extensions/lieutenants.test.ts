import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { describeEachPi, makeHome, makeModel, PACKAGE, printPi, RpcPi, type Script, until } from "../support/pi.ts";

const GIVE = {
	name: "vers_lt_create",
	arguments: { name: "ada", role: "[[agent:ada]] a tester", task: "Find the answer" },
};

await describeEachPi("an orchestrator in real pi", (pi) => {
	const begin = async (script: Script) => {
		const model = await makeModel({ script });
		const home = makeHome({ model, env: { FLAGSHIP_SET: "gates.workLog=off" } });
		execFileSync("git", ["init", "-q"], { cwd: home.work, env: home.env });
		execFileSync("git", ["commit", "-q", "--allow-empty", "-m", "begin"], { cwd: home.work, env: home.env });
		return { model, home };
	};

	test("creates a lieutenant with a task, hears once that it is done, and goes on by itself", async () => {
		const { model, home } = await begin({
			agents: {
				orc: [{ toolCalls: [GIVE] }, { text: "I wait." }, { text: "heard: ${last}" }],
				ada: [{ text: "The answer is 42." }],
			},
		});
		const orchestrator = new RpcPi(pi, home, { args: ["-e", PACKAGE] });
		orchestrator.send({ type: "prompt", message: "[[agent:orc]] go" });
		await until(() => model.requests.some((request) => request.last.includes("ada finished")), "the notice", 40_000);
		const heard = model.requests.filter((request) => request.last.includes("ada finished"));
		expect(heard).toHaveLength(1);
		expect(heard[0]?.last).toContain("The answer is 42.");
		await orchestrator.stop();
	});

	test("printed, it waits for the lieutenant that it gave work to", async () => {
		const { home } = await begin({
			agents: {
				orc: [{ toolCalls: [GIVE] }, { text: "I wait." }, { text: "heard: ${last}" }],
				ada: [{ delayMs: 1_500, text: "The answer is 42." }],
			},
		});
		const ran = await printPi(pi, home, "[[agent:orc]] go", { args: ["-e", PACKAGE] });
		expect(ran.stdout).toContain("heard: ada finished");
		expect(ran.stdout).toContain("The answer is 42.");
	});
});
