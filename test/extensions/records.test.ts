/** The hub's records in real pi: tools that are not at hand are found, and what they keep is in the hub. */
import { expect, it } from "vitest";
import { ADMIN, realHub } from "../client/real-hub.ts";
import { describeEachPi, makeHome, makeModel, PACKAGE, printPi, type Step } from "../support/pi.ts";

const calls = (name: string, input: Readonly<Record<string, unknown>>): Step => ({
	toolCalls: [{ name, arguments: input }],
});

await describeEachPi("the hub's records", (pi) => {
	it("are found, written, kept and read", async () => {
		const hub = await realHub();
		const finder = pi.version.startsWith("0.") ? "fleet_tools" : "tool_search";
		const steps = [
			calls(finder, { query: "journal_entry journal_query log_search" }),
			calls("journal_entry", { text: "the tests are flaky", mood: "wary", tags: ["ci"] }),
			calls("journal_query", { words: "flaky" }),
			{ text: "It said: ${lastTool}" },
		];
		const model = await makeModel({ script: { agents: { "*": { steps, cursor: "turns" } } } });
		const home = makeHome({ model, env: { VERS_INFRA_URL: hub.url, VERS_AUTH_TOKEN: ADMIN } });
		const ran = await printPi(pi, home, "go", { args: ["-e", PACKAGE] });
		expect(ran).toMatchObject({ code: 0, timedOut: false });
		expect(ran.stdout).toMatch(/It said: \[.+\] \(.+\) \[wary\] #ci the tests are flaky/);
		for (const tool of ["journal_entry", "journal_query", "log_search"]) {
			expect(model.requests[0]?.tools).not.toContain(tool);
			expect(model.requests[1]?.tools).toContain(tool);
		}
	});
});
