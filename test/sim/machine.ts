/** What outlives every process of a run: time, files, FIFOs, sockets, the processes themselves, and what was seen. */
import { DatabaseSync } from "node:sqlite";
import type { DetachedOptions, ProcessId, Signal } from "../../src/world.ts";
import { Chance } from "./chance.ts";
import type { Logged } from "./database.ts";
import { SimFiles } from "./files.ts";
import { Pi, type PiManners } from "./pi.ts";
import { SimSockets } from "./sockets.ts";
import { Time } from "./time.ts";

/** What the checkers are told, as it happens. */
export interface Witness {
	log(entry: Logged): void;
	fail(what: string): void;
	started(pi: Pi): void;
	/** A user message of ours entered a transcript in pi's memory. */
	said(pi: Pi, text: string): void;
	/** A command that a loop waits for has ended. */
	ran(command: string, passed: boolean): void;
}

/** A command that ends. */
interface Ran {
	readonly code: number;
	readonly stdout: string;
	readonly stderr: string;
	readonly timedOut: boolean;
}

/** A Ralph loop's command; it passes now and then. */
export const CHECK = /^check-\d+$/;

/** What agents do with the board; each with the token of its own. */
export interface Board {
	/** Ids of tasks. */
	readonly tasks: readonly string[];
	/** True when it got it. */
	claim(token: string, task: string): Promise<boolean>;
	release(token: string, task: string): Promise<void>;
}

/** What is made before a daemon begins. */
const FOLDERS = ["/home/host", "/home/hub", "/home/lieutenants", "/home/worktrees", "/home/run", "/sockets"];

let databases = 0;

export class Machine {
	readonly time = new Time();
	readonly files: SimFiles;
	readonly sockets: SimSockets;
	readonly processes: Processes;
	readonly chance: Chance;
	/** Per database: how many rows of its own log were told. */
	readonly logged = new Map<string, number>();
	/** Nothing more fits on the disk. */
	full = false;
	/** It was so at some time of this run. */
	wasFull = false;
	/** The board of the hub, where there is one. */
	board: Board | undefined;
	/** Per file: how much of it a power cut would leave. */
	readonly safe = new Map<string, number>();
	readonly #witness: Witness;
	readonly #anchors = new Map<string, { readonly uri: string; readonly database: DatabaseSync }>();

	constructor(seed: number, manners: PiManners, witness: Witness) {
		this.chance = new Chance(seed);
		this.files = new SimFiles(this.time);
		for (const folder of FOLDERS) this.files.makeFolder(folder);
		this.sockets = new SimSockets(this.time, this.chance.fork());
		this.#witness = witness;
		this.processes = new Processes(this, manners, witness);
	}

	fail(what: string): void {
		this.#witness.fail(what);
	}

	told(entry: Logged): void {
		this.#witness.log(entry);
	}

	/** The end of a file is checked: what proves a conversation is never removed, nor what a living process reads. */
	removed(path: string): void {
		if (/\/session(\/|$)/.test(path) || /^\/home\/lieutenants\/[^/]+$/.test(path))
			this.fail(`${path} was removed, and nothing else holds what was said`);
		const reader = this.processes.living().find((pi) => path.startsWith(`${pi.folder}/`) && pi.reads(path));
		if (reader !== undefined) this.fail(`${path} was removed while life ${reader.life} reads it`);
		this.files.remove(path);
	}

	/** There is no git here, and no command but those of loops. */
	run(file: string, args: readonly string[]): Ran {
		const command = file === "bash" ? args.at(-1) : undefined;
		if (command === undefined || !CHECK.test(command))
			return { code: 128, stdout: "", stderr: "not here", timedOut: false };
		const passed = this.chance.often(0.2);
		this.#witness.ran(command, passed);
		return { code: passed ? 0 : 1, stdout: passed ? "all pass" : "1 failed", stderr: "", timedOut: false };
	}

	synced(path: string): void {
		this.safe.set(path, this.files.stat(path)?.size ?? 0);
	}

	/** A database that lives as long as the machine: an open connection keeps what is in memory. */
	databaseAt(path: string): string {
		const known = this.#anchors.get(path);
		if (known !== undefined) return known.uri;
		databases += 1;
		const uri = `file:sim-${process.pid}-${databases}?mode=memory&cache=shared`;
		this.#anchors.set(path, { uri, database: new DatabaseSync(uri) });
		return uri;
	}

	rows(path: string, sql: string): readonly Record<string, unknown>[] {
		return this.#anchors.get(path)?.database.prepare(sql).all() ?? [];
	}

	end(): void {
		for (const { database } of this.#anchors.values()) database.close();
	}
}

export class Processes {
	readonly #machine: Machine;
	readonly #manners: PiManners;
	readonly #witness: Witness;
	readonly #all = new Map<number, Pi>();
	readonly #listeners = new Map<number, ((code: number | null, signal: string | null) => void)[]>();
	#pids = 1_000;

	constructor(machine: Machine, manners: PiManners, witness: Witness) {
		this.#machine = machine;
		this.#manners = manners;
		this.#witness = witness;
	}

	start(options: DetachedOptions): ProcessId {
		this.#pids += 1;
		const pid = this.#pids;
		const process = { pid, started: `s${pid}` };
		const pi = new Pi(this.#machine, process, options, this.#manners, this.#witness);
		this.#all.set(pid, pi);
		this.#witness.started(pi);
		pi.onEnd((code, signal) => {
			const listeners = this.#listeners.get(pid) ?? [];
			this.#listeners.delete(pid);
			for (const run of listeners)
				this.#machine.time.after(this.#machine.chance.between(0, 20), () => run(code, signal));
		});
		pi.begin();
		return process;
	}

	onExit(process: ProcessId, run: (code: number | null, signal: string | null) => void): void {
		const pi = this.#all.get(process.pid);
		if (pi?.end !== undefined) {
			const { code, signal } = pi.end;
			this.#machine.time.after(0, () => run(code, signal));
			return;
		}
		this.#listeners.set(process.pid, [...(this.#listeners.get(process.pid) ?? []), run]);
	}

	started(pid: number): string | undefined {
		const pi = this.#all.get(pid);
		return pi === undefined || pi.end !== undefined ? undefined : pi.process.started;
	}

	alive(process: ProcessId): boolean {
		return this.started(process.pid) === process.started;
	}

	stopped(process: ProcessId): boolean {
		return this.alive(process) && this.#all.get(process.pid)?.stopped === true;
	}

	kill(process: ProcessId, signal: Signal): boolean {
		const pi = this.#all.get(process.pid);
		if (pi === undefined || pi.process.started !== process.started) return false;
		if (signal !== "SIGSTOP" && signal !== "SIGCONT") pi.signalled = true;
		if (pi.end !== undefined) return false;
		pi.signal(signal);
		return true;
	}

	living(): readonly Pi[] {
		return [...this.#all.values()].filter((pi) => pi.end === undefined);
	}
}
