/** The golden image through the shipped entry: an orchestrator in real pi builds one, and has it proven. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { describeEachPi, makeHome, makeModel, PACKAGE, printPi, type Step } from "../support/pi.ts";
import { versFleet } from "../support/vers-fleet.ts";
import { startSim } from "../support/vers-sim/visitor.ts";
import { ours } from "../support/vers-sim/vms.ts";

const run = promisify(execFile);
const calls = (name: string, input: Readonly<Record<string, unknown>>): Step => ({
	toolCalls: [{ name, arguments: input }],
});

await describeEachPi("the golden image", (pi) => {
	const finder = pi.version.startsWith("0.") ? "fleet_tools" : "tool_search";

	test("is built and proven by two calls of an orchestrator, which reads each finding", {
		timeout: 180_000,
	}, async () => {
		const sim = await startSim({ slots: 4 });
		const steps: Step[] = [];
		const model = await makeModel({
			script: { agents: { maker: { steps, after: { text: "proven" } }, "*": { after: { text: "ready" } } } },
		});
		const home = makeHome({ model, env: { FLAGSHIP_ORCHESTRATOR: "cap", FLAGSHIP_SET: "gates.workLog=off" } });
		const base = await versFleet(sim, home, { model, pi });
		steps.push(
			...["vers_golden_build", "vers_golden_check"].map((name) => calls(finder, { query: name })),
			calls("vers_golden_build", { from: base }),
			calls("vers_golden_check", { commit: "${/snapshot ([0-9a-f-]{36})/}" }),
		);
		const made = await printPi(pi, home, "[[agent:maker]] go", { args: ["-e", PACKAGE] });
		expect(made, made.stderr).toMatchObject({ code: 0 });
		const said = model.requests.map(({ lastTool }) => lastTool).join("\n");
		expect(said).toMatch(/^Golden image golden: snapshot [0-9a-f-]{36}, with Node \S+ and no key/m);
		expect(said).toContain(`settings.json still names ${base}.`);
		expect(said).toMatch(/^ok {4}lieutenant: it answers: ready/m);
		expect(said).toMatch(/^Golden image [0-9a-f-]{36} is good\./m);
		expect(sim.vms.all.filter(ours)).toEqual([]);
		const args = [join(PACKAGE, "bin", "flagship.mjs"), "stop"];
		await run(process.execPath, args, { cwd: home.work, env: home.env });
	});
});
