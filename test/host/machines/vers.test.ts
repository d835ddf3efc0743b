/** Lieutenants on VMs of the simulated platform: made, bounded by their keys, told apart when they go, and none forgotten. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, expect, test } from "vitest";
import * as contract from "../../../src/contract/lieutenants.ts";
import { replace } from "../../../src/contract/replace.ts";
import * as vms from "../../../src/contract/vms.ts";
import { type Home, makeHome } from "../../support/home.ts";
import { TestHost } from "../../support/host.ts";
import { makeModel } from "../../support/model.ts";
import { describeEachPi } from "../../support/pi.ts";
import { until } from "../../support/until.ts";
import { MODEL_KEY, versFleet } from "../../support/vers-fleet.ts";
import type { VersSim } from "../../support/vers-sim/sim.ts";
import { startSim, Visitor } from "../../support/vers-sim/visitor.ts";
import { ours } from "../../support/vers-sim/vms.ts";

const hosts: TestHost[] = [];
afterEach(() => {
	for (const host of hosts.splice(0)) host.end();
});

/** What its host keeps for the ledger of a snapshot. */
function recordOf(home: Home, commit: string): unknown {
	const store = new DatabaseSync(join(home.flagship, "host", "host.db"), { readOnly: true });
	try {
		const rows = store.prepare("select input from spool where operation = 'commits.record'").all();
		return rows.map(({ input }) => JSON.parse(String(input))).find(({ commitId }) => commitId === commit);
	} finally {
		store.close();
	}
}

const bash = (command: string) => ({ toolCalls: [{ name: "bash", arguments: { command } }] });
const owned = (sim: VersSim) => sim.vms.all.filter(ours).map(({ id }) => id);
const vmOf = (place: string) => place.slice("vers:".length);

await describeEachPi("lieutenants on VMs", (pi) => {
	type Script = NonNullable<Parameters<typeof makeModel>[0]>["script"];
	const begin = async (script: Script) => {
		const sim = await startSim({ slots: 10 });
		const model = await makeModel({ script: script ?? {} });
		const home = makeHome({ model });
		const golden = await versFleet(sim, home, { model, pi });
		const host = new TestHost(home, pi);
		hosts.push(host);
		await host.start();
		const told = (type: string) => host.notices.filter((notice) => notice.type === type);
		return { sim, model, home, host, golden, told };
	};

	test("each gets one, made from the golden snapshot; its keys are on no disk; with the last one the VM goes", {
		timeout: 120_000,
	}, async () => {
		const { sim, host, told } = await begin({
			agents: { ada: [bash(`printf '%s' "\${#${MODEL_KEY.name}}"`), { text: "The answer is 42." }] },
		});
		const made = await host.create({ name: "ada", place: "vers", task: "Find the answer" });
		expect(owned(sim)).toEqual([vmOf(made.place)]);
		await until(() => told("completion").length === 1, "the completion", 60_000);
		const { outputs } = await host.client.call(contract.read, { name: "ada" });
		expect(outputs.at(-1)).toContain("42");
		// What a snapshot by somebody else's hand would hold of it.
		const commit = await new Visitor(sim).commit(vmOf(made.place));
		expect(sim.filesHolding(commit, MODEL_KEY.value)).toEqual([]);
		expect((await host.client.call(contract.destroy, { name: "ada" })).failed).toEqual([]);
		await until(() => owned(sim).length === 0, "the VM's end");
	});

	test("where its host there is killed it comes back with its keys; after a reboot it waits for them, and gets them", {
		timeout: 120_000,
	}, async () => {
		const { sim, host } = await begin({
			agents: { ada: { cursor: "turns", steps: [{ text: "one" }, { text: "two" }] } },
		});
		const { place } = await host.create({ name: "ada", place: "vers" });
		await host.send("ada", "first");
		await host.quiet("ada");
		const { machine } = sim.vms.get(vmOf(place));
		// All of it: agent, host and loop, as a reboot ends them.
		expect(machine.strikeDown("", "SIGKILL")).toBeGreaterThan(2);
		await until(
			async () => {
				const row = await host.status("ada");
				return row?.state === "idle" && row.lives === 2;
			},
			"its second life",
			60_000,
		);
		await host.send("ada", "second");
		const messages = await host.quiet("ada", 60_000);
		expect(messages.map(({ receipt }) => receipt)).toEqual(["consumed", "consumed"]);
		expect((await host.client.call(contract.read, { name: "ada" })).outputs.at(-1)).toBe("two");
	});

	test("a fresh agent takes its place there, with the folder and the keys; the VM stays for it", {
		timeout: 120_000,
	}, async () => {
		const { sim, host } = await begin({
			agents: {
				ada: { cursor: "turns", steps: [bash("echo mine > left.txt; sleep 300")] },
				eve: [bash(`cat left.txt; printf '%s' "\${#${MODEL_KEY.name}}"`), { text: "went on" }],
			},
		});
		const made = await host.create({ name: "ada", place: "vers", task: "Leave a file" });
		await until(async () => (await host.status("ada"))?.tool?.includes("sleep"), "the long tool", 30_000);
		const next = await host.client.call(replace, { name: "ada", note: "[[agent:eve]]" }, { launch: host.launch });
		expect(next).toMatchObject({ place: made.place, cwd: made.cwd });
		expect(next.id).not.toBe(made.id);
		await until(() => host.notices.some(({ text }) => text.includes("went on")), "its answer", 60_000);
		expect(owned(sim)).toEqual([vmOf(made.place)]);
		const { lieutenants } = await host.client.call(contract.status, {});
		expect(lieutenants.map(({ id }) => id)).toEqual([next.id]);
		expect((await host.client.call(contract.destroy, { name: "ada" })).failed).toEqual([]);
		await until(() => owned(sim).length === 0, "the VM's end");
	});

	test("a snapshot of its VM is taken while nothing of it runs there; then it goes on, and nobody is told of a death", {
		timeout: 120_000,
	}, async () => {
		const { sim, home, host, told } = await begin({
			agents: { ada: { cursor: "turns", steps: [bash("sleep 40"), { text: "went on" }] } },
		});
		const { place } = await host.create({ name: "ada", place: "vers", task: "Sleep" });
		const kept = async (more: object) => {
			const { commit } = await host.client.call(vms.commit, {
				vm: vmOf(place),
				secrets: false,
				tags: ["golden"],
				...more,
			});
			const { snapshot } = sim.commits.get(commit);
			const holding = snapshot.kept.filter(({ env }) => Object.values(env).includes(MODEL_KEY.value)).length;
			expect(sim.filesHolding(commit, MODEL_KEY.value)).toEqual([]);
			return { holding, running: snapshot.kept.length, record: recordOf(home, commit) };
		};
		await until(async () => (await host.status("ada"))?.tool !== undefined, "a tool at work", 20_000);
		expect(await kept({ keepRunning: true })).toMatchObject({ record: { containsSecrets: true, tags: [] } });
		expect(await kept({})).toMatchObject({
			holding: 0,
			running: 0,
			record: { containsSecrets: false, tags: ["golden"] },
		});
		await until(() => told("completion").length === 1, "the completion", 60_000);
		expect((await host.client.call(contract.read, { name: "ada" })).outputs.at(-1)).toBe("went on");
		expect(told("death")).toEqual([]);
	});

	test("a host that is killed while a snapshot is taken has them go on when it is back", {
		timeout: 120_000,
	}, async () => {
		const { sim, host, told } = await begin({
			agents: { ada: { cursor: "turns", steps: [bash("sleep 40"), { text: "went on" }] } },
		});
		const { place } = await host.create({ name: "ada", place: "vers", task: "Sleep" });
		await until(async () => (await host.status("ada"))?.tool !== undefined, "a tool at work", 20_000);
		sim.faults.add({ type: "no_answer" }, { op: "commit" });
		const asked = host.client.call(vms.commit, { vm: vmOf(place) }).catch(() => undefined);
		await until(async () => (await host.status("ada"))?.state === "paused", "its rest", 20_000);
		await host.kill();
		sim.faults.clear();
		await host.start();
		await until(() => told("completion").length === 1, "the completion", 60_000);
		expect(told("death")).toEqual([]);
		await asked;
	});

	test("when the platform has no room it is made here, where that was said; else it is asked about; nothing leaks", {
		timeout: 120_000,
	}, async () => {
		const { sim, host } = await begin({ agents: {} });
		sim.faults.add({ type: "capacity" });
		await expect(host.create({ name: "ada", place: "vers" })).rejects.toMatchObject({
			code: "vers_capacity",
			remedy: expect.stringContaining("Ask the person"),
		});
		const made = await host.create({ name: "eve", place: "auto" });
		expect(made).toMatchObject({ place: "local", note: expect.stringContaining("made here instead of on vers") });
		expect(owned(sim)).toEqual([]);
	});

	test("a machine that cannot be made ready is ended again", { timeout: 120_000 }, async () => {
		const { sim, host } = await begin({ agents: {} });
		sim.faults.add({ type: "command_hangs" });
		sim.faults.add({ type: "link_refused" }, { skip: 3 });
		await expect(host.create({ name: "ada", place: "vers" })).rejects.toMatchObject({ code: "machine_unreachable" });
		await until(() => owned(sim).length === 0, "the VM's end");
	});

	test("one whose machine is gone has failed, once; its end is noted, and the host there is not waited for", {
		timeout: 120_000,
	}, async () => {
		const { sim, host, told } = await begin({ agents: { ada: [bash("sleep 60")] } });
		const { place } = await host.create({ name: "ada", place: "vers", task: "Sleep" });
		await until(async () => (await host.status("ada"))?.tool !== undefined, "a tool at work");
		await new Visitor(sim).call("DELETE", `/vm/${vmOf(place)}`);
		const row = await host.state("ada", "failed", 60_000);
		expect(row).toMatchObject({
			cause: { type: "machine-gone" },
			reason: expect.stringContaining("its machine is gone"),
		});
		expect(told("death")).toHaveLength(1);
		await expect(host.send("ada", "more")).rejects.toMatchObject({ code: "lieutenant_deaf" });
		await host.kill();
		await host.start();
		await host.state("ada", "failed", 30_000);
		expect((await host.client.call(contract.destroy, { name: "ada" })).destroyed).toMatchObject([{ name: "ada" }]);
		expect(told("death")).toHaveLength(1);
	});

	test("a host that is killed while a VM is made finds and ends it; the lost answer of a creation is looked up", {
		timeout: 120_000,
	}, async () => {
		const { sim, host } = await begin({ agents: { ada: [{ text: "here" }] } });
		sim.faults.add({ type: "lost_reply" }, { op: "from_commit", times: 1 });
		const { place } = await host.create({ name: "ada", place: "vers" });
		expect(owned(sim)).toEqual([vmOf(place)]);
		sim.faults.add({ type: "link_hangs" });
		const lost = host.create({ name: "eve", place: "vers" }).catch(() => undefined);
		await until(() => owned(sim).length === 2, "the second VM");
		await host.kill();
		sim.faults.clear();
		await host.start();
		await until(() => owned(sim).length === 1, "the end of the VM that nobody lives on", 30_000);
		expect(owned(sim)).toEqual([vmOf(place)]);
		await lost;
	});

	test("one that is called off when its agent is being started there already is ended, and its VM; asked for again it is made", {
		timeout: 120_000,
	}, async () => {
		const { sim, host } = await begin({ agents: { ada: [{ text: "here" }] } });
		const off = new AbortController();
		const input = { name: "ada", role: "[[agent:ada]] a tester", place: "vers" };
		const onSteps = (steps: readonly string[]) => {
			if (steps.at(-1)?.startsWith("its host is ready") === true) off.abort();
		};
		const key = crypto.randomUUID();
		const asked = { launch: host.launch, key };
		const refused = host.client.call(contract.create, input, { ...asked, off: off.signal, onSteps });
		await expect(refused).rejects.toMatchObject({ code: "called_off", message: expect.stringContaining("is deleted") });
		expect(owned(sim)).toEqual([]);
		expect(await host.client.call(contract.status, {})).toMatchObject({ count: 0 });
		const made = await host.client.call(contract.create, input, asked);
		expect(owned(sim)).toEqual([vmOf(made.place)]);
	});
});
