/**
 * One machine: a folder of its own and the processes that run in it. A snapshot is a copy of the folder and of what its
 * processes were started as; what is made of it starts them again as they were: with the old environment (the old
 * `VERS_VM_ID` too), on the copies of their FIFOs and files, so that a clone wakes up with a stale agent.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, normalize } from "node:path";
import { promisify } from "node:util";
import ssh2 from "ssh2";
import { GuestClock } from "./clock.ts";
import { Disk } from "./disk.ts";
import { endAll, freeze, type Kept, keepAll, signalMatching, thaw } from "./processes.ts";

const run = promisify(execFile);
const SHELL = existsSync("/bin/bash") ? "/bin/bash" : "/bin/sh";

export interface Snapshot {
	readonly folder: string;
	/** The machine's folder when it was taken: stands in environments, and is replaced by the clone's. */
	readonly was: string;
	readonly kept: readonly Kept[];
	/** Wall time, ms. */
	readonly takenAt: number;
}

export interface Start {
	readonly cwd?: string | undefined;
	readonly env?: Readonly<Record<string, string>> | undefined;
}

export interface KeyPair {
	readonly private: string;
	readonly public: string;
}

const isKey = (text: string): boolean => !(ssh2.utils.parseKey(text) instanceof Error);

/** One in about 250 that the library makes cannot be read, by itself or by OpenSSH: that one is made again. */
function makeKey(comment: string): KeyPair {
	for (;;) {
		const pair = ssh2.utils.generateKeyPairSync("ed25519", { comment });
		if (isKey(pair.private) && isKey(pair.public)) return pair;
	}
}

export class Machine {
	readonly folder: string;
	readonly disk: Disk;
	readonly clock: GuestClock;
	/** Its own, also of a clone. */
	readonly hostKey: KeyPair;
	/** What `GET /ssh_key` gives, and what the ssh server takes. */
	userKey: KeyPair;

	private constructor(id: string, folder: string, disk: Disk) {
		this.folder = folder;
		this.disk = disk;
		this.clock = new GuestClock(folder);
		this.hostKey = makeKey(`host ${id}`);
		this.userKey = makeKey(`root ${id}`);
	}

	/** A new machine: `variables` are those of the account at this moment. */
	static boot(id: string, folder: string, mebibytes: number, variables: Readonly<Record<string, string>>): Machine {
		const disk = new Disk(folder, mebibytes);
		for (const part of ["root", "tmp", "etc"]) mkdirSync(join(folder, part), { recursive: true, mode: 0o700 });
		GuestClock.install(folder);
		const machine = new Machine(id, folder, disk);
		machine.#writeEnvironment({ ...variables, VERS_VM_ID: id });
		return machine;
	}

	static async restore(id: string, folder: string, mebibytes: number, from: Snapshot): Promise<Machine> {
		const disk = new Disk(folder, mebibytes);
		await run("cp", ["-a", "--", `${from.folder}/.`, folder]);
		const machine = new Machine(id, folder, disk);
		machine.#writeEnvironment(moved(machine.#environment, from.was, folder));
		// Its time stood still since the snapshot, as memory does.
		machine.clock.set(machine.clock.skew - (Date.now() - from.takenAt) / 1000);
		for (const kept of from.kept) machine.#again(kept, from.was);
		return machine;
	}

	get #file(): string {
		return join(this.folder, "etc", "environment.json");
	}

	get #environment(): Readonly<Record<string, string>> {
		return JSON.parse(readFileSync(this.#file, "utf8"));
	}

	#writeEnvironment(variables: Readonly<Record<string, string>>): void {
		writeFileSync(this.#file, JSON.stringify(variables), { mode: 0o600 });
	}

	/** What a login of the machine has; nothing of the simulator's own environment but the path of programs. */
	get env(): Record<string, string> {
		return {
			...this.#environment,
			HOME: join(this.folder, "root"),
			TMPDIR: join(this.folder, "tmp"),
			TMUX_TMPDIR: join(this.folder, "tmp"),
			PATH: `${join(this.folder, "bin")}:${process.env.PATH ?? "/usr/bin:/bin"}`,
			USER: "root",
			LANG: "C.UTF-8",
		};
	}

	/** A process of the machine, leader of a group and a session of its own, with three pipes. */
	start(argv: readonly string[], { cwd, env }: Start = {}): ChildProcess {
		const [program = "", ...rest] = this.clock.wrap(argv);
		return spawn(program, rest, {
			cwd: cwd ?? join(this.folder, "root"),
			env: { ...this.env, ...env },
			detached: true,
			stdio: ["pipe", "pipe", "pipe"],
		});
	}

	/** As sshd runs a command: by the login shell. */
	shell(command: string | undefined, start: Start = {}): ChildProcess {
		return this.start(command === undefined ? [SHELL, "-l"] : [SHELL, "-c", command], start);
	}

	#again(kept: Kept, was: string): void {
		const at = (text: string): string => text.replaceAll(was, this.folder);
		const [program = "", ...rest] = kept.argv.map(at);
		const stdio = kept.files.map((file, fd) => openOr(file === undefined ? undefined : at(file), fd));
		const child = spawn(program, rest, {
			cwd: at(kept.cwd),
			env: moved(kept.env, was, this.folder),
			detached: true,
			stdio,
		});
		// A program that is no longer there: the clone comes up without it, as a process that crashed.
		child.on("error", (error) => process.stderr.write(`vers-sim: ${program} does not start again: ${error.message}\n`));
		child.unref();
		for (const fd of stdio) if (typeof fd === "number") closeSync(fd);
	}

	freeze(): Promise<void> {
		return freeze(this.folder);
	}

	thaw(): Promise<void> {
		return thaw(this.folder);
	}

	/** Copies disk and processes while all stand still. Whether they go on is for the caller. */
	async snapshot(folder: string): Promise<Snapshot> {
		await this.freeze();
		mkdirSync(folder, { recursive: true, mode: 0o700 });
		await run("cp", ["-a", "--", `${this.folder}/.`, folder]);
		return { folder, was: this.folder, kept: keepAll(this.folder), takenAt: Date.now() };
	}

	/** Kills or stops what a command line names: an agent that is gone, or says nothing. The number of processes. */
	strikeDown(match: string, name: "SIGKILL" | "SIGSTOP"): number {
		return signalMatching(this.folder, match, name);
	}

	/** A file of the machine: every path is one of its own folder. */
	path(path: string): string {
		const full = normalize(`/${path}`);
		return full.startsWith(`${this.folder}/`) ? full : join(this.folder, full);
	}

	rotateKey(id: string): void {
		this.userKey = makeKey(`root ${id}`);
	}

	async end(): Promise<void> {
		await endAll(this.folder);
		this.disk.remove();
	}
}

const moved = (env: Readonly<Record<string, string>>, was: string, now: string): Record<string, string> =>
	Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value.replaceAll(was, now)]));

/** A FIFO is opened read-write, so that opening it waits for nobody. */
function openOr(file: string | undefined, fd: number): number | "ignore" {
	if (file === undefined || !existsSync(file)) return "ignore";
	if (statSync(file).isFIFO()) return openSync(file, "r+");
	return openSync(file, fd === 0 ? "r" : "a");
}

export const dropSnapshot = (snapshot: Snapshot): void => rmSync(snapshot.folder, { recursive: true, force: true });
