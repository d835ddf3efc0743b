/** Lieutenants on VMs of the simulated platform, over a real ssh: what a machine of its own costs in time and bytes. */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as contract from "../../src/contract/lieutenants.ts";
import { move } from "../../src/contract/moves.ts";
import * as atHand from "../../src/contract/vm-use.ts";
import * as vmTools from "../../src/contract/vms.ts";
import { startModel } from "../../src/demo/model/server.ts";
import { atEnd } from "../support/cleanup.ts";
import { type Home, makeHome } from "../support/home.ts";
import { TestHost } from "../support/host.ts";
import { until } from "../support/until.ts";
import { versFleet } from "../support/vers-fleet.ts";
import type { VersSim } from "../support/vers-sim/sim.ts";
import { startSim } from "../support/vers-sim/visitor.ts";
import type { Group, Run } from "./group.ts";
import { inTurns, median, timed } from "./measure.ts";

const TEN = 10;
const WORDS = 400;
const CALLS = 200;
const ROUNDS = 5;
/** ms between two chunks of the scripted model's stream. */
const CHUNK_MS = 5;
const PATIENCE = 180_000;

interface Stage {
	readonly sim: VersSim;
	readonly home: Home;
	readonly host: TestHost;
}

const talk = Array.from({ length: WORDS }, (_, n) => `word${n}`).join(" ");
const SCRIPT = {
	agents: {
		talker: { after: { text: talk, chunkMs: CHUNK_MS, chunkChars: Math.ceil(talk.length / WORDS) } },
	},
};

async function begin(run: Run): Promise<Stage> {
	const model = await startModel({ script: SCRIPT });
	atEnd(() => model.close());
	const sim = await startSim({ slots: 3 * TEN });
	const home = makeHome({ model });
	mkdirSync(home.work, { recursive: true });
	repository(home);
	await versFleet(sim, home, { model, pi: run.pi });
	const host = new TestHost(home, run.pi);
	atEnd(() => host.end());
	await host.start();
	return { sim, home, host };
}

/** Of the size of a small project: 200 files. */
function repository(home: Home): void {
	const git = (...args: string[]) => execFileSync("git", args, { cwd: home.work, env: home.env, stdio: "ignore" });
	git("init", "-q");
	git("config", "user.name", "Bench");
	git("config", "user.email", "bench@example.invalid");
	for (let n = 0; n < 200; n++) writeFileSync(join(home.work, `file-${n}.txt`), `line of file ${n}\n`.repeat(100));
	git("add", ".");
	git("commit", "-q", "-m", "begin");
}

let made = 0;
const newName = (): string => `vm${++made}`;

const ready = ({ host }: Stage, name: string, place: string): Promise<unknown> =>
	host.create({ name, place }).then(() => host.state(name, "idle", PATIENCE));

const end = ({ host }: Stage, names: readonly string[]): Promise<unknown> =>
	Promise.all(names.map((name) => host.client.call(contract.destroy, { name }, { timeout: PATIENCE })));

/** When the host first said each step, in ms from the call. The platform's part ends when ssh is tried. */
async function steps(stage: Stage, run: Run): Promise<void> {
	const name = newName();
	const said: { readonly what: string; readonly at: number }[] = [];
	const from = performance.now();
	let heard = stage.host.complaints.length;
	const look = setInterval(() => {
		const fresh = stage.host.complaints.slice(heard);
		heard = stage.host.complaints.length;
		for (const [, what = ""] of fresh.matchAll(/vers:\S+: (.+)/g)) said.push({ what, at: performance.now() - from });
	}, 5);
	await ready(stage, name, "vers");
	clearInterval(look);
	const marks = [{ what: "the platform makes it", at: 0 }, ...said, { what: "", at: performance.now() - from }];
	for (const [index, { what, at }] of marks.slice(0, -1).entries()) {
		const until = marks[index + 1]?.at ?? at;
		run.report({ bench: "vms.create.step", at: { step: what }, value: until - at, unit: "ms" });
	}
	await end(stage, [name]);
}

async function creations(stage: Stage, run: Run): Promise<void> {
	const several = async (count: number, place: string): Promise<number> => {
		const names = Array.from({ length: count }, newName);
		const ms = await timed(() => Promise.all(names.map((name) => ready(stage, name, place))));
		await end(stage, names);
		return ms;
	};
	const one = await inTurns(ROUNDS, { vers: () => several(1, "vers"), local: () => several(1, "local") });
	const ten = await inTurns(2, { vers: () => several(TEN, "vers"), local: () => several(TEN, "local") });
	for (const [count, { vers, local }] of [[1, one] as const, [TEN, ten] as const])
		run.report({
			...{ bench: "vms.create.ready", at: { atOnce: count }, value: median(vers), unit: "ms" },
			...{ reference: median(local), beside: "local ones" },
		});
}

async function roundTrips({ host, sim }: Stage, names: { there: string; here: string }, run: Run): Promise<void> {
	const ask = (name: string) => async () => {
		const times: number[] = [];
		for (let n = 0; n < CALLS / ROUNDS; n++)
			times.push(await timed(() => host.client.call(contract.messages, { name })));
		return median(times);
	};
	const calls = await inTurns(ROUNDS, { there: ask(names.there), here: ask(names.here) });
	run.report({
		...{ bench: "vms.call", at: { of: "p50" }, value: median(calls.there), unit: "ms" },
		...{ reference: median(calls.here), beside: "a local lieutenant's" },
	});
	const { id: vm } = await host.client.call(vmTools.create, {}, { timeout: PATIENCE });
	await until(() => sim.vms.get(vm).state === "running", "the VM");
	const { command } = await host.client.call(atHand.use, { vm }, { timeout: PATIENCE });
	const [ssh = "", ...args] = command;
	const shells = await inTurns(ROUNDS * 4, {
		there: () => timed(() => ended(ssh, [...args, "true"])),
		here: () => timed(() => ended("sh", ["-c", "true"])),
	});
	run.report({
		...{ bench: "vms.command", at: { of: "p50" }, value: median(shells.there), unit: "ms" },
		...{ reference: median(shells.here), beside: "a local shell" },
	});
	await host.client.call(vmTools.remove, { vm }, { timeout: PATIENCE });
}

const ended = (program: string, args: readonly string[]): Promise<unknown> =>
	new Promise((resolve, reject) => {
		spawn(program, args, { stdio: "ignore" }).once("error", reject).once("exit", resolve);
	});

async function reconnects({ host, sim }: Stage, name: string, vm: string, run: Run): Promise<void> {
	const times: number[] = [];
	for (let n = 0; n < ROUNDS; n++) {
		sim.cutLinks("reset", vm);
		times.push(
			await timed(() =>
				until(() => host.client.call(contract.messages, { name }).then(() => true), "an answer", 60_000),
			),
		);
	}
	run.report({ bench: "vms.reconnect", at: { cuts: ROUNDS }, value: median(times), unit: "ms" });
}

async function tokens({ host, sim }: Stage, name: string, vm: string, run: Run): Promise<void> {
	const before = sim.bytes(vm);
	await host.send(name, "talk");
	await host.quiet(name, 60_000);
	await host.state(name, "idle", 60_000);
	run.report({
		...{ bench: "vms.bytes.perToken", at: { tokens: WORDS }, value: (sim.bytes(vm) - before) / WORDS, unit: "B" },
		...{ reference: talk.length / WORDS, beside: "the text itself" },
	});
}

async function moves({ host }: Stage, name: string, run: Run): Promise<void> {
	const go = (place: string) =>
		timed(() => host.client.call(move, { name, place }, { launch: host.launch, timeout: PATIENCE }));
	const there = await go("vers");
	run.report({ bench: "vms.move", at: { to: "vers" }, value: there, unit: "ms" });
	run.report({ bench: "vms.move", at: { to: "local" }, value: await go("local"), unit: "ms" });
}

async function refusals(stage: Stage, run: Run): Promise<void> {
	const { sim, host } = stage;
	const times: number[] = [];
	const fault = sim.faults.add({ type: "capacity" });
	for (let n = 0; n < ROUNDS; n++) {
		const name = newName();
		const input = { name, role: "a tester", place: "vers", fallback: "auto" as const };
		times.push(
			await timed(async () => {
				await host.client.call(contract.create, input, { launch: host.launch, timeout: PATIENCE });
				await host.state(name, "idle", PATIENCE);
			}),
		);
		await end(stage, [name]);
	}
	sim.faults.remove(fault);
	run.report({
		...{ bench: "vms.refused.local", at: { refusals: ROUNDS, of: "longest" }, unit: "s" },
		...{ value: Math.max(...times) / 1_000, goal: { atMost: 5 } },
	});
}

export const vms: Group = async (run) => {
	const stage = await begin(run);
	// The first one lets the pack be made: that is once for each version.
	const first = newName();
	await ready(stage, first, "vers");
	await end(stage, [first]);
	await steps(stage, run);
	await creations(stage, run);
	const { place } = await stage.host.create({ name: "talker", place: "vers" });
	const vm = place.slice("vers:".length);
	await stage.host.state("talker", "idle", PATIENCE);
	await ready(stage, "here", "local");
	await roundTrips(stage, { there: "talker", here: "here" }, run);
	await tokens(stage, "talker", vm, run);
	await reconnects(stage, "talker", vm, run);
	await moves(stage, "here", run);
	await refusals(stage, run);
	await end(stage, ["talker", "here"]);
	stage.host.end();
};
