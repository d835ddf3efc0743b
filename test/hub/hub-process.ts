/** A hub in a process of its own, which a test may kill. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import { ADMIN, caller } from "./support.ts";

const script = fileURLToPath(new URL("run-hub.ts", import.meta.url));
const running = new Set<ChildProcess>();
afterAll(() => {
	for (const child of running) child.kill("SIGKILL");
});

export async function runHub(folder: string) {
	const child = spawn(process.execPath, ["--no-warnings", script, folder], {
		env: { ...process.env, ADMIN },
		stdio: ["ignore", "pipe", "inherit"],
	});
	running.add(child);
	const ended = once(child, "exit").finally(() => running.delete(child));
	const [line] = await once(child.stdout, "data");
	const address = String(line).trim();
	return { ask: caller(address), address, child, ended };
}
