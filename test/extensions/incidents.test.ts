/** An outage in real pi: told while the hub is away, in it later, written up; and no model reads the platform's words. */
import { expect, it } from "vitest";
import type { Incident } from "../../src/contract/incidents.ts";
import { describeEachPi, makeHome, makeModel, PACKAGE, printPi, type Step, until } from "../support/pi.ts";
import { daemonHome, machineHost, machineHub } from "./machine.ts";

const NOBODY = "http://127.0.0.1:9";
const RAW = "quokka error: Address in use (os error 98)";

const calls = (name: string, input: Readonly<Record<string, unknown>>): Step => ({
	toolCalls: [{ name, arguments: input }],
});

await describeEachPi("an outage", (pi) => {
	const finder = pi.version.startsWith("0.") ? "fleet_tools" : "tool_search";
	const fact = { cause: "capacity", type: "refused", what: "lt-usage could not be made", episode: "e1", running: 6 };

	it("is told once though the hub is away, and written up without a model reading the platform's words", async () => {
		const away = [
			calls(finder, { query: "incident_record" }),
			calls("incident_record", fact),
			calls("incident_record", { ...fact, type: "fell_back", what: "lt-usage was made here" }),
			{ text: "kept" },
		];
		const back = [
			calls(finder, { query: "incident_list incident_get incident_report incident_close" }),
			calls("incident_list", { state: "open" }),
			calls("incident_get", { id: "e1" }),
			calls(finder, { query: "undeleted_list" }),
			calls("undeleted_list", {}),
			calls("incident_close", { id: "e1", what: "a probe was let in" }),
			calls("incident_report", { id: "e1", publish: true }),
			{ text: "done" },
		];
		const model = await makeModel({ script: { agents: { away, back } } });
		const home = makeHome({ model, env: { FLAGSHIP_ORCHESTRATOR: "night" } });
		const machine = daemonHome(home);
		await machineHost(machine);
		const told = await printPi(pi, home, "[[agent:away]] go", {
			args: ["-e", PACKAGE],
			env: { VERS_INFRA_URL: NOBODY },
		});
		expect(told.stdout).toContain("kept");
		expect(model.requests.map(({ lastTool }) => lastTool).join("\n")).toContain("Kept here, not yet in the hub");

		const hub = await machineHub(machine);
		const ask = async (method: string, path: string, body?: object) => {
			const headers = { authorization: `Bearer ${hub.token}` };
			const sent = body === undefined ? {} : { body: JSON.stringify(body) };
			return (await (await fetch(hub.address + path, { method, headers, ...sent })).json()) as never;
		};
		const [incident] = await until(
			async () => {
				const { incidents }: { incidents: Incident[] } = await ask("GET", "/incidents");
				return incidents[0]?.fellBack === 1 && incidents;
			},
			"the incident in the hub",
			30_000,
		);
		expect(incident).toMatchObject({ cause: "capacity", openedBy: "night", refusals: 1, lowest: 6 });
		const { host = "", id = "" } = incident ?? {};
		await ask("POST", "/incidents", { ...fact, host, call: "POST /vm/from_commit, 500", raw: RAW });

		await ask("POST", "/undeleted", { machine: "vm-1", cause: "transient", host, raw: RAW });

		const written = await printPi(pi, home, "[[agent:back]] on", { args: ["-e", PACKAGE] });
		expect(written).toMatchObject({ code: 0, timedOut: false });
		const said = model.requests.map(({ lastTool }) => lastTool).join("\n");
		expect(said).toContain(`${id} capacity on ${host}`);
		expect(said).toMatch(/^vm-1, deletion tried 1 time, .*: transient, not confirmed as gone$/m);
		expect(said).toContain("Not confirmed as deleted now: 1 (vm-1)");
		expect(said).toContain("## Reproduction");
		expect(JSON.stringify(model.requests)).not.toContain("quokka");
		const { reports }: { reports: { id: string }[] } = await ask("GET", "/reports?tag=incident");
		expect(said).toContain(`Report ${reports[0]?.id}.`);
		expect(await ask("GET", `/reports/${reports[0]?.id}`)).toMatchObject({
			...{ author: "night", content: expect.stringContaining(RAW) },
		});
		const { incidents }: { incidents: Incident[] } = await ask("GET", "/incidents");
		expect(incidents).toMatchObject([{ to: expect.any(String), closedBy: "night" }]);
	});
});
