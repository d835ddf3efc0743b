/** VMs through the shipped entry: the tools in real pi, the commands in a shell, the simulated platform, the real hub. */
import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { describeEachPi, makeHome, makeModel, PACKAGE, printPi, type Step, until } from "../support/pi.ts";
import { API_KEY, NETLINK } from "../support/vers-sim/fixture.ts";
import { startSim } from "../support/vers-sim/visitor.ts";
import { ours } from "../support/vers-sim/vms.ts";
import { daemonHome, machineHub } from "./machine.ts";

const run = promisify(execFile);
const calls = (name: string, input: Readonly<Record<string, unknown>>): Step => ({
	toolCalls: [{ name, arguments: input }],
});

await describeEachPi("VMs", (pi) => {
	const finder = pi.version.startsWith("0.") ? "fleet_tools" : "tool_search";

	test("are made, cloned, snapshotted, paused and ended; each snapshot is in the ledger; no key and no word of a stranger is shown", async () => {
		const sim = await startSim({ slots: 4 });
		const own = () => sim.vms.all.filter(ours).map(({ id }) => id);
		const tools = "vers_vms vers_vm_create vers_vm_branch vers_vm_commit vers_vm_restore vers_vm_state vers_vm_delete";
		const model = await makeModel({
			script: {
				agents: {
					maker: [
						...tools.split(" ").map((name) => calls(finder, { query: name })),
						calls("vers_vm_create", { label: "bench" }),
						calls("vers_vms", {}),
						{ text: "made" },
					],
				},
			},
		});
		const home = makeHome({ model, env: { FLAGSHIP_ORCHESTRATOR: "cap", FLAGSHIP_SET: "gates.workLog=off" } });
		mkdirSync(home.flagship, { recursive: true, mode: 0o700 });
		const env = { VERS_API_KEY: API_KEY, VERS_BASE_URL: sim.baseUrl };
		writeFileSync(join(home.flagship, "settings.json"), JSON.stringify({ env }), { mode: 0o600 });
		const made = await printPi(pi, home, "[[agent:maker]] go", { args: ["-e", PACKAGE] });
		expect(made, made.stderr).toMatchObject({ code: 0 });
		const [vm = ""] = own();
		const said = model.requests.map(({ lastTool }) => lastTool).join("\n");
		expect(said).toContain(`VM ${vm} runs.`);
		expect(said).toMatch(new RegExp(`^${vm} {2}running .*label=bench`, "m"));

		const flagship = async (...words: string[]): Promise<never> => {
			const args = [join(PACKAGE, "bin", "flagship.mjs"), ...words, "--json"];
			return JSON.parse((await run(process.execPath, args, { cwd: home.work, env: home.env })).stdout) as never;
		};
		const { commit }: { commit: string } = await flagship("vm", "commit", vm, "--label", "base", "--tags", "golden");
		const { ids }: { ids: string[] } = await flagship("vm", "branch", vm, "--count", "2");
		expect(ids).toHaveLength(2);
		const { id }: { id: string } = await flagship("vm", "restore", commit);
		expect(new Set(own())).toEqual(new Set([vm, id, ...ids]));
		const full = run(process.execPath, [join(PACKAGE, "bin", "flagship.mjs"), "vm", "create"], {
			...{ cwd: home.work, env: home.env },
		});
		await expect(full).rejects.toMatchObject({ stderr: expect.stringContaining("Vers has no room for a new machine") });
		await expect(full).rejects.not.toMatchObject({ stderr: expect.stringContaining(NETLINK) });
		expect(await flagship("vm", "state", vm, "--state", "paused")).toEqual({ id: vm, state: "paused" });

		sim.faults.add({ type: "delete_fails", leaves: "listed" }, { vm: id });
		expect(await flagship("vm", "delete", id)).toMatchObject({ gone: false, why: "transient" });
		for (const one of [vm, ...ids]) expect(await flagship("vm", "delete", one)).toMatchObject({ gone: true });
		expect(own()).toEqual([id]);

		const hub = await machineHub(daemonHome(home));
		const headers = { authorization: `Bearer ${hub.token}` };
		const ask = async (path: string) => (await (await fetch(hub.address + path, { headers })).json()) as never;
		const { commits }: { commits: object[] } = await until(async () => {
			const found: { commits: object[] } = await ask("/commits");
			return found.commits.length > 0 && found;
		}, "the snapshot in the ledger");
		expect(commits).toMatchObject([{ commitId: commit, vmId: vm, label: "base", agent: "cap", containsSecrets: true }]);
		const { machines }: { machines: object[] } = await until(async () => {
			const found: { machines: object[] } = await ask("/undeleted");
			return found.machines.length > 0 && found;
		}, "what was not deleted");
		expect(machines).toMatchObject([{ machine: id, cause: "transient" }]);
		expect(JSON.stringify(model.requests)).not.toContain(API_KEY);
		await flagship("stop").catch(() => undefined);
	});
});

test("without a key the tool says what to set, and nothing is asked of anybody", async () => {
	const home = makeHome();
	const asked = run(process.execPath, [join(PACKAGE, "bin", "flagship.mjs"), "vm", "list"], {
		...{ cwd: home.work, env: home.env },
	});
	await expect(asked).rejects.toMatchObject({
		stderr: expect.stringContaining("No key of the Vers platform is known"),
	});
});
