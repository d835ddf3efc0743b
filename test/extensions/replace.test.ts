/** A fresh agent in a lieutenant's place, by the shipped tool in real pi. */
import { expect, test } from "vitest";
import { describeEachPi, makeHome, makeModel, PACKAGE, printPi, type Step } from "../support/pi.ts";

const calls = (name: string, input: Readonly<Record<string, unknown>>): Step => ({
	toolCalls: [{ name, arguments: input }],
});

await describeEachPi("vers_lt_replace", (pi) => {
	test("the orchestrator puts a fresh one there, and is told when that is done", async () => {
		const finder = pi.version.startsWith("0.") ? "fleet_tools" : "tool_search";
		const model = await makeModel({
			script: {
				agents: {
					cap: [
						calls(finder, { query: "vers_lt_replace" }),
						calls("vers_lt_create", {
							name: "ada",
							role: "[[agent:ada]] a tester",
							local: true,
							task: "Sleep",
							worktree: false,
						}),
						calls("vers_lt_replace", { name: "ada", note: "[[agent:eve]] do not sleep" }),
						{ text: "given away" },
						{ text: "heard it" },
					],
					ada: { cursor: "turns", steps: [calls("bash", { command: "sleep 300" })] },
					eve: { after: { text: "awake and done" } },
				},
			},
		});
		const home = makeHome({ model, env: { FLAGSHIP_ORCHESTRATOR: "cap", FLAGSHIP_SET: "gates.workLog=off" } });
		const ran = await printPi(pi, home, "[[agent:cap]] go", { args: ["-e", PACKAGE] });
		expect(ran, ran.stderr).toMatchObject({ code: 0 });
		const said = model.requests.filter(({ key }) => key === "cap").map(({ body }) => JSON.stringify(body));
		expect(said.join("\n")).toMatch(/ada is a fresh agent now \([0-9A-HJKMNP-TV-Z]{26}\)/);
		expect(said.at(-1)).toContain("awake and done");
	});
});
