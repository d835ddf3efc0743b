/** An agent dies or freezes: how long until its orchestrator's session is told, and is each death told once? */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import * as contract from "../../src/contract/lieutenants.ts";
import type { NoticeType } from "../../src/contract/link.ts";
import { readNote } from "../../src/host/agent/life-file.ts";
import { realWorld } from "../../src/world/real.ts";
import { until } from "../support/until.ts";
import type { Run } from "./group.ts";
import { begin, type Stage } from "./lieutenant.ts";
import { percentile, timed } from "./measure.ts";

const { files } = realWorld();
/** The third unexpected end within ten minutes parks a lieutenant; resumed it begins anew. */
const LIVES = 3;
const PATIENCE = 120_000;

export interface Agent {
	readonly id: string;
	readonly name: string;
}

export const agentPid = ({ home }: Stage, { id }: Agent): number | undefined =>
	readNote(files, join(home.flagship, "lieutenants", id))?.process?.pid;

/** Resolves when the row says so. */
export const inState = ({ host }: Stage, { id }: Agent, ...states: readonly string[]): Promise<unknown> =>
	until(() => states.includes(host.client.lieutenants.get(id)?.state ?? ""), `${id} to be ${states}`, PATIENCE);

/** ms from now to the next notice of this type about it. */
function told({ host }: Stage, { id }: Agent, type: NoticeType): Promise<number> {
	const from = performance.now();
	const { promise, resolve } = Promise.withResolvers<number>();
	const known = new Set(host.client.notices.keys());
	const stop = host.client.listen({
		onNotice(notice) {
			if (known.has(notice.id) || notice.lieutenant.id !== id || notice.type !== type) return;
			stop();
			resolve(performance.now() - from);
		},
	});
	return promise;
}

async function killed(stage: Stage, agent: Agent): Promise<number> {
	const pid = await until(() => agentPid(stage, agent), "its process");
	const heard = told(stage, agent, "death");
	process.kill(pid, "SIGKILL");
	return await heard;
}

/** The least that a death can take to be known: a parent that waits for nothing else. */
async function bareDeath(): Promise<number> {
	const child = spawn("sleep", ["1000"], { stdio: "ignore" });
	const ended = once(child, "exit");
	return await timed(() => {
		child.kill("SIGKILL");
		return ended;
	});
}

async function dieAgainAndAgain(stage: Stage, name: string, rounds: number): Promise<number[]> {
	const times: number[] = [];
	const agent = await stage.host.create({ name });
	for (let n = 1; n <= rounds * LIVES; n++) {
		await inState(stage, agent, "idle");
		times.push(await killed(stage, agent));
		if (n % LIVES !== 0) continue;
		await inState(stage, agent, "failed");
		await stage.host.client.call(contract.resume, { name });
	}
	return times;
}

export async function deaths(run: Run): Promise<void> {
	const stage = await begin(run.pi);
	const [crew, rounds] = run.floorsOnly ? [2, 1] : [4, 3];
	const names = Array.from({ length: crew }, (_, n) => `mortal-${n + 1}`);
	const times = (await Promise.all(names.map((name) => dieAgainAndAgain(stage, name, rounds)))).flat();
	const notices = stage.host.notices.filter(({ type }) => type === "death").length;
	run.report({
		...{ bench: "control.deaths.notToldOnce", at: { deaths: times.length }, unit: "" },
		...{ value: Math.abs(notices - times.length), floor: { atMost: 0 } },
	});
	if (run.floorsOnly) return;
	const bare: number[] = [];
	for (let n = 0; n < times.length; n++) bare.push(await bareDeath());
	run.report({
		...{ bench: "control.death.told", at: { deaths: times.length, of: "p99" }, unit: "ms" },
		...{ value: percentile(times, 0.99), goal: { atMost: 2_000 } },
		...{ reference: percentile(bare, 0.99), beside: "a parent hears of its child" },
	});
	await frozen(stage, run);
}

/** One at rest and one in a tool, at the same time: most of it is waiting. */
async function frozen(stage: Stage, run: Run): Promise<void> {
	const resting = await stage.host.create({ name: "resting" });
	const busy = await stage.host.create({ name: "busy" });
	await Promise.all([inState(stage, resting, "idle"), inState(stage, busy, "idle")]);
	const freeze = async (agent: Agent): Promise<number> => {
		const pid = agentPid(stage, agent) ?? 0;
		const heard = told(stage, agent, "stall");
		process.kill(pid, "SIGSTOP");
		return heard.finally(() => process.kill(pid, "SIGCONT"));
	};
	const times = await Promise.all([freeze(resting), freeze(busy)]);
	run.report({
		...{ bench: "control.frozen.told", at: { agents: times.length }, unit: "s" },
		...{ value: Math.max(...times) / 1_000, goal: { atMost: 90 } },
	});
	stage.host.end();
}
