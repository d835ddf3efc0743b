/** The shipped command, as a person's shell runs it. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { afterEach, vi } from "vitest";
import { DAEMONS, type Home, homeOf } from "../../src/daemon/home.ts";
import { stopDaemon } from "../../src/daemon/stop.ts";
import { realWorld } from "../../src/world/real.ts";
import { makeFolder } from "../support/folder.ts";

vi.setConfig({ testTimeout: 90_000 });

export const world = realWorld();
export const bin = join(import.meta.dirname, "../../bin/flagship.mjs");
const uid = process.getuid?.() ?? 0;
const homes: Home[] = [];
const running: ReturnType<typeof spawn>[] = [];

export interface Shell {
	readonly home: Home;
	readonly folder: string;
	readonly env: Record<string, string>;
}

/** A fresh machine: nothing in the environment but what a shell has. */
export function shell(more: Record<string, string> = {}): Shell {
	const folder = makeFolder();
	const env = {
		...{ PATH: process.env.PATH ?? "", HOME: folder, FLAGSHIP_HOME: join(folder, "f"), XDG_RUNTIME_DIR: folder },
		...more,
	};
	const home = homeOf(env, { uid, folder });
	homes.push(home);
	return { home, folder, env };
}

export interface Outcome {
	readonly code: number | string;
	readonly out: string;
	readonly err: string;
}

/** A command that goes on; `text` is what it has printed. */
export function begin(
	{ env, folder }: Pick<Shell, "env" | "folder">,
	args: readonly string[],
	input = "",
	program = bin,
) {
	const child = spawn(process.execPath, [program, ...args], { env, cwd: folder, stdio: "pipe" });
	running.push(child);
	child.stdin.end(input);
	const said = { out: "", err: "" };
	child.stdout.on("data", (data) => (said.out += String(data)));
	child.stderr.on("data", (data) => (said.err += String(data)));
	const end = new Promise<Outcome>((resolve) =>
		child.once("close", (code, signal) => resolve({ code: code ?? signal ?? "?", ...said })),
	);
	return { child, said, end };
}

export const flagship = (at: Shell, ...args: string[]): Promise<Outcome> => begin(at, args).end;

afterEach(async () => {
	for (const child of running.splice(0)) child.kill("SIGKILL");
	for (const home of homes.splice(0)) {
		for (const daemon of DAEMONS) await stopDaemon(world, home, daemon, daemon === "hub" ? home.hub : home.host, 5_000);
	}
});
