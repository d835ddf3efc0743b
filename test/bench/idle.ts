/** A fleet with nothing to do: its CPU beside as many bare pis, its memory, and the processes that it starts. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readNote } from "../../src/host/agent/life-file.ts";
import { realWorld } from "../../src/world/real.ts";
import { processesNaming } from "../support/leftovers.ts";
import { BarePi } from "./bare-pi.ts";
import type { Run } from "./group.ts";
import type { Stage } from "./lieutenant.ts";
import { median, sum } from "./measure.ts";
import { type Cost, costOf } from "./processes.ts";

const SECONDS = 24;
const LOOK = 250;
const SETTLE = 10_000;
const { files } = realWorld();

interface Watched {
	/** CPU of all of them together, as a share of one core. */
	readonly share: number;
	/** Looks at which some process had waited for a child of its own that had ended. */
	readonly ended: number;
	readonly rss: number;
}

async function watch(pids: readonly number[]): Promise<Watched> {
	const first = pids.map(costOf);
	let last: readonly Cost[] = first;
	let ended = 0;
	const from = performance.now();
	while (performance.now() - from < SECONDS * 1000) {
		await sleep(LOOK);
		const now = pids.map(costOf);
		ended += now.filter((cost, index) => cost.faultsOfEnded !== last[index]?.faultsOfEnded).length;
		last = now;
	}
	const used = sum(last.map((cost, index) => cost.cpu - (first[index]?.cpu ?? 0)));
	return { share: used / (performance.now() - from), ended, rss: median(last.map((cost) => cost.rss)) };
}

/** `stage` holds ten idle lieutenants. */
export async function idle(stage: Stage, run: Run): Promise<void> {
	const { home, host, pi } = stage;
	const fleet = processesNaming(home.root);
	const agents = agentsOf(stage);
	const bare = await Promise.all(agents.map(() => BarePi.ready(pi, home)));
	await sleep(SETTLE); // starting has an aftermath: collected garbage, compiled code
	// At the same time, not in turns: both last long, and idle ones do not disturb each other.
	const [whole, own, reference, alone] = await Promise.all([
		watch(fleet),
		watch(agents),
		watch(bare.map((one) => one.pid)),
		watch([host.pid]),
	]);
	const born = processesNaming(home.root).filter((pid) => ![...fleet, ...bare.map((one) => one.pid)].includes(pid));
	await Promise.all(bare.map((one) => one.end()));
	const at = { lieutenants: agents.length };
	const beside = "as many bare pis";
	run.report({
		...{ bench: "idle.cpu", at, value: whole.share * 100, unit: "% of a core", beside },
		...{ reference: reference.share * 100, goal: { atMost: 1 } },
	});
	run.report({
		...{ bench: "idle.cpu.agents", at, value: own.share * 100, unit: "% of a core", beside },
		...{ reference: reference.share * 100 },
	});
	run.report({ bench: "idle.cpu.host", at, value: alone.share * 100, unit: "% of a core" });
	const spawns = ((whole.ended + born.length) * 60) / SECONDS;
	run.report({ bench: "idle.spawns", at, value: spawns, unit: "/min", goal: { atMost: 0 } });
	run.report({ bench: "lieutenant.rss", value: own.rss, unit: "MB", reference: reference.rss, beside: "bare pi" });
}

/** The pi processes of the idle lieutenants. */
const agentsOf = ({ home, host }: Stage): number[] =>
	[...host.client.lieutenants.values()]
		.filter(({ state }) => state === "idle")
		.map(({ id }) => readNote(files, join(home.flagship, "lieutenants", id))?.process?.pid)
		.filter((pid) => pid !== undefined);
