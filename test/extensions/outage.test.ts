/** A platform without room, in real pi: refused there once, then here; one incident in the hub, and no stranger's word read. */
import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import type { Incident } from "../../src/contract/incidents.ts";
import { describeEachPi, makeHome, makeModel, PACKAGE, printPi, type Step, until } from "../support/pi.ts";
import { API_KEY, NETLINK } from "../support/vers-sim/fixture.ts";
import { startSim, Visitor } from "../support/vers-sim/visitor.ts";
import { ours } from "../support/vers-sim/vms.ts";
import { daemonHome, machineHub } from "./machine.ts";

const run = promisify(execFile);
const calls = (name: string, input: Readonly<Record<string, unknown>>): Step => ({
	toolCalls: [{ name, arguments: input }],
});

await describeEachPi("a platform without room", (pi) => {
	test("is asked once; then it is refused here, also to a command, and one incident says so", async () => {
		const sim = await startSim({ slots: 1 });
		const finder = pi.version.startsWith("0.") ? "fleet_tools" : "tool_search";
		const full = [
			calls(finder, { query: "vers_vm_create" }),
			...Array.from({ length: 3 }, () => calls("vers_vm_create", {})),
			{ text: "done" },
		];
		const model = await makeModel({ script: { agents: { full } } });
		const home = makeHome({ model, env: { FLAGSHIP_ORCHESTRATOR: "cap", FLAGSHIP_SET: "gates.workLog=off" } });
		mkdirSync(home.flagship, { recursive: true, mode: 0o700 });
		const env = { VERS_API_KEY: API_KEY, VERS_BASE_URL: sim.baseUrl };
		writeFileSync(join(home.flagship, "settings.json"), JSON.stringify({ env }), { mode: 0o600 });
		const hub = await machineHub(daemonHome(home));
		const ask = async (path: string) => {
			const headers = { authorization: `Bearer ${hub.token}` };
			return (await (await fetch(hub.address + path, { headers })).json()) as never;
		};
		const ran = await printPi(pi, home, "[[agent:full]] go", { args: ["-e", PACKAGE] });
		expect(ran, ran.stderr).toMatchObject({ code: 0 });
		const said = model.requests.map(({ lastTool }) => lastTool).join("\n");
		expect(said).toContain("Vers has no room for a new machine.");
		expect(said).toContain(
			"The platform has no room for one more machine (refused at 1 running); it is asked again from",
		);
		expect(JSON.stringify(model.requests)).not.toContain(NETLINK);

		// There is room again; here that is not known yet, so it is not asked.
		const [vm] = sim.vms.all.filter(ours);
		await new Visitor(sim).call("DELETE", `/vm/${vm?.id}`);
		const flagship = (...words: string[]) =>
			run(process.execPath, [join(PACKAGE, "bin", "flagship.mjs"), ...words], { cwd: home.work, env: home.env });
		await expect(flagship("vm", "create")).rejects.toMatchObject({
			stderr: expect.stringContaining("(refused at 1 running); it is asked again from"),
		});
		expect(sim.vms.all.filter(ours)).toEqual([]);

		const incidents = await until(async () => {
			const found: { incidents: Incident[] } = await ask("/incidents");
			return found.incidents.length > 0 && found.incidents;
		}, "the incident");
		expect(incidents).toMatchObject([{ cause: "capacity", refusals: 1, lowest: 1 }]);
		const whole: { timeline: object[] } = await ask(`/incidents/${incidents[0]?.id}`);
		expect(whole.timeline).toMatchObject([
			{ what: "a machine was not made: refused at 1 running", raw: expect.stringContaining(NETLINK) },
		]);
	});
});
