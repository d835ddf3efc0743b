/** `flagship lt create --place vers` at a shell: a line for each step, and Ctrl-C. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { makeHome } from "../support/home.ts";
import { makeModel } from "../support/model.ts";
import { PACKAGE } from "../support/pi.ts";
import { pis } from "../support/pis.ts";
import { until } from "../support/until.ts";
import { versFleet } from "../support/vers-fleet.ts";
import { startSim } from "../support/vers-sim/visitor.ts";
import { ours } from "../support/vers-sim/vms.ts";

const sim = await startSim({ slots: 4 });
const model = await makeModel();
const home = makeHome({ model });
const owned = () => sim.vms.all.filter(ours).map(({ id }) => id);

/** Never waited for in one go: the platform is in this process. */
function flagship(...words: string[]) {
	const args = [join(PACKAGE, "bin", "flagship.mjs"), ...words];
	const child = spawn(process.execPath, args, { cwd: home.work, env: home.env, stdio: ["ignore", "pipe", "pipe"] });
	const said = { stdout: "", stderr: "" };
	for (const name of ["stdout", "stderr"] as const)
		child[name].on("data", (data) => {
			said[name] += String(data);
		});
	const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
	return { child, said, ended };
}

afterAll(async () => {
	await flagship("stop").ended;
});

test("each step is a line, on standard error where JSON is asked for; Ctrl-C ends what was made, says so, and exits with 130", {
	timeout: 150_000,
}, async () => {
	const [pi] = await pis();
	if (pi === undefined) throw new Error("no pi");
	await versFleet(sim, home, { model, pi });
	const made = flagship("lt", "create", "ada", "a tester", "--place", "vers");
	expect(await made.ended, made.said.stderr).toBe(0);
	expect(made.said.stdout.split("\n")).toEqual([
		"asking the platform for a VM",
		`VM ${owned()[0]} is made`,
		"connecting",
		"looking at the machine",
		"sending Flagship",
		"starting its host",
		"its host is ready; starting the lieutenant",
		expect.stringMatching(/^ada is idle in /),
		"",
	]);
	expect(await flagship("lt", "destroy", "ada").ended).toBe(0);
	await until(() => owned().length === 0, "the end of its VM");

	sim.faults.add({ type: "link_hangs" });
	const off = flagship("lt", "create", "eve", "a tester", "--place", "vers", "--json");
	await until(() => off.said.stderr.endsWith("connecting\n"), "the step at which it hangs", 60_000);
	const [vm] = owned();
	off.child.kill("SIGINT");
	expect(await off.ended).toBe(130);
	expect(JSON.parse(off.said.stdout)).toMatchObject({
		code: "called_off",
		error: `Making eve was called off: VM ${vm} is deleted again.`,
	});
	expect(owned()).toEqual([]);
});
