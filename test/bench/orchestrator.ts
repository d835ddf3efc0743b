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
/**
 * A line for each half second: the longest that the loop was late, in ms; and how much of that it was kept from running
 * by its own work, not by other processes that had the core meanwhile (what Linux counts as waiting for a core).
 */
const PROBE = `import { appendFileSync, readFileSync } from "node:fs";
const waited = () => {
	try { return Number(readFileSync("/proc/thread-self/schedstat", "utf8").split(" ")[1]) / 1e6; } catch { return 0; }
};
const file = process.env.BENCH_DELAYS ?? process.argv[2];
let [beat, wait, late, own, told] = [performance.now(), waited(), 0, 0, 0];
setInterval(() => {
	const [now, waits] = [performance.now(), waited()];
	const more = now - beat - ${BEAT};
	late = Math.max(late, more);
	own = Math.max(own, more - (waits - wait));
	if (now - told > 500) {
		appendFileSync(file, late + " " + own + "\\n");
		[late, own, told] = [0, 0, now];
	}
	// What telling took is not told.
	[beat, wait] = [performance.now(), waited()];
}, ${BEAT});
export default function probe() {}
`;

interface Late {
	readonly wall: number;
	readonly own: number;
}

const delaysIn = (file: string): readonly Late[] =>
	readFileSync(file, "utf8")
		.split("\n")
		.filter(Boolean)
		.map((line) => {
			const [wall = Number.NaN, own = Number.NaN] = line.split(" ").map(Number);
			return { wall, own };
		});

const longest = (delays: readonly Late[], which: keyof Late): number => Math.max(...delays.map((one) => one[which]));

/** Beside a process that does nothing but look at its own loop: what that one is late, the machine owes. */
export async function blocked(run: Run): Promise<void> {
	if (missingTmux() !== undefined) return run.say("not measured: tmux is not installed here");
	const home = await account(FIFTY);
	const probe = join(home.root, "probe.mjs");
	const [own, bare] = [join(home.root, "own.txt"), join(home.root, "bare.txt")];
	writeFileSync(probe, PROBE);
	for (const file of [own, bare]) writeFileSync(file, "");
	const withProbe = { ...home, env: { ...home.env, BENCH_DELAYS: own } };
	const terminal = new Terminal(run.pi, withProbe, { rows: FIFTY + 20, args: ["-e", probe] });
	await terminal.shows("fleet: no lieutenants");
	const idler: ChildProcess = spawn(process.execPath, [probe, bare], { stdio: "ignore" });
	atEnd(() => void idler.kill("SIGKILL"));
	// With its first request a pi loads its provider and what draws answers: pi's own, and before the fifty.
	terminal.type("hello");
	await terminal.shows("noted", PATIENCE);
	// What starting has left behind is over.
	await until(() => delaysIn(own).length > 6 && delaysIn(bare).length > 4, "both to look at their loops", 60_000);
	for (const file of [own, bare]) writeFileSync(file, "");
	const took = await timed(async () => {
		terminal.type("[[agent:orc]] go");
		await terminal.shows(idle(FIFTY), PATIENCE);
	});
	const [seen, beside] = [delaysIn(own), delaysIn(bare)];
	idler.kill("SIGKILL");
	terminal.end();
	run.say(`${FIFTY} lieutenants were ready after ${Math.round(took / 1_000)} s`);
	run.report({
		...{ bench: "control.loop.blocked", at: { starting: FIFTY, of: "longest" }, unit: "ms" },
		...{ value: longest(seen, "own"), goal: { atMost: 50 } },
		...{ reference: longest(beside, "own"), beside: "an idle process" },
	});
	run.report({
		...{ bench: "control.loop.late", at: { starting: FIFTY, of: "longest" }, unit: "ms" },
		...{ value: longest(seen, "wall"), reference: longest(beside, "wall"), beside: "an idle process" },
	});
	await home.end();
}
