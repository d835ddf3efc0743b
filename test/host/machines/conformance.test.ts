/**
 * What a lieutenant is, wherever it runs: one and the same story on this machine, on one that ssh reaches and on a VM of the
 * simulated platform, told by the same tools, with the same receipts and notices.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import * as contract from "../../../src/contract/lieutenants.ts";
import { type Home, makeHome } from "../../support/home.ts";
import { TestHost } from "../../support/host.ts";
import { makeModel } from "../../support/model.ts";
import { describeEachPi } from "../../support/pi.ts";
import { sshMachine } from "../../support/ssh-machine.ts";
import { until } from "../../support/until.ts";
import { versFleet } from "../../support/vers-fleet.ts";
import { startSim, Visitor } from "../../support/vers-sim/visitor.ts";

const sim = await startSim({ slots: 40 });
const hosts: TestHost[] = [];
afterEach(() => {
	for (const host of hosts.splice(0)) host.end();
});

interface Stage {
	readonly place: string;
	/** A repository on that machine. */
	readonly repository: string;
	/** `FLAGSHIP_HOME` of that machine. */
	readonly flagship: string;
}

type Model = Awaited<ReturnType<typeof makeModel>>;
type Pi = Parameters<Parameters<typeof describeEachPi>[1]>[0];

function repositoryIn(folder: string, home: Home): string {
	mkdirSync(folder);
	const git = (...args: string[]) => execFileSync("git", args, { cwd: folder, env: home.env });
	git("init", "-q");
	// Of the repository: the account on the other machine has nobody's name.
	git("config", "user.name", "Tester");
	git("config", "user.email", "tester@example.invalid");
	writeFileSync(join(folder, "README.md"), "# project\n");
	git("add", ".");
	git("commit", "-q", "-m", "begin");
	return folder;
}

const PLACES: Readonly<Record<string, (home: Home, model: Model, pi: Pi) => Promise<Stage>>> = {
	local: async (home) => ({
		...{ place: "local", flagship: home.flagship },
		repository: repositoryIn(join(home.root, "project"), home),
	}),
	ssh: async (home, model, pi) => {
		const { place, home: there } = await sshMachine(sim, home, { model, pi });
		return { place, flagship: join(there, ".flagship"), repository: repositoryIn(join(there, "project"), home) };
	},
	vers: async (home, model, pi) => {
		await versFleet(sim, home, { model, pi });
		const visitor = new Visitor(sim);
		const { golden } = JSON.parse(readFileSync(join(home.flagship, "settings.json"), "utf8")).vms;
		const vm = await visitor.restore(golden);
		const there = join(sim.vms.get(vm).machine.folder, "root");
		return {
			place: `vers:${vm}`,
			flagship: join(there, ".flagship", "vms", vm),
			repository: repositoryIn(join(there, "project"), home),
		};
	},
};

const bash = (command: string) => ({ toolCalls: [{ name: "bash", arguments: { command } }] });

await describeEachPi("a lieutenant", (pi) => {
	test.each(Object.entries(PLACES))(
		"is the same on a machine that is %s",
		{ timeout: 120_000 },
		async (_name, stageOf) => {
			const model = await makeModel({
				script: {
					agents: {
						ada: {
							cursor: "turns",
							steps: [
								bash("echo more >> README.md && git add . && git commit -q -m more"),
								{ toolCalls: [{ name: "log_append", arguments: { text: "Wrote more into the README." } }] },
								{ text: "written" },
								bash("sleep 60"),
								{ text: "went on" },
								{ text: "turned" },
							],
							after: { text: "nothing left" },
						},
					},
				},
			});
			const home = makeHome({ model });
			const { place, repository, flagship } = await stageOf(home, model, pi);
			const host = new TestHost(home, pi);
			hosts.push(host);
			await host.start();
			const told = (type: string) => host.notices.filter((notice) => notice.type === type).length;
			const agent = (id: string): number =>
				JSON.parse(readFileSync(join(flagship, "lieutenants", id, "life.json"), "utf8")).process.pid;

			// In its own worktree of a repository there; its work is done, and told once.
			const input = { name: "ada", role: "[[agent:ada]] a tester", place, cwd: repository, task: "Write more" };
			const made = await host.client.call(contract.create, input, { launch: host.launch });
			expect(made).toMatchObject({ place, branch: "lt/ada", repository });
			expect(made.cwd).not.toBe(repository);
			await until(() => told("completion") === 1, "the first completion", 20_000);
			const { diff } = await host.client.call(contract.changes, { name: "ada" });
			expect(diff).toContain("+more");

			// Killed in a tool: told once, started again, asked to go on.
			await host.send("ada", "sleep");
			await until(async () => (await host.status("ada"))?.tool !== undefined, "a tool at work", 20_000);
			process.kill(agent(made.id), "SIGKILL");
			await until(() => told("completion") === 2, "the end of what was interrupted", 60_000);
			expect(told("death")).toBe(1);
			expect((await host.status("ada"))?.lives).toBe(2);

			// Paused, its process is gone and its session is not; resumed, it is asked on.
			expect((await host.client.call(contract.pause, { name: "ada" })).state).toBe("paused");
			await host.client.call(contract.resume, { name: "ada" }, { launch: host.launch });
			await host.state("ada", "idle");
			await host.send("ada", "turn", { mode: "steer" });
			const messages = await host.quiet("ada");
			expect(messages.filter(({ receipt }) => receipt !== "consumed")).toEqual([]);
			const { outputs } = await host.client.call(contract.read, { name: "ada", history: 3 });
			expect(outputs).toEqual(expect.arrayContaining(["written", "went on"]));

			// Ended: work that is merged nowhere is kept, and named.
			const { destroyed, failed } = await host.client.call(contract.destroy, { name: "ada" });
			expect(failed).toEqual([]);
			expect(destroyed[0]?.kept.join("\n")).toContain("lt/ada");
			expect(execFileSync("git", ["log", "--format=%s", "lt/ada"], { cwd: repository, encoding: "utf8" })).toContain(
				"more",
			);
			await until(() => host.client.lieutenants.get(made.id)?.state === "gone", "its end, told");
			expect(existsSync(join(flagship, "lieutenants", made.id))).toBe(true);
			expect([told("death"), told("completion")]).toEqual([1, told("completion")]);
		},
	);
});
