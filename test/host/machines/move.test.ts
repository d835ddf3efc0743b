/** A lieutenant moves in the middle of its conversation: here to a VM and back, with real pi, git and ssh. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import * as contract from "../../../src/contract/lieutenants.ts";
import { move } from "../../../src/contract/moves.ts";
import { makeHome } from "../../support/home.ts";
import { TestHost } from "../../support/host.ts";
import { makeModel } from "../../support/model.ts";
import { describeEachPi } from "../../support/pi.ts";
import { until } from "../../support/until.ts";
import { versFleet } from "../../support/vers-fleet.ts";
import type { VersSim } from "../../support/vers-sim/sim.ts";
import { startSim, Visitor } from "../../support/vers-sim/visitor.ts";
import { ours } from "../../support/vers-sim/vms.ts";

const hosts: TestHost[] = [];
afterEach(() => {
	for (const host of hosts.splice(0)) host.end();
});

const bash = (command: string) => ({ toolCalls: [{ name: "bash", arguments: { command } }] });
const owned = (sim: VersSim) => sim.vms.all.filter(ours).map(({ id }) => id);

await describeEachPi("a lieutenant that is moved", (pi) => {
	type Script = NonNullable<Parameters<typeof makeModel>[0]>["script"];
	const begin = async (script: Script) => {
		const sim = await startSim({ slots: 10 });
		const model = await makeModel({ script: script ?? {} });
		const home = makeHome({ model });
		await versFleet(sim, home, { model, pi });
		const git = (...args: string[]) =>
			execFileSync("git", args, { cwd: home.work, env: home.env, encoding: "utf8" }).trim();
		mkdirSync(home.work, { recursive: true });
		git("init", "-q");
		git("config", "user.name", "Tester");
		git("config", "user.email", "tester@example.invalid");
		writeFileSync(join(home.work, "README.md"), "# project\n");
		git("add", ".");
		git("commit", "-q", "-m", "begin");
		const host = new TestHost(home, pi);
		hosts.push(host);
		await host.start();
		const go = (place: string) => host.client.call(move, { name: "ada", place }, { launch: host.launch });
		return { sim, model, home, host, git, go };
	};

	test("goes on in its session on the VM, with its commits and what it had not committed; and comes back with more", {
		timeout: 180_000,
	}, async () => {
		const { sim, model, home, host, git, go } = await begin({
			agents: {
				ada: {
					cursor: "turns",
					steps: [
						bash(
							"git config user.name A; git config user.email a@example.invalid; echo one > one.txt; git add one.txt; git commit -q -m one; echo two > two.txt; echo more >> README.md",
						),
						bash("sleep 45"),
						bash("cat one.txt two.txt; git status --short; git add -A; git commit -q -m two; echo three > three.txt"),
						{ text: "all is there" },
					],
					after: { text: "and home again" },
				},
			},
		});
		const made = await host.create({ name: "ada", task: "Make files" });
		await until(async () => (await host.status("ada"))?.tool?.includes("sleep 45"), "the long tool", 20_000);
		const moved = await go("vers");
		expect(moved).toMatchObject({ id: made.id, branch: "lt/ada", moves: 1, owner: made.owner });
		expect(moved.place).toMatch(/^vers:/);
		const [vm = ""] = owned(sim);
		const { folder } = sim.vms.get(vm).machine;
		expect(moved.cwd.startsWith(folder)).toBe(true);
		// The old worktree is gone, its branch is not; here nothing of it runs or starts.
		expect(existsSync(made.cwd)).toBe(false);
		expect(git("log", "--format=%s", "lt/ada")).toContain("one");
		await until(
			() => host.notices.some(({ type, text }) => type === "completion" && text.includes("all is there")),
			"the completion from there",
			60_000,
		);
		const seen = model.requests.map(({ lastTool }) => lastTool).join("\n");
		expect(seen).toContain("one\ntwo\n");
		expect(seen).toMatch(/M README\.md\n\?\? two\.txt/);
		expect(host.notices.filter(({ type }) => type === "death")).toEqual([]);
		const rows = [...host.client.lieutenants.values()].filter(({ name }) => name === "ada");
		expect(rows).toMatchObject([{ id: made.id, place: moved.place }]);

		const back = await go("local");
		expect(back).toMatchObject({ id: made.id, place: "local", moves: 2, repository: made.repository });
		expect(git("log", "--format=%s", "lt/ada").split("\n").slice(0, 2), seen).toEqual(["two", "one"]);
		expect(readFileSync(join(back.cwd, "three.txt"), "utf8")).toBe("three\n");
		await until(() => owned(sim).length === 0, "the VM's end");
		await host.send("ada", "hello");
		const messages = await host.quiet("ada");
		expect(messages.map(({ receipt }) => receipt)).toEqual(messages.map(() => "consumed"));
		expect((await host.client.call(contract.read, { name: "ada" })).outputs.at(-1)).toBe("and home again");
		const sessions = readdirSync(join(home.flagship, "lieutenants", made.id, "session"));
		expect(sessions).toHaveLength(1);
	});

	test("stays and goes on where the new place cannot have it", { timeout: 120_000 }, async () => {
		const { sim, home, host, go } = await begin({
			agents: { ada: { cursor: "turns", steps: [bash("sleep 30"), { text: "went on" }] } },
		});
		const made = await host.create({ name: "ada", task: "Sleep" });
		await until(async () => (await host.status("ada"))?.tool !== undefined, "a tool at work", 20_000);
		const { golden } = JSON.parse(readFileSync(join(home.flagship, "settings.json"), "utf8")).vms;
		const vm = await new Visitor(sim).restore(golden);
		// A file stands where what arrives is to be kept.
		mkdirSync(join(sim.vms.get(vm).machine.folder, "root/.flagship"));
		writeFileSync(join(sim.vms.get(vm).machine.folder, "root/.flagship/moves"), "");
		await expect(go(`vers:${vm}`)).rejects.toMatchObject({ code: "machine_unfit" });
		await until(
			() => host.notices.some(({ type, text }) => type === "completion" && text.includes("went on")),
			"its completion here",
			60_000,
		);
		expect(await host.status("ada")).toMatchObject({ id: made.id, place: "local", cwd: made.cwd });
	});

	test("a host that is killed in between finishes it, and it lives in one place; meanwhile nobody starts it", {
		timeout: 180_000,
	}, async () => {
		const { sim, host, go } = await begin({
			agents: { ada: { cursor: "turns", steps: [bash("sleep 30"), { text: "arrived" }] } },
		});
		const made = await host.create({ name: "ada", task: "Sleep" });
		await until(async () => (await host.status("ada"))?.tool !== undefined, "a tool at work", 20_000);
		const asked = go("vers");
		// A second one at once is refused: if it failed it would start what the first has taken away.
		await until(() => owned(sim).length === 1, "the VM");
		await expect(go("vers")).rejects.toMatchObject({ code: "lieutenant_moving" });
		await until(async () => (await host.status("ada"))?.state === "paused", "the fence", 60_000);
		const resume = host.client.call(contract.resume, { name: "ada" }, { launch: host.launch });
		await expect(resume).rejects.toMatchObject({ code: "lieutenant_moving" });
		const { destroyed, failed } = await host.client.call(contract.destroy, { name: "ada" });
		expect([destroyed, failed]).toMatchObject([[], [{ name: "ada" }]]);
		await host.kill();
		await host.start();
		// The session asks again by itself, under the same key.
		const moved = await asked;
		expect(moved).toMatchObject({ id: made.id, moves: 1 });
		await until(
			() => host.notices.some(({ type, text }) => type === "completion" && text.includes("arrived")),
			"its completion there",
			60_000,
		);
		expect(owned(sim)).toEqual([moved.place.slice("vers:".length)]);
	});
});
