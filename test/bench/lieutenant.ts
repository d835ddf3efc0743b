/** What a lieutenant costs over a bare pi: until it is ready, in memory, and while it has nothing to do. */
import { setTimeout as sleep } from "node:timers/promises";
import * as contract from "../../src/contract/lieutenants.ts";
import type { Script } from "../../src/demo/model/script.ts";
import { startModel } from "../../src/demo/model/server.ts";
import { atEnd } from "../support/cleanup.ts";
import { type Home, makeHome } from "../support/home.ts";
import { TestHost } from "../support/host.ts";
import type { Pi } from "../support/pis.ts";
import { BarePi } from "./bare-pi.ts";
import type { Group, Run } from "./group.ts";
import { idle } from "./idle.ts";
import { inTurns, timed } from "./measure.ts";
import { costOf } from "./processes.ts";
import { startHubOf } from "./program.ts";

const READY = { goal: { atMost: 1.15 }, judged: "ratio" } as const;
/** Judged alone: five at once on two cores, a few times, say how well they share more than what one costs. */
const FLOOR = { floor: { atMost: 1.3 } } as const;
const FIVE = 5;
const TEN = 10;

export interface Stage {
	readonly home: Home;
	readonly host: TestHost;
	readonly pi: Pi;
}

/** Hub and host of one home, as they stand when a person has worked with them for a while. */
export async function begin(pi: Pi, script: Script = {}, env: Readonly<Record<string, string>> = {}): Promise<Stage> {
	const model = await startModel({ script });
	atEnd(() => model.close());
	const home = makeHome({ model, env });
	await startHubOf(home);
	const host = new TestHost(home, pi);
	atEnd(() => host.end());
	await host.start();
	return { home, host, pi };
}

/** Resolves at the push that says so: a poll would add to what is measured. */
function idleRow({ host }: Stage, name: string): Promise<void> {
	const { promise, resolve } = Promise.withResolvers<void>();
	const stop = host.client.listen({
		onLieutenants(rows) {
			if (!rows.some((row) => row.name === name && row.state === "idle")) return;
			stop();
			resolve();
		},
	});
	return promise;
}

let made = 0;
async function makeReady(stage: Stage): Promise<string> {
	const name = `lt${++made}`;
	const ready = idleRow(stage, name);
	await stage.host.create({ name });
	await ready;
	return name;
}

const several = <T>(count: number, run: () => Promise<T>): Promise<T[]> =>
	Promise.all(Array.from({ length: count }, run));

const lieutenants = async (stage: Stage, count: number): Promise<number> => {
	let names: string[] = [];
	const ms = await timed(async () => {
		names = await several(count, () => makeReady(stage));
	});
	await Promise.all(names.map((name) => stage.host.client.call(contract.destroy, { name })));
	return ms;
};

const barePis = async ({ pi, home }: Stage, count: number): Promise<number> => {
	let bare: BarePi[] = [];
	const ms = await timed(async () => {
		bare = await several(count, () => BarePi.ready(pi, home));
	});
	await Promise.all(bare.map((one) => one.end()));
	return ms;
};

async function readiness(stage: Stage, run: Run): Promise<void> {
	for (const [count, rounds] of [
		[1, 15],
		[FIVE, run.floorsOnly ? 3 : 5],
	] as const) {
		const times = await inTurns(rounds, {
			bare: () => barePis(stage, count),
			lieutenant: () => lieutenants(stage, count),
		});
		run.report({
			...{ bench: "lieutenant.ready", at: { parallel: count, pi: stage.pi.version }, unit: "ms" },
			// The least of each: whatever else the machine does only adds to a start, and it adds unevenly.
			...{
				value: Math.min(...times.lieutenant),
				reference: Math.min(...times.bare),
				beside: "bare pi",
				...READY,
				...(count === 1 ? FLOOR : {}),
			},
		});
	}
}

export const lieutenant: Group = async (run) => {
	const ready = await begin(run.pi);
	// The first of each reads the program from the disk, and the host compiles what it needs.
	await Promise.all([barePis(ready, 1), lieutenants(ready, 1)]);
	await readiness(ready, run);
	if (run.floorsOnly) return;
	ready.host.end();

	const stage = await begin(run.pi);
	await sleep(2_000); // what starting has left behind is put away
	const alone = costOf(stage.host.pid).rss;
	for (let batch = 0; batch < TEN / FIVE; batch++) await several(FIVE, () => makeReady(stage));
	await sleep(5_000);
	const withTen = costOf(stage.host.pid).rss;
	run.report({ bench: "host.rss", at: { lieutenants: 0 }, value: alone, unit: "MB", goal: { atMost: 110 } });
	run.report({ bench: "host.rss", at: { lieutenants: TEN }, value: withTen, unit: "MB", goal: { atMost: 110 + TEN } });
	const each = (withTen - alone) / TEN;
	run.report({ bench: "host.rss.perLieutenant", value: each, unit: "MB", goal: { atMost: 1 } });
	await idle(stage, run);
};
