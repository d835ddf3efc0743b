/** `flagship golden check` at a shell: what is found is printed, and a no is exit code 1. */
import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { makeHome } from "../support/home.ts";
import { PACKAGE } from "../support/pi.ts";
import { fleetSettings } from "../support/vers-fleet.ts";
import { startSim } from "../support/vers-sim/visitor.ts";
import { ours } from "../support/vers-sim/vms.ts";

const run = promisify(execFile);
const GONE = "00000000-0000-4000-8000-000000000000";
const sim = await startSim();
const home = makeHome();
mkdirSync(home.flagship, { recursive: true, mode: 0o700 });
const settings = (golden?: string): void => {
	const { vms, ...rest } = fleetSettings(sim, GONE);
	const { golden: _, ...way } = vms;
	const text = JSON.stringify({ ...rest, vms: golden === undefined ? way : vms });
	writeFileSync(join(home.flagship, "settings.json"), text, { mode: 0o600 });
};
const flagship = (...words: string[]) =>
	run(process.execPath, [join(PACKAGE, "bin", "flagship.mjs"), ...words], { cwd: home.work, env: home.env });
afterAll(async () => {
	await flagship("stop");
});

test("without a golden image it says how one is made; one that is gone is a FAIL, with what to do, and exit code 1", {
	timeout: 90_000,
}, async () => {
	settings();
	await expect(flagship("golden", "check")).rejects.toMatchObject({
		code: 1,
		stderr: expect.stringContaining("flagship golden build makes one"),
	});
	await expect(flagship("golden", "check", "--commit", GONE)).rejects.toMatchObject({
		code: 1,
		stderr: "",
		stdout: expect.stringMatching(
			new RegExp(`^FAIL {2}snapshot: .*flagship golden build.*\\nGolden image ${GONE} is not good`),
		),
	});
	await flagship("stop");
	// The host that is started anew reads which one new VMs begin from.
	settings(GONE);
	await expect(flagship("golden", "check")).rejects.toMatchObject({ code: 1, stdout: expect.stringContaining(GONE) });
	expect(sim.vms.all.filter(ours)).toEqual([]);
});
