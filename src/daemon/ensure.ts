/**
 * Find a daemon, or start it. Two callers at once get one: both may start a loop, but only one loop gets its lock. Light
 * to import: pi loads this at session start.
 */
import { fault } from "../errors.ts";
import type { ProcessId, World } from "../world.ts";
import { EXIT } from "./course.ts";
import {
	type Daemon,
	type Environment,
	type Home,
	logFile,
	loopFolder,
	makeHome,
	makeSocketFolder,
	mustBeWritable,
} from "./home.ts";
import { endProcess, isFrozen, readHolder } from "./lock.ts";
import { logSize, logTail } from "./log.ts";
import { findNode } from "./node.ts";
import { type Ask, asker } from "./probe.ts";
import { livingDaemon, type RunFile, readFailed, sameEntry, sameProcess, writeNext } from "./run-file.ts";
import { daemonEnvironment, keysFor, readSettings } from "./settings.ts";
import { compareVersions, entryFile, type Speaks } from "./version.ts";
import { pause } from "./wait.ts";

export interface EnsureOptions {
	readonly world: World;
	readonly home: Home;
	readonly env: Environment;
	/** This side's protocol and version. */
	readonly speaks: Speaks;
	/** The program that starts daemons; default: this package's `bin/flagship.mjs`. */
	readonly entry?: string;
	/** Milliseconds until `daemon_failed`; default 15,000. */
	readonly within?: number;
}

const WITHIN = 15_000;
/** Between two starts of a loop by one caller: the last one may still be on its way, or it found another one ending. */
const START_AGAIN = { onItsWay: 5_000, ended: 300 } as const;

export const ensureHub = (options: EnsureOptions): Promise<RunFile> => ensure("hub", options);
export const ensureHost = (options: EnsureOptions): Promise<RunFile> => ensure("host", options);

/**
 * The daemon that answers now, for those who may not start one (lieutenants), or undefined. Throws `update_needed` when
 * it speaks another protocol.
 */
export async function findDaemon(daemon: Daemon, options: EnsureOptions): Promise<RunFile | undefined> {
	const { world, home, speaks } = options;
	const running = livingDaemon(world, home, daemon);
	if (running === undefined) return undefined;
	const said = await asker(world, daemon, speaks)(running.address);
	if (said === undefined) return undefined;
	const theirs = { ...running, ...said };
	if (theirs.protocol !== speaks.protocol) throw mismatch(daemon, speaks, theirs);
	return theirs;
}

/** Finds or starts a daemon. Throws `daemon_failed`, `update_needed`, `home_unusable`, `node_missing`, `node_too_old`. */
export async function ensure(daemon: Daemon, options: EnsureOptions): Promise<RunFile> {
	makeHome(options.home);
	makeSocketFolder(options.home);
	return await new Search(daemon, options).run();
}

/** Whether a loop stands behind the daemon. */
export function loopAlive(world: World, home: Home, daemon: Daemon): boolean {
	const holder = readHolder(world.files, loopFolder(home, daemon));
	return holder !== undefined && world.spawn.alive(holder);
}

export type Meeting = "use" | "retire" | "update-them" | "update-us";

/** What two versions do when they meet. `refused`: this entry failed there already, or has been asked for. */
export function meet(mine: Speaks, theirs: Speaks, refused: boolean): Meeting {
	const newer = compareVersions(mine.version, theirs.version) > 0;
	if (newer && !refused) return "retire";
	if (mine.protocol === theirs.protocol) return "use";
	return mine.protocol > theirs.protocol ? "update-them" : "update-us";
}

const mismatch = (daemon: Daemon, mine: Speaks, theirs: Speaks) =>
	mine.protocol > theirs.protocol
		? fault("update_needed", `The running ${daemon} ${theirs.version}`, String(theirs.protocol), String(mine.protocol))
		: fault("update_needed", `This Flagship ${mine.version}`, String(mine.protocol), String(theirs.protocol));

/** One search: what it has tried, so that nothing is asked or started twice. */
class Search {
	readonly #daemon: Daemon;
	readonly #options: EnsureOptions;
	readonly #entry: string;
	readonly #ask: Ask;
	readonly #log: string;
	readonly #logFrom: number;
	readonly #until: number;
	/** The daemon that was asked to make room. It is left in peace: it may end a hard steer first. */
	#asked: ProcessId | undefined;
	#startedAt = Number.NEGATIVE_INFINITY;
	#loopExit: number | null | undefined;

	constructor(daemon: Daemon, options: EnsureOptions) {
		const { world, home, speaks } = options;
		this.#daemon = daemon;
		this.#options = options;
		this.#entry = options.entry ?? entryFile;
		this.#ask = asker(world, daemon, speaks);
		this.#log = logFile(home, daemon);
		this.#logFrom = logSize(world, this.#log);
		this.#until = world.clock.elapsed() + (options.within ?? WITHIN);
	}

	async run(): Promise<RunFile> {
		const { world, home } = this.#options;
		for (;;) {
			if (this.#loopExit === EXIT.refused || world.clock.elapsed() > this.#until) throw this.#failed();
			const running = livingDaemon(world, home, this.#daemon);
			if (running === undefined) await this.#startLoop();
			else if (this.#asked === undefined || !sameProcess(running, this.#asked)) {
				const found = await this.#meet(running);
				if (found !== undefined) return found;
			}
			await pause(world, 50);
		}
	}

	/** The daemon, when it can be used as it is; otherwise what can be done about it is begun. */
	async #meet(running: RunFile): Promise<RunFile | undefined> {
		const { world, home, speaks } = this.#options;
		const said = await this.#ask(running.address);
		if (said === undefined) {
			await this.#endIfFrozen(running);
			return undefined;
		}
		const theirs = { ...running, ...said };
		const failed = readFailed(world.files, home, this.#daemon);
		const mine = { version: speaks.version, entry: this.#entry };
		const known = failed !== undefined && sameEntry(failed, mine);
		const refused = this.#asked !== undefined || theirs.foreground === true || known;
		switch (meet(speaks, theirs, refused)) {
			case "use":
				if (theirs.foreground !== true) await this.#startLoop();
				return theirs;
			case "retire":
				await this.#retire(theirs);
				return undefined;
			default:
				throw mismatch(this.#daemon, speaks, theirs);
		}
	}

	async #endIfFrozen(running: RunFile): Promise<void> {
		const { world } = this.#options;
		const probe = async (address: string) => (await this.#ask(address)) !== undefined;
		if (await isFrozen(world, running, probe)) await endProcess(world, running);
	}

	/** Asks an older daemon to make room. Its loop, which starts the newer one, must be there first. */
	async #retire(running: RunFile): Promise<void> {
		const { world, home, speaks } = this.#options;
		await this.#startLoop();
		if (!loopAlive(world, home, this.#daemon)) return;
		const { pid, started } = running;
		this.#asked = { pid, started };
		const next = { version: speaks.version, entry: this.#entry, retires: this.#asked };
		writeNext(world.files, home, this.#daemon, next);
		world.spawn.kill(running, "SIGTERM");
	}

	async #startLoop(): Promise<void> {
		const { world, home, env } = this.#options;
		if (loopAlive(world, home, this.#daemon)) return;
		const again = this.#loopExit === undefined ? START_AGAIN.onItsWay : START_AGAIN.ended;
		if (world.clock.elapsed() - this.#startedAt < again) return;
		mustBeWritable(home, this.#daemon);
		this.#startedAt = world.clock.elapsed();
		this.#loopExit = undefined;
		const loop = world.spawn.detached({
			command: await findNode(env),
			args: [this.#entry, this.#daemon, "loop"],
			cwd: home.root,
			env: { ...daemonEnvironment(home, readSettings(home, env), env), ...keysFor(this.#daemon, env) },
			stdin: null,
			stdout: this.#log,
			stderr: this.#log,
		});
		world.spawn.onExit(loop, (code) => {
			this.#loopExit = code;
		});
	}

	#failed() {
		const tail = logTail(this.#options.world, this.#log, this.#logFrom);
		const why =
			tail === "" ? `no answer within ${(this.#options.within ?? WITHIN) / 1000} s.` : `its log says:\n${tail}`;
		return fault("daemon_failed", this.#daemon, `${why}\n(${this.#log})`);
	}
}
