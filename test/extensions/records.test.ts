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
			calls(finder, { query: "journal_entry journal_query" }),
			calls("journal_entry", { text: "the tests are flaky", mood: "wary", tags: ["ci"] }),
			calls("journal_query", { words: "flaky" }),
			calls(finder, { query: "reports_create reports_list" }),
			calls("reports_create", { title: "Flaky tests", content: "Three of them." }),
			calls("reports_list", { words: "three" }),
			calls(finder, { query: "commits_record commits_golden" }),
			calls("commits_record", { commitId: "c1", vmId: "v1", tags: ["golden"] }),
			calls("commits_golden", {}),
			calls(finder, { query: "transcript_search" }),
			calls("transcript_search", { words: "quokka" }),
			{ text: "done" },
		];
		const model = await makeModel({ script: { agents: { "*": { steps, cursor: "turns" } } } });
		const home = makeHome({ model, env: { VERS_INFRA_URL: hub.url, VERS_AUTH_TOKEN: ADMIN } });
		const ran = await printPi(pi, home, "go", { args: ["-e", PACKAGE] });
		expect(ran).toMatchObject({ code: 0, timedOut: false });
		const said = model.requests.map(({ lastTool }) => lastTool);
		expect(said.join("\n")).toMatch(/\(.+\) \[wary\] #ci the tests are flaky/);
		expect(said.join("\n")).toMatch(/[0-9A-Z]{26} Flaky tests \(.+, version 1/);
		expect(said.join("\n")).toContain("c1 of v1");
		expect(said.at(-1)).toBe("Nothing found.");
		const kept = await Promise.all(
			["/journal", "/reports", "/commits"].map(async (path) => {
				const answer = await fetch(hub.url + path, { headers: { authorization: `Bearer ${ADMIN}` } });
				return ((await answer.json()) as { count: number }).count;
			}),
		);
		expect(kept).toEqual([1, 1, 1]);
		expect(model.requests[0]?.tools).not.toContain("reports_create");
	});
});
