/** Tools that are not at hand, in real pi: one of each service is found and used, and no role sees more than its own. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { AnyOperation, Role } from "../../src/contract/operation.ts";
import { cardsOf } from "../../src/fleet/card.ts";
import { FINDER } from "../../src/fleet/finder.ts";
import { toolsFor } from "../../src/fleet/tools.ts";
import { example } from "../../src/hub/openapi/example.ts";
import { FixtureHost } from "../client/fixture-host.ts";
import { everyOperation } from "../fleet/catalog.ts";
import { testHub } from "../hub/support.ts";
import { describeEachPi, makeHome, makeModel, PACKAGE, printPi, RpcPi, type Step } from "../support/pi.ts";
import { API_KEY } from "../support/vers-sim/fixture.ts";
import { startSim } from "../support/vers-sim/visitor.ts";

const operations = await everyOperation();
const { hub, mint, done } = await testHub();
const vers = await startSim();
const report = await done("POST", "/reports", { title: "t", content: "c", author: "me" });
await done("POST", "/commits", { commitId: "c", vmId: "v", tags: ["golden"] });
await done("POST", "/captains-log", { date: "2026-01-31", narrate: false });
/** What the examples cannot know. */
const KNOWN: Readonly<Record<string, object>> = {
	"shares.list": { id: report.id },
	"captain.digest": { date: "2026-01-31" },
};
/** What the host of the fixture answers. */
const SAID: Readonly<Record<string, object>> = {
	"ralph.status": { loops: [] },
	"repositories.merges": { merges: [], count: 0, unread: [] },
};

interface Picked {
	readonly tool: string;
	readonly arguments: Record<string, unknown>;
}

/** Of each service the plainest question that is not at hand. */
function picks(role: Role): readonly Picked[] {
	const deferred = toolsFor(role, cardsOf(operations)).filter((card) => card.core !== true);
	const questions = operations.filter(
		({ method, name }) => method === "GET" && deferred.some((one) => one.name === name),
	);
	const services = Map.groupBy(questions, ({ name }) => name.split(".", 1)[0]);
	const needs = ({ input }: AnyOperation): number => (input.required ?? []).length;
	return [...services.values()].flatMap((some) => {
		const [one] = some.toSorted((a, b) => needs(a) - needs(b));
		if (one?.tool === undefined) return [];
		return [{ tool: one.tool, arguments: { ...(example(one.input) as object), ...KNOWN[one.name] } }];
	});
}

const calls = (some: readonly (readonly [name: string, input: Record<string, unknown>])[]): Step => ({
	toolCalls: some.map(([name, input]) => ({ name, arguments: input })),
});

await describeEachPi("tools that are not at hand", (pi) => {
	test.each([
		["orchestrator", 13],
		["lieutenant", 12],
	] as const)(
		"%s finds and uses one of each service, and is offered none of another role",
		async (role, services) => {
			const chosen = picks(role);
			expect(chosen.length).toBeGreaterThanOrEqual(services);
			const own = new Set(toolsFor(role, cardsOf(operations)).map(({ tool }) => tool));
			const strange = operations.flatMap(({ tool }) => (tool === undefined || own.has(tool) ? [] : [tool]));
			const finder = pi.version.startsWith("0.") ? FINDER : "tool_search";
			const queries = [...chosen.map(({ tool }) => tool), ...strange];
			const model = await makeModel({
				script: {
					agents: {
						"*": {
							steps: [
								calls(queries.map((query) => [finder, { query }])),
								calls(chosen.map((one) => [one.tool, one.arguments])),
								{ text: "done" },
							],
							cursor: "turns",
						},
					},
				},
			});
			const host = await new FixtureHost().start();
			host.onCall = (call) => ({
				type: "answer",
				id: call.id,
				output: SAID[call.operation] ?? { written: [], removed: [] },
			});
			const home = makeHome({
				model,
				env: {
					VERS_INFRA_URL: hub.address,
					VERS_AUTH_TOKEN: await mint(role, `a-${role}`),
					...(role === "lieutenant" ? { FLAGSHIP_LIEUTENANT: "01L", FLAGSHIP_HOST_SOCKET: host.path } : {}),
				},
			});
			mkdirSync(home.flagship, { recursive: true, mode: 0o700 });
			const env = { VERS_API_KEY: API_KEY, VERS_BASE_URL: vers.baseUrl };
			writeFileSync(join(home.flagship, "settings.json"), JSON.stringify({ env }), { mode: 0o600 });
			const bareModel = await makeModel({ script: { default: { text: "hi" } } });
			await printPi(pi, makeHome({ model: bareModel }), "go");
			const rpc = new RpcPi(pi, home, { args: ["-e", PACKAGE] });
			expect(await rpc.prompt("go")).toBe("done");
			const ended = rpc.records.filter((record) => record.type === "tool_execution_end");
			await rpc.stop();
			await host.stop();

			const offered = model.requests.map(({ tools }) => tools);
			for (const { tool } of chosen) {
				expect(offered[0]).not.toContain(tool);
				expect(offered[1]).toContain(tool);
				expect(ended).toContainEqual(expect.objectContaining({ toolName: tool, isError: false }));
			}
			const bare = new Set(bareModel.requests[0]?.tools);
			const ours = offered.flat().filter((tool) => !bare.has(tool) && tool !== FINDER && tool !== "tool_search");
			expect(ours.filter((tool) => !own.has(tool))).toEqual([]);
			expect(strange.length).toBeGreaterThan(role === "lieutenant" ? 5 : -1);
		},
		120_000,
	);
});
