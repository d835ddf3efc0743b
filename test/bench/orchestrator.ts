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
const FLEETS = 3;
const PATIENCE = 600_000;

/** Streamed, if many times faster than by any provider: in one burst it would be pi's parsing that is measured. */
const make = (count: number): Step => ({
	chunkMs: 5,
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
 * A line for each half second: the longest that the loop was late, in ms; and the longest that its thread was at work
 * meanwhile. The rest of being late is the machine's, which had no core for it.
 */
const PROBE = `import { appendFileSync, readFileSync } from "node:fs";
const worked = () => Number(readFileSync("/proc/thread-self/schedstat", "utf8").split(" ")[0]) / 1e6;
const file = process.env.BENCH_DELAYS ?? process.argv[2];
let [beat, work, late, own, told] = [performance.now(), worked(), 0, 0, 0];
setInterval(() => {
	const [now, works] = [performance.now(), worked()];
	const more = now - beat - ${BEAT};
	late = Math.max(late, more);
	own = Math.max(own, Math.min(more, works - work));
	if (now - told > 500) {
		appendFileSync(file, late + " " + own + "\\n");
		[late, own, told] = [0, 0, now];
	}
	// What telling took is not told.
	[beat, work] = [performance.now(), worked()];
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

interface Fleet {
	/** What the terminal's loop was late, and that of a process that does nothing but look at its own. */
	readonly seen: readonly Late[];
	readonly beside: readonly Late[];
}

/** Fifty lieutenants, from the prompt that asks for them until all are ready. */
async function fifty(run: Run): Promise<Fleet> {
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
	await home.end();
	return { seen, beside };
}

/** What the idle process is late, the machine owes. Several fleets: one hiccup of the machine must not say it all. */
export async function blocked(run: Run): Promise<void> {
	if (missingTmux() !== undefined) return run.say("not measured: tmux is not installed here");
	if (process.platform !== "linux") return run.say("not measured: only Linux says how long a thread was at work");
	const fleets: Fleet[] = [];
	for (let n = 0; n < FLEETS; n++) fleets.push(await fifty(run));
	const of = (whose: keyof Fleet, which: keyof Late): number =>
		median(fleets.map((fleet) => longest(fleet[whose], which)));
	const at = { starting: FIFTY, of: `longest, median of ${FLEETS}` };
	run.report({
		...{ bench: "control.loop.blocked", at, unit: "ms", goal: { atMost: 50 } },
		...{ value: of("seen", "own"), reference: of("beside", "own"), beside: "an idle process" },
	});
	run.report({
		...{ bench: "control.loop.late", at, unit: "ms" },
		...{ value: of("seen", "wall"), reference: of("beside", "wall"), beside: "an idle process" },
	});
}
