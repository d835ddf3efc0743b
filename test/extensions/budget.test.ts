/** Budgets through what is shipped: pi with this package, its tools, the command line. */
import { expect, test, vi } from "vitest";
import { describeEachPi, type Step } from "../support/pi.ts";
import { fleetStage } from "./fleet-stage.ts";

vi.setConfig({ testTimeout: 180_000 });

const READ: Step = {
	toolCalls: [{ name: "read", arguments: { path: "a.txt" } }],
	usage: { prompt: 100_000, completion: 0 },
	repeat: 40,
};
const FLEET = "captain";

await describeEachPi("a fleet's budget", (pi) => {
	test("is set, shown, and ends the work of a fleet", async () => {
		const stage = await fleetStage(pi, { board: "off" }, { FLAGSHIP_ORCHESTRATOR: FLEET });
		stage.flagship("budget", "set", "0.5", "--fleet", FLEET);
		// In its own hands it only gets less. Asked twice: a hub on a busy machine may not answer in time.
		const wish = (usd: number): Step => ({ toolCalls: [{ name: "budget_set", arguments: { usd } }] });
		const finder = pi.version.startsWith("0.") ? "fleet_tools" : "tool_search";
		const find: Step = { toolCalls: [{ name: finder, arguments: { query: "budget_set" } }] };
		await stage.run({ ada: [READ] }, { create: { cap: "40 turns" }, first: [find, wish(9), wish(0.4), wish(0.4)] });

		const said = stage.answers("orc").join("\n");
		expect(said).toMatch(/raise or lift its own fleet's budget/);
		expect(said).toMatch(/\$0\.40/);
		const { lieutenants } = JSON.parse(stage.flagship("lt", "status", "--json"));
		expect(lieutenants).toMatchObject([{ name: "ada", state: "stopped" }]);
		expect(lieutenants[0].reason).toMatch(/^the fleet's budget of \$0\.40, 0 files → report r\w{3}$/);
		expect(lieutenants[0].costUsd).toBeLessThanOrEqual(0.4 + 0.1);
		const shown = JSON.parse(stage.flagship("budget", "show", "--json"));
		expect(shown).toMatchObject({ fleet: FLEET, limitUsd: 0.4, reservedUsd: 0 });
		expect(shown.spentUsd).toBeCloseTo(lieutenants[0].costUsd, 6);
		const words = JSON.stringify(stage.model.requests.filter(({ key }) => key === "orc").at(-1)?.body);
		expect(words).toContain("ada was stopped: the fleet's budget of $0.40");
		const warnings: { summary: string }[] = JSON.parse(
			stage.flagship("feed", "list", "--type", "budget_warning", "--json"),
		);
		// The turn that was under way is money, too: a dime more at most.
		expect(warnings.map(({ summary }) => summary)).toEqual([
			expect.stringMatching(/^the fleet of captain has spent \$0\.[45]0 of \$0\.40$/),
		]);
	});
});
