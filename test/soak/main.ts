/**
 * `npm run soak -- --hours 8`: ten lieutenants on real pi, host and hub for a night, work all the time and a fault now
 * and then. Ends with what was seen of memory, open files and disk, and fails when one of them grew or anything was lost.
 */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { findPi } from "../../src/cli/pi.ts";
import { livingDaemon } from "../../src/daemon/run-file.ts";
import { costOf } from "../bench/processes.ts";
import { Chaos } from "../chaos/run.ts";
import { openTheatre } from "../support/theatre.ts";
import { growthOf, type Sample, tableOf } from "./growth.ts";

const { values } = parseArgs({ options: { hours: { type: "string" }, seed: { type: "string" } } });
const hours = Number(values.hours ?? 8);
if (!(hours > 0)) throw new Error(`--hours must be a number above 0, and is ${values.hours}`);
const seed = Number(values.seed ?? Math.floor(Math.random() * 1e6));
const ms = hours * 3_600_000;
/** Rounds of work, however long it takes: what the judge reads back stays within one page of each list. */
const ROUNDS = 240;
const SAMPLES = 400;
const pause = Math.max(1_000, ms / ROUNDS);
const rhythm = { pause: [Math.ceil(pause / 2), Math.ceil(pause * 1.5)], faults: 8 } as const;

const theatre = await openTheatre();
const { world, env, out, stage, daemons, model, signal } = theatre;
const minutes = (): number => theatre.seconds() / 60;
const say = (text: string): void => out(`${minutes().toFixed(1).padStart(6)}  ${text}`);
const crew = ["ada", "bo", "cy", "dee", "eli", "fay", "gus", "hal", "ivy", "jo"];
const chaos = new Chaos({
	...{ pi: await findPi(env), stage, daemons, model, signal, seed, ms, rhythm, crew, say },
});

/** Undefined for a daemon that is away, or ends while it is looked at. */
function seen<T>(name: "hub" | "host", look: (pid: number) => T): T | undefined {
	const running = livingDaemon(world, stage.home, name);
	if (running === undefined) return undefined;
	try {
		return look(running.pid);
	} catch {
		// Killed between the two: the next sample meets its successor.
		return undefined;
	}
}

const filesOf = (pid: number): number =>
	process.platform === "linux" ? readdirSync(`/proc/${pid}/fd`).length : Number.NaN;

function diskOf(folder: string): number {
	const sizes = readdirSync(folder, { recursive: true, encoding: "utf8" }).map(
		(name) => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0,
	);
	return sizes.reduce((sum, size) => sum + size, 0) / 1024 / 1024;
}

async function sample(): Promise<Sample> {
	const [hub, host] = [seen("hub", (pid) => costOf(pid).rss), seen("host", (pid) => costOf(pid).rss)];
	const [ofHub, ofHost] = [seen("hub", filesOf), seen("host", filesOf)];
	return {
		minutes: minutes(),
		...(hub === undefined ? {} : { hub }),
		...(host === undefined ? {} : { host }),
		...(ofHub === undefined || ofHost === undefined || Number.isNaN(ofHub) ? {} : { files: ofHub + ofHost }),
		disk: diskOf(stage.home.root),
		events: await chaos.events(),
	};
}

const samples: Sample[] = [];
const sampler = setInterval(
	() =>
		void sample().then(
			(one) => samples.push(one),
			(thrown) => say(`no sample: ${thrown}`),
		),
	Math.max(500, ms / SAMPLES),
);
let failed = true;
try {
	const { failures, faults, messages } = await chaos.play();
	clearInterval(sampler);
	const wrong = [...failures, ...growthOf(samples)];
	for (const line of [...tableOf(samples), ...wrong]) out(`  ${line}`);
	failed = wrong.length > 0;
	out(
		`${failed ? "FAILED" : "ok"}: seed ${seed}, ${minutes().toFixed(1)} minutes, ${crew.length} lieutenants, ${messages} messages, ${faults} faults`,
	);
} finally {
	clearInterval(sampler);
	chaos.close();
	await theatre.close(failed ? "failed: " : undefined);
}
process.exitCode = failed ? 1 : 0;
