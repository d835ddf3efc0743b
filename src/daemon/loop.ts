/**
 * The restart loop of one daemon: starts it, and starts it again after a crash. It holds a lock of its own and no other
 * state; killed, it leaves the daemon running, and the next loop watches that one. `protocol.md` §2 rules 2 to 4.
 */
import type { ProcessId, World } from "../world.ts";
import { afterEnd, type Course, type Ended, EXIT, entryOf } from "./course.ts";
import { type Daemon, type Environment, type Home, logFile, loopFolder } from "./home.ts";
import { tryLock } from "./lock.ts";
import { type Level, log, trimLog } from "./log.ts";
import { DAEMON_FLAGS } from "./node.ts";
import { reserveFile, spendReserve } from "./reserve.ts";
import { type Entry, livingDaemon, readRunFile, sameProcess, takeNext, writeFailed } from "./run-file.ts";
import { daemonEnvironment, keysFor, readSettings } from "./settings.ts";
import { pause } from "./wait.ts";

export interface LoopOptions {
	readonly world: World;
	readonly home: Home;
	readonly daemon: Daemon;
	/** What this loop was started from, hence what it starts. */
	readonly entry: Entry;
	/** The environment of the loop: a daemon's is built from it anew at each start, with the settings of that moment. */
	readonly env: Environment;
	/** Calls back when the loop is asked to end. */
	onStop(run: () => void): void;
}

/** A daemon that answered for so long is no failure of its entry, whatever ends it later. */
const SETTLED = 10_000;
/** How often a daemon that another loop started is looked at: its end is told only to its own parent. */
const LOOK = 500;

/** Runs until the daemon ends in order. Resolves to the exit code of the loop's own process. */
export async function runLoop(options: LoopOptions): Promise<number> {
	const { world, home, daemon } = options;
	if (spendReserve(world, home))
		say(options, `the disk is full; it starts on what ${reserveFile(home)} kept for this`, "warn");
	// No second try: who starts loops tries again, and a loop that waits would undo a stop.
	if (tryLock(world, loopFolder(home, daemon), options.entry.version) === undefined) return EXIT.held;
	let stopping = false;
	let current: ProcessId | undefined;
	options.onStop(() => {
		stopping = true;
		if (current !== undefined) world.spawn.kill(current, "SIGTERM");
	});
	let course: Course = { good: options.entry, failures: 0 };
	while (!stopping) {
		const began = world.clock.elapsed();
		const running = adopt(options);
		if (running === undefined && world.files.stat(entryOf(course).entry) === undefined) {
			// The package has moved. A loop that stayed would keep every newer one out by its lock.
			say(options, `ends: ${entryOf(course).entry} is gone`, "error");
			return EXIT.moved;
		}
		const life = running ?? start(options, entryOf(course));
		current = life.process;
		const how = await life.end;
		current = undefined;
		if (stopping) break;
		const step = afterEnd(course, judge(options, life.process, how, world.clock.elapsed() - began));
		if (step.type === "leave") return step.code;
		if (step.gaveUp !== undefined) {
			writeFailed(world.files, home, daemon, step.gaveUp);
			say(
				options,
				`${step.gaveUp.version} (${step.gaveUp.entry}) failed twice; back to ${step.course.good.version}`,
				"error",
			);
		}
		course = step.course;
		say(
			options,
			`ended (${how}); starting ${entryOf(course).version} in ${step.delay} ms`,
			how === "crash" ? "error" : "info",
		);
		await waitUnless(world, step.delay, () => stopping);
	}
	return EXIT.order;
}

const say = (options: LoopOptions, text: string, level: Level): void =>
	log(options.world, logFile(options.home, options.daemon), `${options.daemon} loop`, text, level);

interface Life {
	readonly process: ProcessId;
	readonly end: Promise<Ended["how"]>;
}

function start({ world, home, daemon, env }: LoopOptions, entry: Entry): Life {
	const path = logFile(home, daemon);
	trimLog(world, path);
	const child = world.spawn.detached({
		command: process.execPath,
		args: [...DAEMON_FLAGS[daemon], entry.entry, daemon, "run", "--daemon"],
		cwd: home.root,
		env: { ...daemonEnvironment(home, readSettings(home, env), env), ...keysFor(daemon, env) },
		stdin: null,
		stdout: path,
		stderr: path,
	});
	const end = new Promise<Ended["how"]>((resolve) => world.spawn.onExit(child, (code) => resolve(meaning(code))));
	return { process: child, end };
}

function meaning(code: number | null): Ended["how"] {
	if (code === EXIT.order) return "order";
	if (code === EXIT.held) return "held";
	return code === EXIT.refused ? "refused" : "crash";
}

/** A daemon whose loop was killed goes on; it is watched, not doubled. Its end was in order if it cleaned up. */
function adopt({ world, home, daemon }: LoopOptions): Life | undefined {
	const running = livingDaemon(world, home, daemon);
	if (running === undefined) return undefined;
	const watch = async (): Promise<Ended["how"]> => {
		while (world.spawn.alive(running)) await pause(world, LOOK);
		const left = readRunFile(world.files, home, daemon);
		return left !== undefined && sameProcess(left, running) ? "crash" : "order";
	};
	return { process: running, end: watch() };
}

function judge({ world, home, daemon }: LoopOptions, ended: ProcessId, how: Ended["how"], lived: number): Ended {
	const next = takeNext(world.files, home, daemon, ended);
	const settled = lived >= SETTLED;
	return next === undefined ? { how, settled } : { how, settled, next };
}

async function waitUnless(world: World, ms: number, over: () => boolean): Promise<void> {
	const until = world.clock.elapsed() + ms;
	while (!over() && world.clock.elapsed() < until) await pause(world, Math.min(50, ms));
}
