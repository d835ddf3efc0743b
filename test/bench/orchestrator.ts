/** The person's own terminal: how soon a new session shows the fleet, and what fifty that start do to the keyboard. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Step } from "../../src/demo/model/script.ts";
import { startModel } from "../../src/demo/model/server.ts";
import { atEnd } from "../support/cleanup.ts";
import { type Home, makeHome } from "../support/home.ts";
import { missingTmux, Terminal } from "../support/terminal.ts";
import { until } from "../support/until.ts";
import { BarePi } from "./bare-pi.ts";
import type { Run } from "./group.ts";
import { median, timed } from "./measure.ts";

const FLEET = 5;
const RESTARTS = 5;
const FIFTY = 50;
const PATIENCE = 600_000;

const make = (count: number): Step => ({
	toolCalls: Array.from({ length: count }, (_, n) => ({
		name: "vers_lt_create",
		arguments: { name: `lt-${n + 1}`, role: "a tester" },
	})),
});

async function account(count: number): Promise<Home> {
	const model = await startModel({ script: { agents: { orc: [make(count)] }, default: { text: "noted" } } });
	atEnd(() => model.close());
	return makeHome({ model, env: { FLAGSHIP_SET: "gates.workLog=off" } });
}

const idle = (count: number) => new RegExp(`fleet: ${count} idle`);

/** A session is killed with its terminal, and another begins in the same folder. */
export async function restarted(run: Run): Promise<void> {
	if (missingTmux() !== undefined) return run.say("not measured: tmux is not installed here");
	const home = await account(FLEET);
	let terminal = new Terminal(run.pi, home);
	await terminal.shows("fleet: no lieutenants");
	terminal.type("[[agent:orc]] go");
	await terminal.shows(idle(FLEET), PATIENCE);
	const [times, bare]: [number[], number[]] = [[], []];
	for (let n = 0; n < RESTARTS; n++) {
		terminal.end();
		times.push(
			await timed(async () => {
				terminal = new Terminal(run.pi, home);
				await terminal.shows(idle(FLEET), PATIENCE);
			}),
		);
		bare.push(
			await timed(async () => {
				await (await BarePi.ready(run.pi, home)).end();
			}),
		);
	}
	terminal.end();
	run.report({
		...{ bench: "control.restart.screen", at: { lieutenants: FLEET, of: "median" }, unit: "ms" },
		...{ value: median(times), goal: { atMost: 3_000 }, reference: median(bare), beside: "bare pi, begun and ended" },
	});
}

/** ms between two beats of the loop; a late one is time in which no key was heard. */
const BEAT = 5;
const PROBE = `import { monitorEventLoopDelay } from "node:perf_hooks";
import { appendFileSync } from "node:fs";
const delay = monitorEventLoopDelay({ resolution: ${BEAT} });
delay.enable();
const file = process.env.BENCH_DELAYS ?? process.argv[2];
setInterval(() => {
	appendFileSync(file, (delay.max / 1e6 - ${BEAT}) + "\\n");
	delay.reset();
}, 500);
export default function probe() {}
`;

const delaysIn = (file: string): readonly number[] => readFileSync(file, "utf8").trim().split("\n").map(Number);

/** Beside a process that does nothing but look at its own loop: what it is late, the machine owes. */
export async function blocked(run: Run): Promise<void> {
	if (missingTmux() !== undefined) return run.say("not measured: tmux is not installed here");
	const home = await account(FIFTY);
	const probe = join(home.root, "probe.mjs");
	const [own, bare] = [join(home.root, "own.txt"), join(home.root, "bare.txt")];
	writeFileSync(probe, PROBE);
	const withProbe = { ...home, env: { ...home.env, BENCH_DELAYS: own } };
	const terminal = new Terminal(run.pi, withProbe, { rows: FIFTY + 20, args: ["-e", probe] });
	await terminal.shows("fleet: no lieutenants");
	const idler: ChildProcess = spawn(process.execPath, [probe, bare], { stdio: "ignore" });
	atEnd(() => void idler.kill("SIGKILL"));
	// What starting has left behind is over.
	await until(() => delaysIn(own).length > 6 && delaysIn(bare).length > 4, "both to look at their loops", 60_000);
	for (const file of [own, bare]) writeFileSync(file, "");
	const took = await timed(async () => {
		terminal.type("[[agent:orc]] go");
		await terminal.shows(idle(FIFTY), PATIENCE);
	});
	const [worst, reference] = [Math.max(...delaysIn(own)), Math.max(...delaysIn(bare))];
	idler.kill("SIGKILL");
	terminal.end();
	run.say(`${FIFTY} lieutenants were ready after ${Math.round(took / 1_000)} s`);
	run.report({
		...{ bench: "control.loop.blocked", at: { starting: FIFTY, of: "longest" }, unit: "ms" },
		...{ value: worst, goal: { atMost: 50 }, reference, beside: "an idle process" },
	});
	await home.end();
}
