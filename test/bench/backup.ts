/** A backup of a full hub beside 8 writers: how long it takes, and what they wait for it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { atEnd } from "../support/cleanup.ts";
import { makeHome } from "../support/home.ts";
import type { Run } from "./group.ts";
import { median, percentile } from "./measure.ts";
import type { Hub } from "./program.ts";
import { writing, writingFor } from "./writers.ts";

const FLAGSHIP = fileURLToPath(new URL("../../bin/flagship.mjs", import.meta.url));
const ROUNDS = 3;
const ALONE = 2_000;
/** Between two rounds: what was written goes to the disk. */
const SETTLING = 500;

/** Milliseconds that `flagship backup` takes, and each write beside it. */
async function backUp(hub: Hub, file: string): Promise<{ ms: number; times: number[] }> {
	const home = makeHome();
	const env = { ...home.env, DATA_DIR: hub.folder };
	const from = performance.now();
	const child = spawn(process.execPath, [FLAGSHIP, "backup", file], { env, stdio: ["ignore", "ignore", "inherit"] });
	atEnd(() => void child.kill("SIGKILL"));
	const ended = once(child, "exit");
	const times = await writing(hub, () => child.exitCode === null && child.signalCode === null);
	const [code] = await ended;
	if (code !== 0) throw new Error(`the backup ended with ${code}`);
	return { ms: performance.now() - from, times };
}

export async function backup(hub: Hub, tasks: number, run: Run): Promise<void> {
	const file = join(makeHome().root, "hub.backup");
	const rounds: { ms: number; alone: number; beside: number }[] = [];
	for (let round = 0; round < ROUNDS; round++) {
		const alone = await writingFor(hub, ALONE);
		const { ms, times } = await backUp(hub, file);
		rounds.push({ ms, alone: percentile(alone, 0.99), beside: percentile(times, 0.99) });
		await sleep(SETTLING);
	}
	const at = { tasks };
	run.report({ bench: "hub.backup.time", at, value: median(rounds.map(({ ms }) => ms)), unit: "ms" });
	const value = median(rounds.map(({ beside }) => beside));
	const reference = median(rounds.map(({ alone }) => alone));
	run.report({ bench: "hub.backup.write.p99", at, value, unit: "ms", reference, beside: "without a backup" });
}
