/** A VM at hand through the shipped entry: pi's own tools act on it, come back, and are never quietly done here instead. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import {
	describeEachPi,
	type Home,
	makeHome,
	makeModel,
	PACKAGE,
	type Pi,
	printPi,
	RpcPi,
	type Step,
	until,
} from "../../support/pi.ts";
import { fleetSettings } from "../../support/vers-fleet.ts";
import type { VersSim } from "../../support/vers-sim/sim.ts";
import { startSim, Visitor } from "../../support/vers-sim/visitor.ts";

const run = promisify(execFile);
const calls = (name: string, input: Readonly<Record<string, unknown>> = {}): Step => ({
	toolCalls: [{ name, arguments: input }],
});

async function stage(pi: Pi, steps: readonly Step[], options: { sim?: VersSim; set?: string } = {}) {
	const sim = options.sim ?? (await startSim({ slots: 4 }));
	const finder = pi.version.startsWith("0.") ? "fleet_tools" : "tool_search";
	const found = ["vers_vm_use", "vers_vm_copy", "vers_vm_delete"].map((query) => calls(finder, { query }));
	const model = await makeModel({ script: { agents: { hand: [...found, ...steps] } } });
	const set = options.set ?? "gates.workLog=off";
	const home = makeHome({ model, env: { FLAGSHIP_ORCHESTRATOR: "cap", FLAGSHIP_SET: set } });
	const { golden: _, ...vms } = fleetSettings(sim, "none").vms;
	mkdirSync(home.flagship, { recursive: true, mode: 0o700 });
	writeFileSync(join(home.flagship, "settings.json"), JSON.stringify({ ...fleetSettings(sim, "none"), vms }), {
		mode: 0o600,
	});
	const results = (): readonly string[] =>
		model.requests.flatMap(({ lastTool }) => (lastTool === undefined ? [] : [lastTool]));
	return { sim, model, home, results };
}

const go = (pi: Pi, home: Home, prompt: string, ...args: readonly string[]) =>
	printPi(pi, home, `[[agent:hand]] ${prompt}`, { args: ["-e", PACKAGE, ...args] });

await describeEachPi("a VM at hand", (pi) => {
	test("read, bash, edit and write act there, files go to and fro, and all of it comes back", async () => {
		const sim = await startSim({ slots: 4 });
		const vm = await new Visitor(sim).boot();
		const there = join(sim.vms.get(vm).machine.folder, "root");
		mkdirSync(join(there, "proj"));
		const on = await stage(
			pi,
			[
				calls("vers_vm_use", { vm, folder: "~/proj" }),
				calls("write", { path: "src/a b.txt", content: "one $(touch x)\ntwo\n" }),
				calls("edit", { path: "~/proj/src/a b.txt", edits: [{ oldText: "two", newText: "three" }] }),
				calls("read", { path: "src/a b.txt" }),
				calls("bash", { command: 'pwd; printf %s "$VERS_VM_ID"; echo made > built; exit 3' }),
				calls("vers_vm_copy", { from: `vm:${vm}:~/proj`, to: "came" }),
				calls("vers_vm_copy", { from: "sent", to: `vm:${vm}:proj/deep/in/` }),
				calls("vers_vm_local"),
				calls("bash", { command: "pwd; cat 'came/src/a b.txt'" }),
				calls("log_append", { text: "Built on the VM." }),
				{ text: "done" },
			],
			{ sim, set: "gates.workLog=enforce" },
		);
		mkdirSync(join(on.home.work, "sent"));
		writeFileSync(join(on.home.work, "sent", ".hidden 'name'"), Buffer.from([0, 255, 10]));
		const ran = await go(pi, on.home, "work there");
		expect(ran, ran.stderr).toMatchObject({ code: 0 });
		const said = on.results().join("\n---\n");
		expect(said).toContain(`read, bash, edit and write act on VM ${vm} in ${there}/proj`);
		expect(readFileSync(join(there, "proj/src/a b.txt"), "utf8")).toBe("one $(touch x)\nthree\n");
		expect(said).toContain("one $(touch x)\nthree");
		expect(said).toContain(`${there}/proj\n${vm}\n\nCommand exited with code 3`);
		expect(existsSync(join(on.home.work, "built"))).toBe(false);
		expect(readFileSync(join(on.home.work, "came", "built"), "utf8")).toBe("made\n");
		expect(readFileSync(join(there, "proj/deep/in/sent/.hidden 'name'"))).toEqual(Buffer.from([0, 255, 10]));
		expect(said).toContain(`act here again, and no more on VM ${vm}`);
		expect(said).toContain(`${on.home.work}\none $(touch x)\nthree`);
		const told = on.model.requests.find(({ lastTool }) => lastTool?.includes("Successfully wrote") === true);
		expect(JSON.stringify(told?.body)).toContain(`read, bash, edit and write act on VM ${vm}`);

		const log = [join(PACKAGE, "bin/flagship.mjs"), "log", "query", "--last", "24h", "--json"];
		const { stdout: facts } = await run(process.execPath, log, { cwd: on.home.work, env: on.home.env });
		expect(facts).toContain(`changed src/a b.txt on VM ${vm}`);
		expect(facts).toMatch(new RegExp(`ran [^"]* on VM ${vm}`));
	});

	test("a session that goes on has it still; a VM that is gone is refused, and nothing is done here instead", async () => {
		const sim = await startSim({ slots: 4 });
		const vm = await new Visitor(sim).boot();
		const there = join(sim.vms.get(vm).machine.folder, "root");
		const on = await stage(
			pi,
			[
				calls("vers_vm_use", { vm }),
				{ text: "at hand" },
				calls(pi.version.startsWith("0.") ? "fleet_tools" : "tool_search", { query: "vers_vm_delete" }),
				calls("bash", { command: "touch again" }),
				calls("vers_vm_delete", { vm }),
				calls("bash", { command: "touch lost" }),
				calls("write", { path: "lost", content: "x" }),
				calls("vers_vm_local"),
				calls("bash", { command: "touch back" }),
				{ text: "done" },
			],
			{ sim },
		);
		const session = ["--session-dir", join(on.home.root, "sessions")];
		expect(await go(pi, on.home, "begin", ...session)).toMatchObject({ code: 0 });
		// The host, and with it the way, ends in between.
		await run(process.execPath, [join(PACKAGE, "bin/flagship.mjs"), "stop"], { cwd: on.home.work, env: on.home.env });
		const ran = await go(pi, on.home, "go on", "--continue", ...session);
		expect(ran, ran.stderr).toMatchObject({ code: 0 });
		expect(on.results().join("\n")).toContain(`VM ${vm} is gone.`);
		expect(on.results().filter((text) => text.includes(`Nothing was done on VM ${vm}`))).toHaveLength(2);
		const made = ["again", "lost", "back"].filter((name) => existsSync(join(on.home.work, name)));
		expect(made).toEqual(["back"]);
		expect(existsSync(join(there, "lost"))).toBe(false);
	});

	test("a bash of another extension is refused while a VM is at hand, as it would act here", async () => {
		const sim = await startSim({ slots: 4 });
		const vm = await new Visitor(sim).boot();
		const on = await stage(
			pi,
			[
				calls("vers_vm_use", { vm }),
				calls("bash", { command: "touch wrong" }),
				calls("vers_vm_local"),
				calls("bash", { command: "right" }),
				{ text: "done" },
			],
			{ sim },
		);
		const other = join(on.home.root, "other.ts");
		writeFileSync(
			other,
			`import { writeFileSync } from "node:fs";
			export default (pi) => pi.registerTool({ name: "bash", label: "bash", description: "mine",
				parameters: { type: "object", properties: { command: { type: "string" } } },
				execute: async (_id, { command }) => { writeFileSync("ran", command); return { content: [{ type: "text", text: "mine" }] }; } });`,
		);
		const ran = await printPi(pi, on.home, "[[agent:hand]] go", { args: ["-e", other, "-e", PACKAGE] });
		expect(ran, ran.stderr).toMatchObject({ code: 0 });
		expect(on.results().join("\n")).toContain(`bash is another extension's here and cannot act on VM ${vm}`);
		expect(readFileSync(join(on.home.work, "ran"), "utf8")).toBe("right");
	});

	test("/vers lists, puts at hand and brings back; what a person types behind ! goes there", async () => {
		const sim = await startSim({ slots: 4 });
		const vm = await new Visitor(sim).boot();
		const on = await stage(pi, [], { sim });
		const driven = new RpcPi(pi, on.home, { args: ["-e", PACKAGE] });
		const told = (): string =>
			driven.records
				.filter((record) => record.type === "extension_ui_request" && record.method === "notify")
				.map((record) => String(record.message))
				.join("\n");
		const command = async (text: string, answer: string): Promise<void> => {
			driven.send({ type: "prompt", message: text });
			await until(() => told().includes(answer), answer);
		};
		await command("/vers", `${vm}  running`);
		await command(`/vers use ${vm}`, `act on VM ${vm} in`);
		const { data } = await driven.ask({ type: "bash", command: "printf %s $VERS_VM_ID" });
		expect(data).toMatchObject({ output: vm, exitCode: 0 });
		await command("/vers local", "act here again");
		expect((await driven.ask({ type: "bash", command: "printf %s here:$VERS_VM_ID" })).data).toMatchObject({
			output: "here:",
		});
		await command("/vers nonsense", "/vers lists VMs");
		await driven.stop();
	});
});

test("flagship vm copy and use from a shell; what cannot be is named", async () => {
	const sim = await startSim({ slots: 4 });
	const vm = await new Visitor(sim).boot();
	const home = makeHome();
	const { golden: _, ...vms } = fleetSettings(sim, "none").vms;
	mkdirSync(home.flagship, { recursive: true, mode: 0o700 });
	writeFileSync(join(home.flagship, "settings.json"), JSON.stringify({ ...fleetSettings(sim, "none"), vms }), {
		mode: 0o600,
	});
	const flagship = (...words: string[]) =>
		run(process.execPath, [join(PACKAGE, "bin/flagship.mjs"), ...words], { cwd: home.work, env: home.env });
	writeFileSync(join(home.work, "a"), "text");
	await flagship("vm", "copy", "a", `vm:${vm}:b/`);
	await flagship("vm", "copy", `vm:${vm}:b/a`, "c");
	expect(readFileSync(join(home.work, "c"), "utf8")).toBe("text");
	const { stdout } = await flagship("vm", "use", vm);
	const printed = await run("sh", ["-c", `${stdout.trim()} 'printf %s "$VERS_VM_ID"'`], {
		cwd: home.work,
		env: home.env,
	});
	expect(printed.stdout).toBe(vm);
	const refused: readonly (readonly [readonly string[], string])[] = [
		[["vm", "copy", "none", `vm:${vm}:b`], "there is no such file"],
		[["vm", "copy", `vm:${vm}:none`, "d"], "there is no such file"],
		[["vm", "copy", "vm:x", "d"], "from: it is vm:<id>:<path>"],
		[["vm", "use", vm, "--folder", "/no/where"], "there is no /no/where on the VM"],
		[["vm", "use", "00000000-0000-4000-8000-000000000000"], "Vers does not know"],
	];
	for (const [words, text] of refused)
		await expect(flagship(...words)).rejects.toMatchObject({ stderr: expect.stringContaining(text) });
	await flagship("stop");
});
