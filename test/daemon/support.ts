/** A home in a temporary folder with the fixture as its program, and the ends of whatever was started there. */
import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, vi } from "vitest";
import { type EnsureOptions, ensure } from "../../src/daemon/ensure.ts";
import { DAEMONS, type Daemon, type Home, homeOf, loopFolder, makeHome, settingsFile } from "../../src/daemon/home.ts";
import { readHolder } from "../../src/daemon/lock.ts";
import { livingDaemon, type RunFile } from "../../src/daemon/run-file.ts";
import { realWorld } from "../../src/world/real.ts";
import type { ProcessId, World } from "../../src/world.ts";
import { makeFolder } from "../support/folder.ts";

// Real processes on a machine that may be busy: only a hang is a failure.
vi.setConfig({ testTimeout: 60_000 });

const machine = realWorld();
const started: ProcessId[] = [];
/** The real world; what it starts is remembered, and ended after the test. */
export const world: World = {
	...machine,
	spawn: {
		...machine.spawn,
		detached(options) {
			const process = machine.spawn.detached(options);
			started.push(process);
			return process;
		},
	},
};
export const fixture = join(import.meta.dirname, "fixture.ts");
const uid = process.getuid?.() ?? 0;
const homes: Home[] = [];
const children: ChildProcess[] = [];

export interface Place {
	readonly home: Home;
	readonly env: Record<string, string>;
	readonly options: EnsureOptions;
}

/** A fresh home. `env` of its settings reaches the fixture daemons. */
export function place(settings: Record<string, unknown> = {}): Place {
	const root = makeFolder();
	const env = { PATH: process.env.PATH ?? "", HOME: root, FLAGSHIP_HOME: join(root, "f"), XDG_RUNTIME_DIR: root };
	const home = homeOf(env, { uid, folder: root });
	makeHome(home);
	configure(home, settings);
	homes.push(home);
	return { home, env, options: { world, home, env, speaks: { protocol: 1, version: "0.1.0" }, entry: fixture } };
}

export const configure = (home: Home, settings: Record<string, unknown>): void =>
	writeFileSync(settingsFile(home), JSON.stringify(settings));

/** A program that is the fixture under another version, or one that is broken. */
export function entry(home: Home, name: string, source: string): string {
	const path = join(home.root, `${name}.mjs`);
	writeFileSync(path, source);
	return path;
}

export const fixtureAs = (home: Home, version: string, protocol = 1): string =>
	entry(
		home,
		`v${version}`,
		`Object.assign(process.env, { FIXTURE_VERSION: "${version}", FIXTURE_PROTOCOL: "${protocol}", FIXTURE_ENTRY: import.meta.filename });
		await import(${JSON.stringify(fixture)});`,
	);

/** Runs the fixture in the foreground; ended after the test. */
export function run({ env }: Place, ...args: string[]): ChildProcess & { text: () => string } {
	const child = spawn(process.execPath, [fixture, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
	children.push(child);
	let text = "";
	for (const stream of [child.stdout, child.stderr]) stream?.on("data", (data) => (text += String(data)));
	return Object.assign(child, { text: () => text });
}

export const exitOf = (child: ChildProcess): Promise<number | string> =>
	new Promise((resolve) => {
		const over = child.exitCode ?? child.signalCode;
		if (over !== null) resolve(over);
		else child.once("close", (code, signal) => resolve(code ?? signal ?? "unknown"));
	});

export const find = ({ options }: Place, daemon: Daemon = "hub"): Promise<RunFile> => ensure(daemon, options);

/** Every process of a home that is known to live. */
export const alive = (home: Home) =>
	DAEMONS.flatMap((daemon) => [
		readHolder(world.files, loopFolder(home, daemon)),
		readHolder(world.files, daemon === "hub" ? home.hub : home.host),
		livingDaemon(world, home, daemon),
	]).filter((holder) => holder !== undefined && holder.pid !== process.pid && world.spawn.alive(holder));

afterEach(() => {
	for (const child of children.splice(0)) child.kill("SIGKILL");
	for (const loop of started.splice(0)) world.spawn.kill(loop, "SIGKILL");
	for (const home of homes.splice(0)) {
		// Twice: a loop may have been about to start something.
		for (let i = 0; i < 2; i++) for (const one of alive(home)) if (one !== undefined) world.spawn.kill(one, "SIGKILL");
	}
});
