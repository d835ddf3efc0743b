/** `npm run demo [-- --keep]` is `flagship demo`; with `--vms` it is the day on which the VMs failed, on the simulator. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const args = process.argv.slice(2);
if (args.includes("--vms")) await import("../vm-day/main.ts");
else {
	const program = join(import.meta.dirname, "..", "..", "bin", "flagship.mjs");
	process.exitCode = spawnSync(process.execPath, [program, "demo", ...args], { stdio: "inherit" }).status ?? 1;
}
