/** A steer to an agent at work: how long until its model has answered to it. */
import * as contract from "../../src/contract/lieutenants.ts";
import type { Step } from "../../src/demo/model/script.ts";
import { until } from "../support/until.ts";
import { type Agent, inState } from "./deaths.ts";
import type { Run } from "./group.ts";
import { begin, type Stage } from "./lieutenant.ts";
import { percentile } from "./measure.ts";

const CREW = 4;
const PATIENCE = 60_000;
const bash = (command: string): Step => ({ toolCalls: [{ name: "bash", arguments: { command } }] });

/** Where a steer meets its agent, how many each of the crew gets, and within how many ms it should be heard. */
const PLACES = [
	{ bench: "control.steer.loop", step: bash("sleep 0.3"), each: 10, goal: 5_000 },
	{ bench: "control.steer.bash", step: bash("sleep 30"), each: 3, goal: 11_000 },
] as const;

async function worker({ host }: Stage, name: string): Promise<Agent> {
	const work = { task: "Work until you are told otherwise.", cap: "1000 turns, 1000 usd", deliverable: "report" };
	const input = { name, role: `[[agent:worker]] ${name}`, local: true, ...work };
	return await host.client.call(contract.create, input, { launch: host.launch });
}

/** ms until it is consumed; sent in the middle of a tool. */
async function steer({ host }: Stage, { id, name }: Agent): Promise<number> {
	await until(() => host.client.lieutenants.get(id)?.tool !== undefined, `${name} in a tool`, PATIENCE);
	const from = performance.now();
	const { message } = await host.client.call(
		contract.send,
		{ name, message: "Go another way.", mode: "steer", wait: "consumed" },
		{ patience: PATIENCE },
	);
	if (message.receipt !== "consumed") throw new Error(`a steer to ${name} is ${message.receipt}: ${message.because}`);
	return performance.now() - from;
}

export async function steers(run: Run): Promise<void> {
	for (const { bench, step, each, goal } of PLACES) {
		const stage = await begin(run.pi, { agents: { worker: { after: step } } }, { FLAGSHIP_SET: "gates.workLog=off" });
		const crew = await Promise.all(Array.from({ length: CREW }, (_, n) => worker(stage, `worker-${n + 1}`)));
		await Promise.all(crew.map((agent) => inState(stage, agent, "working")));
		const times = await Promise.all(
			crew.map(async (agent) => {
				const own: number[] = [];
				for (let n = 0; n < each; n++) own.push(await steer(stage, agent));
				return own;
			}),
		);
		const value = percentile(times.flat(), 0.99);
		run.report({ bench, at: { steers: times.flat().length, of: "p99" }, value, unit: "ms", goal: { atMost: goal } });
		await stage.host.client.call(contract.destroy, { name: "*" });
		stage.host.end();
	}
}
