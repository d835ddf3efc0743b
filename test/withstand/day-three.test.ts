/**
 * The four failures of the day that this system was built after, each twice in real pi, side by side: without what
 * prevents it, it happens; with it, by default, it does not. The one that is protected says when enough time has gone by.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import type { Lieutenant } from "../../src/contract/lieutenants.ts";
import type { LogEntry } from "../../src/contract/log.ts";
import { lieutenantFolder } from "../../src/daemon/home.ts";
import { readNote } from "../../src/host/agent/life-file.ts";
import { TICK_MS } from "../../src/host/host.ts";
import { realWorld } from "../../src/world/real.ts";
import type { World } from "../../src/world.ts";
import { daemonHome, machineHost, machineHub } from "../extensions/machine.ts";
import { atEnd } from "../support/cleanup.ts";
import { TestHost } from "../support/host.ts";
import { describeEachPi, type Home, makeHome, makeModel, PACKAGE, RpcPi, type Step, until } from "../support/pi.ts";

vi.setConfig({ testTimeout: 180_000 });

const world = realWorld();
const read: Step = { toolCalls: [{ name: "read", arguments: { path: "a.txt" } }] };

/** A world in which nobody looks after the agents: the host's regular look never comes. */
const blind: World = {
	...world,
	clock: {
		...world.clock,
		every: (ms, run) => (ms === TICK_MS ? { cancel: () => undefined } : world.clock.every(ms, run)),
	},
};

await describeEachPi("what happened on day three", (pi) => {
	/** A machine of its own: home, host, and a lieutenant `deep` with these steps. */
	const machine = async (step: Step, settings: object, watched: World = world) => {
		const model = await makeModel({
			script: { agents: { deep: { steps: [{ ...step, repeat: "forever" }] } }, default: { text: "steered" } },
		});
		const home = makeHome({ model, env: { FLAGSHIP_SET: "gates.workLog=off" } });
		mkdirSync(home.flagship, { recursive: true, mode: 0o700 });
		writeFileSync(join(home.flagship, "settings.json"), JSON.stringify(settings));
		writeFileSync(join(home.work, "a.txt"), "words\n");
		const host = new TestHost(home, pi);
		atEnd(() => host.end());
		const running = await machineHost(daemonHome(home), () => 0, watched);
		atEnd(() => running.close());
		await host.join(running.address);
		const { id } = await host.create({ name: "deep", task: "Investigate this codebase", worktree: false });
		await until(() => model.requests.length > 0, "its first request", 60_000);
		const see = async (): Promise<Lieutenant> => {
			const row = await host.status("deep");
			if (row === undefined) throw new Error("deep is not there");
			return row;
		};
		return { home, host, id, see };
	};
	const reports = ({ home, id }: { home: Home; id: string }): readonly string[] => {
		const folder = join(lieutenantFolder(daemonHome(home), id), "reports");
		return world.files.list(folder).map((name) => readdirSync(folder).length.toString() + name);
	};

	test("an agent that read for 24 hours and wrote nothing is stopped within 30 turns and leaves a report", async () => {
		const off = await machine(read, { bounds: { turns: 1_000, usd: 1_000, quietTurns: 1_000 } });
		const on = await machine(read, {});
		const stopped = await on.host.state("deep", "stopped", 90_000);
		expect(stopped.turns).toBeLessThanOrEqual(30);
		await until(() => reports(on).length === 1, "its report");
		expect(on.host.notices.map(({ type }) => type)).toContain("limit");
		await until(async () => (await off.see()).turns > 40, "forty turns of the other", 90_000);
		expect(await off.see()).toMatchObject({ state: "working" });
		expect(reports(off)).toEqual([]);
	});

	test("a steer that never landed becomes a hard one and lands", async () => {
		const off = await machine({ hang: true }, { bounds: { steerSeconds: 3_600 } });
		const on = await machine({ hang: true }, { bounds: { steerSeconds: 1 } });
		const steers = await Promise.all(
			[off, on].map(async ({ host }) => (await host.send("deep", "stop reading", { mode: "steer" })).message.id),
		);
		const receipt = async ({ host }: typeof on, id = "") =>
			(await host.messages("deep")).find((message) => message.id === id)?.receipt;
		// On pi's side the same words wait behind the same stream.
		await until(async () => (await receipt(on, steers[1])) !== "queued", "the ladder's first rung", 60_000);
		await until(async () => ["consumed", "lost"].includes((await receipt(on, steers[1])) ?? ""), "its end", 60_000);
		expect(await receipt(on, steers[1])).not.toBe("accepted");
		expect(["queued", "accepted"]).toContain(await receipt(off, steers[0]));
	});

	test("a dead agent that looked alive is told", async () => {
		const settings = { liveness: { probeSeconds: 1, answerSeconds: 1 } };
		const off = await machine({ hang: true }, settings, blind);
		const on = await machine({ hang: true }, settings);
		for (const { home, id } of [off, on]) {
			const pid = readNote(world.files, lieutenantFolder(daemonHome(home), id))?.process?.pid ?? 0;
			process.kill(pid, "SIGSTOP");
		}
		await on.host.state("deep", "stalled", 60_000);
		await until(() => on.host.notices.some(({ type }) => type === "stall"), "the notice");
		expect(await off.see()).toMatchObject({ state: "working" });
		expect(off.host.notices).toEqual([]);
	});

	test("an orchestrator that forgot to log is reminded, and then the log is written for it", async () => {
		const logOf = async (set: string | undefined): Promise<readonly LogEntry[]> => {
			const model = await makeModel({
				script: {
					agents: {
						orc: [{ toolCalls: [{ name: "bash", arguments: { command: "echo x > made.txt" } }] }],
					},
					default: { text: "Done." },
				},
			});
			const home = makeHome({ model, env: set === undefined ? {} : { FLAGSHIP_SET: set } });
			execFileSync("git", ["init", "-q"], { cwd: home.work, env: home.env });
			execFileSync("git", ["commit", "-q", "--allow-empty", "-m", "begin"], { cwd: home.work, env: home.env });
			const machines = daemonHome(home);
			const hub = await machineHub(machines);
			const running = await machineHost(machines);
			atEnd(() => running.close());
			const orchestrator = new RpcPi(pi, home, { args: ["-e", PACKAGE] });
			await orchestrator.prompt("[[agent:orc]] make it, and log what you do", 90_000);
			await orchestrator.stop();
			const answer = await fetch(`${hub.address}/log`, { headers: { authorization: `Bearer ${hub.token}` } });
			const { entries }: { entries: LogEntry[] } = JSON.parse(await answer.text());
			return entries;
		};
		expect(await logOf("gates.workLog=off")).toEqual([]);
		expect(await logOf(undefined)).toMatchObject([{ facts: { files: ["made.txt"], mark: "auto" } }]);
	});
});
