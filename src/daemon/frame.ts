/**
 * What every daemon is around its work: the lock before it touches data, the run file once it answers, an end in order
 * on SIGTERM or when nobody needs it any more.
 */
import { reason } from "../errors.ts";
import type { World } from "../world.ts";
import { EXIT } from "./course.ts";
import { type Daemon, type Home, logFile, makeHome, makeSocketFolder } from "./home.ts";
import { lockForLife, ownStart } from "./lock.ts";
import { type Level, log } from "./log.ts";
import { asker } from "./probe.ts";
import { keepReserve } from "./reserve.ts";
import { readRunFile, removeRunFile, sameProcess, writeRunFile } from "./run-file.ts";
import { entryFile, type Speaks } from "./version.ts";

/** A hub or a host at work. */
export interface Running {
	/** `http://127.0.0.1:port` or `unix:/path`. */
	readonly address: string;
	/** Stops listening, ends what was begun, closes the database. */
	close(): Promise<void>;
	/** True while nobody needs it: no session, no lieutenant, no enabled schedule, no open page. */
	idle(): boolean;
}

export interface FrameOptions {
	readonly world: World;
	readonly home: Home;
	readonly daemon: Daemon;
	/** The data folder that the lock is for. */
	readonly folder: string;
	readonly speaks: Speaks;
	/** Minutes of idleness after which a background daemon leaves. */
	readonly idleMinutes: number;
	/**
	 * `background`: started by a loop; leaves when idle. `foreground`: typed by a person, on the home's own data.
	 * `apart`: typed by a person, on other data; no session of this home looks for it.
	 */
	readonly manner: "background" | "foreground" | "apart";
	/** Runs once the lock is taken. */
	start(): Promise<Running>;
	/** Runs once it answers. */
	ready?(running: Running): void;
	/** Calls back when the process is asked to end. */
	onStop(run: () => void): void;
}

/** How long an end in order may take: a hard steer in flight takes up to 10 s. */
const CLOSE_WITHIN = 30_000;

/** Runs the daemon to its end. Resolves to the exit code of its process; throws a `Fault` when it cannot start. */
export async function runDaemon(options: FrameOptions): Promise<number> {
	const { world, home, daemon, speaks } = options;
	makeHome(home);
	makeSocketFolder(home);
	const stopped = new Promise<string>((resolve) => options.onStop(() => resolve("asked to end")));
	const ask = asker(world, daemon, speaks);
	const probe = async (address: string) => (await ask(address)) !== undefined;
	const lock = await lockForLife({ world, daemon, folder: options.folder, version: speaks.version, probe });
	const running = await options.start();
	lock.announce(running.address);
	if (options.manner !== "apart") publish(options, running.address);
	options.ready?.(running);
	if (options.manner === "background") {
		log(world, logFile(home, daemon), daemon, `${options.speaks.version} answers at ${running.address}`, "info");
	}
	if (daemon === "host") keepSpace(options);
	const why = await Promise.race(options.manner === "background" ? [stopped, idled(options, running)] : [stopped]);
	// Before it stops listening: silence of one who is ending is no proof that it is frozen.
	lock.announce(null);
	unpublish(options);
	await close(options, running, why);
	return EXIT.order;
}

/** ms after which the space for a full disk is kept: not while it starts, and again when it was given up. */
const KEPT_EVERY = 5_000;

function keepSpace({ world, home, daemon }: FrameOptions): void {
	world.clock.every(KEPT_EVERY, () => {
		try {
			keepReserve(world, home);
		} catch (thrown) {
			log(world, logFile(home, daemon), daemon, `no space is kept for a full disk: ${reason(thrown)}`);
		}
	});
}

function publish({ world, home, daemon, speaks, manner }: FrameOptions, address: string): void {
	const self = { pid: process.pid, started: ownStart(world) };
	const foreground = manner === "foreground" ? ({ foreground: true } as const) : {};
	writeRunFile(world.files, home, daemon, { ...self, address, ...speaks, ...foreground, entry: entryFile });
}

/** How often a daemon asks itself whether anybody needs it, ms. */
export const idleLook = (idleMinutes: number): number => Math.max(20, Math.min(idleMinutes * 6_000, 30_000));

/** Resolves when the daemon has been idle without a break for its minutes. */
function idled({ world, idleMinutes }: FrameOptions, running: Running): Promise<string> {
	const patience = idleMinutes * 60_000;
	let since = world.clock.elapsed();
	return new Promise((resolve) => {
		const timer = world.clock.every(idleLook(idleMinutes), () => {
			if (!running.idle()) since = world.clock.elapsed();
			if (world.clock.elapsed() - since < patience) return;
			timer.cancel();
			resolve(`idle for ${idleMinutes} minutes`);
		});
	});
}

async function close({ world, home, daemon, manner }: FrameOptions, running: Running, why: string): Promise<void> {
	const say = (text: string, level: Level) => log(world, logFile(home, daemon), daemon, text, level);
	if (manner === "background") say(`ends: ${why}`, "info");
	const late = new Promise<"late">((resolve) => void world.clock.after(CLOSE_WITHIN, () => resolve("late")));
	if ((await Promise.race([running.close(), late])) === "late") {
		say(`did not end what was begun within ${CLOSE_WITHIN / 1000} s; ends now`, "warn");
	}
}

/** Takes away only the own run file: a daemon that took over meanwhile has written another. */
function unpublish({ world, home, daemon }: FrameOptions): void {
	const found = readRunFile(world.files, home, daemon);
	const self = { pid: process.pid, started: ownStart(world) };
	if (found !== undefined && sameProcess(found, self)) removeRunFile(world.files, home, daemon);
}
