/** A lieutenant on a VM while it is being made, through the shipped entry: its steps in real pi, and a person's Escape. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { describeEachPi, type Home, makeHome, makeModel, PACKAGE, RpcPi, until } from "../support/pi.ts";
import { versFleet } from "../support/vers-fleet.ts";
import { startSim } from "../support/vers-sim/visitor.ts";
import { ours } from "../support/vers-sim/vms.ts";

const run = promisify(execFile);

/** Never waited for in one go: the platform is in this process. */
async function flagship(home: Home, ...words: string[]): Promise<unknown> {
	const args = [join(PACKAGE, "bin", "flagship.mjs"), ...words, "--json"];
	return JSON.parse((await run(process.execPath, args, { cwd: home.work, env: home.env })).stdout);
}

await describeEachPi("a lieutenant that is being made on a VM", (pi) => {
	const begin = async (names: readonly string[]) => {
		const sim = await startSim({ slots: 4 });
		const give = (name: string) => ({
			toolCalls: [{ name: "vers_lt_create", arguments: { name, role: `[[agent:${name}]] a tester`, place: "vers" } }],
		});
		// A prompt that is ended by Escape is answered by nobody.
		const agents = Object.fromEntries(names.map((name) => [`orc-${name}`, [give(name), { text: "so be it" }]]));
		const model = await makeModel({ script: { agents } });
		const env = { FLAGSHIP_SET: "gates.workLog=off", FLAGSHIP_ORCHESTRATOR: "cap" };
		const home = makeHome({ model, env });
		await versFleet(sim, home, { model, pi });
		const orchestrator = new RpcPi(pi, home, { args: ["-e", PACKAGE] });
		const ask = (name: string) => orchestrator.send({ type: "prompt", message: `[[agent:orc-${name}]] go` });
		/** What the tool showed, each time it changed. */
		const shown = (): readonly string[] =>
			orchestrator.records.flatMap((record) =>
				record.type === "tool_execution_update"
					? [(record.partialResult as { content: readonly { text: string }[] }).content[0]?.text ?? ""]
					: [],
			);
		const owned = () => sim.vms.all.filter(ours).map(({ id }) => id);
		return { sim, home, orchestrator, ask, shown, owned };
	};

	test("shows what is being done, step by step, until it is there", { timeout: 120_000 }, async () => {
		const { home, orchestrator, ask, shown, owned } = await begin(["ada"]);
		ask("ada");
		const ended = await orchestrator.wait("tool_execution_end", 0, 90_000);
		expect(ended, JSON.stringify(ended)).toMatchObject({ isError: false });
		const [vm] = owned();
		const steps = shown().at(-1)?.split("\n") ?? [];
		expect(steps).toEqual([
			"asking the platform for a VM",
			`VM ${vm} is made`,
			"connecting",
			"looking at the machine",
			"sending Flagship",
			"starting its host",
			"its host is ready; starting the lieutenant",
		]);
		// Each is shown when it begins, not all at the end.
		for (const [n] of steps.entries()) expect(shown()).toContain(steps.slice(0, n + 1).join("\n"));
		await orchestrator.stop();
		expect(await flagship(home, "lt", "destroy", "*")).toMatchObject({ destroyed: [{ name: "ada" }] });
		await flagship(home, "stop").catch(() => undefined);
	});

	test("is called off by Escape: its VM is deleted, or on the list of those that are not", {
		timeout: 120_000,
	}, async () => {
		const { sim, home, orchestrator, ask, shown, owned } = await begin(["ada", "eve"]);
		sim.faults.add({ type: "link_hangs" });
		ask("ada");
		await until(() => shown().at(-1)?.endsWith("connecting"), "the step at which it hangs", 60_000);
		const [first = ""] = owned();
		await orchestrator.get("abort");
		await until(() => owned().length === 0, "the end of its VM", 30_000);

		const before = shown().length;
		ask("eve");
		await until(() => shown().slice(before).at(-1)?.endsWith("connecting"), "the step again", 60_000);
		const [second = ""] = owned();
		expect(second).not.toBe(first);
		sim.faults.add({ type: "delete_fails", leaves: "listed" }, { vm: second });
		await orchestrator.get("abort");
		const left = await until(async () => {
			const found = (await flagship(home, "undeleted", "list")) as { machines: readonly object[] };
			return found.machines.length > 0 && found.machines;
		}, "the one that is not deleted");
		expect(left).toMatchObject([{ machine: second }]);
		expect(await flagship(home, "lt", "status")).toMatchObject({ count: 0 });
		await orchestrator.stop();
		await flagship(home, "stop").catch(() => undefined);
	});
});
