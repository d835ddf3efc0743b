/** Real pi in tests: `describeEachPi` runs a suite on every pi that Flagship supports. */
import { fileURLToPath } from "node:url";
import { describe } from "vitest";
import { spawn } from "../../src/world/spawn.ts";
import type { Ran } from "../../src/world.ts";
import type { Home } from "./home.ts";
import { type Pi, pis } from "./pis.ts";
import type { StartOptions } from "./rpc.ts";

export { type Home, type HomeOptions, makeHome } from "./home.ts";
export { makeModel, type Script, type Step, summarizer } from "./model.ts";
export { type Pi, pis } from "./pis.ts";
export { type PiRecord, type PiResponse, RpcPi } from "./rpc.ts";
export { until } from "./until.ts";

/** The checkout, which is a pi package: `args: ["-e", PACKAGE]` loads it without installing. */
export const PACKAGE: string = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** Runs `suite` once for each pi. One that cannot be fetched is skipped by name, or fails the run where all are required. */
export async function describeEachPi(name: string, suite: (pi: Pi) => void): Promise<void> {
	for (const pi of await pis()) {
		if (pi.missing === undefined) describe(`${name} (pi ${pi.version})`, { timeout: 60_000 }, () => suite(pi));
		else describe.skip(`${name} (${pi.missing})`, () => suite(pi));
	}
}

/** A command line of pi, run to its end, such as `install ./folder`. */
export const runPi = (pi: Pi, home: Home, args: readonly string[], options: StartOptions = {}): Promise<Ran> =>
	spawn.run(process.execPath, [pi.cli, ...(options.args ?? []), ...args], {
		cwd: options.cwd ?? home.work,
		env: { ...home.env, ...options.env },
		timeout: 120_000,
	});

/** `pi -p`: one prompt, answered on stdout. */
export const printPi = (pi: Pi, home: Home, prompt: string, options: StartOptions = {}): Promise<Ran> =>
	runPi(pi, home, ["-p", prompt], options);
