/** Runs before each test file that is measured: where does it come by, and how long does it take? */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeEach, expect } from "vitest";
import type { Reached } from "./reach.ts";

/** ms of CPU, whatever else the machine does: a bug has to be judged in seconds, so what takes longer is not asked. */
const LONGEST = 5_000;

const root = fileURLToPath(new URL("../../", import.meta.url));
const reached = new Set<number>();
Object.assign(globalThis, { flagshipReached: reached });
const spent = (): number => {
	const { user, system } = process.cpuUsage();
	return (user + system) / 1_000;
};
let slow = false;

beforeEach(() => {
	slow ||= spent() > LONGEST;
	if (slow) throw new Error("it takes too long to be asked of each bug");
});

afterAll(() => {
	const test = (expect.getState().testPath ?? "").slice(root.length);
	const found: Reached = { test, ms: spent(), slow, places: [...reached] };
	writeFileSync(join(process.env.FLAGSHIP_REACH ?? "", `${process.pid}.json`), JSON.stringify(found));
});
