/** Lieutenants on another machine, through the shipped entry: an orchestrator in real pi, a real ssh, a real hub. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { describeEachPi, type Home, makeHome, makeModel, PACKAGE, RpcPi, until } from "../support/pi.ts";
import { sshMachine } from "../support/ssh-machine.ts";
import { startSim } from "../support/vers-sim/visitor.ts";

const sim = await startSim({ slots: 10 });

const run = promisify(execFile);

/** Never waited for in one go: the other machine's front door is in this process. */
async function flagship(home: Home, words: readonly string[]): Promise<unknown> {
	const args = [join(PACKAGE, "bin", "flagship.mjs"), ...words, "--json"];
	return JSON.parse((await run(process.execPath, args, { cwd: home.work, env: home.env })).stdout);
}

await describeEachPi("an orchestrator with a machine elsewhere", (pi) => {
	test("gives work there, hears its end once, and the hub here has what was logged and used there", {
		timeout: 120_000,
	}, async () => {
		const give = (place: string) => ({
			name: "vers_lt_create",
			arguments: { name: "ada", role: "[[agent:ada]] a tester", task: "Find the answer", place },
		});
		const note = { name: "log_append", arguments: { text: "measured the answer twice" } };
		const model = await makeModel({
			script: {
				agents: {
					orc: [{ toolCalls: [give("ssh:box")] }, { text: "I wait." }, { text: "heard: ${last}" }],
					ada: [{ toolCalls: [note] }, { text: "The answer is 42." }],
				},
			},
		});
		const env = { FLAGSHIP_SET: "gates.workLog=off", FLAGSHIP_ORCHESTRATOR: "cap" };
		const home = makeHome({ model, env });
		const box = await sshMachine(sim, home, { model, pi });
		const orchestrator = new RpcPi(pi, home, { args: ["-e", PACKAGE] });
		orchestrator.send({ type: "prompt", message: "[[agent:orc]] go" });
		await until(() => model.requests.some((request) => request.last.includes("ada finished")), "the notice", 60_000);
		const heard = model.requests.filter((request) => request.last.includes("ada finished"));
		expect(heard).toHaveLength(1);
		expect(heard[0]?.last).toContain("The answer is 42.");

		expect(await flagship(home, ["lt", "status"])).toMatchObject({ lieutenants: [{ name: "ada", place: box.place }] });
		const logged = await until(async () => {
			const found = JSON.stringify(await flagship(home, ["log", "query"]));
			return found.includes("measured the answer twice") && found;
		}, "the entry that was made there");
		expect(logged).toContain('"ada"');
		await until(
			async () => JSON.stringify(await flagship(home, ["usage", "summary"])).includes('"ada"'),
			"what it used, in the hub's totals",
		);
		await orchestrator.stop();
		expect(await flagship(home, ["lt", "destroy", "*"])).toMatchObject({ destroyed: [{ name: "ada" }] });
	});
});
