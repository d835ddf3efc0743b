/** Starts tests and simulated runs on changed sources, each as a process that can be given up. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Edits } from "./edits.ts";
import type { Played } from "./seeds.ts";

export const root = fileURLToPath(new URL("../../", import.meta.url)).replace(/\/$/, "");

export interface Ended {
	readonly stdout: string;
	readonly stderr: string;
	/** It was ended because it took longer than its patience. */
	readonly hung: boolean;
}

interface Start {
	readonly edits: Edits;
	readonly env?: Readonly<Record<string, string>>;
	/** Seconds of CPU that each of its processes has: a loop without an end is told from a machine that is busy. */
	readonly patience: number;
}

/** Seconds of the clock for each of those: who waits for ever uses no CPU. */
const WALL = 8;
/** Sets the limit of the process that it becomes; a shell is the only one that every system has for it. */
const LIMITED = 'ulimit -t "$1"; shift; exec "$@"';

/** How a process ends whose CPU time is over. */
const OUT_OF_TIME = ["SIGXCPU", "SIGKILL"];

async function node(args: readonly string[], { edits, env = {}, patience }: Start): Promise<Ended> {
	const folder = mkdtempSync(join(tmpdir(), "flagship-edits-"));
	const file = join(folder, "edits.json");
	writeFileSync(file, JSON.stringify(edits));
	try {
		return await ended(args, { ...env, FLAGSHIP_EDITS: file }, Math.ceil(patience));
	} finally {
		rmSync(folder, { recursive: true });
	}
}

function ended(args: readonly string[], env: Readonly<Record<string, string>>, seconds: number): Promise<Ended> {
	return new Promise((resolve) => {
		execFile(
			"/bin/sh",
			["-c", LIMITED, "sh", String(seconds), process.execPath, "--no-warnings", ...args],
			{
				cwd: root,
				env: { ...process.env, CI: "true", ...env },
				timeout: seconds * WALL * 1_000,
				killSignal: "SIGKILL",
				maxBuffer: 256 * 1024 * 1024,
			},
			(error, stdout, stderr) =>
				resolve({ stdout, stderr, hung: error?.killed === true || OUT_OF_TIME.includes(error?.signal ?? "") }),
		);
	});
}

/** Simulated runs, until one fails. */
export async function playSeeds(
	seeds: readonly number[],
	start: Start,
): Promise<Ended & { played: readonly Played[] }> {
	const args = ["--import", "./test/mutants/hook.ts", "test/mutants/seeds.ts", ...seeds.map(String)];
	const run = await node(args, start);
	const lines = run.stdout.split("\n").filter((line) => line.startsWith('{"seed"'));
	return { ...run, played: lines.map((line) => JSON.parse(line) as Played) };
}

/** What vitest's own report says, as far as it is read here. */
export interface Report {
	readonly success: boolean;
	readonly testResults: readonly {
		readonly name: string;
		readonly status: string;
		readonly message: string;
		readonly assertionResults: readonly {
			readonly status: string;
			readonly fullName: string;
			readonly failureMessages?: readonly string[];
		}[];
	}[];
}

/** Test files, in this order; a folder of its own is where they may leave something. Without a report they never began. */
export async function runTests(
	tests: readonly string[],
	start: Start,
): Promise<Ended & { readonly report: Report | undefined }> {
	const folder = mkdtempSync(join(tmpdir(), "flagship-mutant-"));
	const file = join(folder, "report.json");
	const vitest = "node_modules/vitest/vitest.mjs";
	const args = [vitest, "run", "--config", "test/mutants/vitest.config.ts", "--reporter=json", `--outputFile=${file}`];
	try {
		const run = await node(args, { ...start, env: { ...start.env, FLAGSHIP_TESTS: JSON.stringify(tests) } });
		return { ...run, report: reportIn(file) };
	} finally {
		rmSync(folder, { recursive: true });
	}
}

function reportIn(file: string): Report | undefined {
	try {
		return JSON.parse(readFileSync(file, "utf8")) as Report;
	} catch {
		// It did not come so far.
		return undefined;
	}
}
