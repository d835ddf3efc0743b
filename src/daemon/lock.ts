/**
 * One daemon per data folder, for as long as it lives: an exclusive SQLite lock, which the system frees the moment the
 * process ends, also by `kill -9`, and not while it is merely frozen. A pid file cannot do that; it let two hosts feed
 * one agent. `protocol.md` §2 rule 2.
 */
import { realpathSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { fault, reason } from "../errors.ts";
import type { Files, ProcessId, World } from "../world.ts";
import { pause } from "./wait.ts";

/** `lock.json`, beside the lock: for people, and for who must prove that the holder is frozen. */
export interface Holder extends ProcessId {
	/** Where it answers; null before that, and when it is ending. */
	readonly address: string | null;
	readonly version: string;
}

export interface Lock {
	/** Tells others where the holder answers: from now on silence there is proof against it. Null: it is ending. */
	announce(address: string | null): void;
	/** For a foreground run and for tests; a daemon keeps its lock until it is gone. */
	release(): void;
}

/** True when somebody answers at the address. */
export type Probe = (address: string) => Promise<boolean>;

/** How often a living holder must fail to answer before it counts as frozen: one slow moment is none. */
const PROBES = 3;
/** How long a holder may be between taking the lock and telling its address, ms. */
const SETTLING = 3_000;
const KILLED_WITHIN = 5_000;
const PAUSE = 100;

/**
 * The locks of this process. They are kept here because a database that is collected as garbage closes, and because any
 * second open and close of the same file in this process would drop the system's lock without a word.
 */
const held = new Map<string, DatabaseSync>();

const BUSY = 5;
/**
 * A transaction that is never committed: the system holds its lock, and no byte goes to the disk. `begin exclusive` alone
 * would be content with a file that it may only read, and lock nothing; the write in it is not.
 */
const TAKE = `
	PRAGMA journal_mode = MEMORY;
	BEGIN EXCLUSIVE;
	PRAGMA user_version = 1;
`;

const holderFile = (folder: string): string => join(folder, "lock.json");

/** Takes the lock of a folder, or returns undefined when another process has it. Throws `storage_failed`. */
export function tryLock(world: World, folder: string, version: string): Lock | undefined {
	world.files.makeFolder(folder);
	const path = join(realpathSync(folder), "lock.db");
	if (held.has(path)) return undefined;
	const database = world.files.database(path);
	try {
		database.exec(TAKE);
	} catch (error) {
		database.close();
		if (error instanceof Error && "errcode" in error && error.errcode === BUSY) return undefined;
		throw fault("storage_failed", `${path}: ${reason(error)}`);
	}
	held.set(path, database);
	const self: Holder = { pid: process.pid, started: ownStart(world), address: null, version };
	const tell = (holder: Holder) => world.files.write(holderFile(folder), `${JSON.stringify(holder)}\n`);
	tell(self);
	return {
		announce: (address) => tell({ ...self, address }),
		release() {
			// This process goes on, and whoever would end the holder must not find it named.
			world.files.remove(holderFile(folder));
			held.delete(path);
			database.close();
		},
	};
}

/** When this process began, as the process table has it. */
export function ownStart(world: World): string {
	const started = world.spawn.started(process.pid);
	if (started === undefined) throw new Error("this process is not in the process table");
	return started;
}

/** Who holds, or last held, the lock of a folder. */
export function readHolder(files: Files, folder: string): Holder | undefined {
	const text = files.read(holderFile(folder));
	if (text === undefined) return undefined;
	try {
		const value: unknown = JSON.parse(text);
		return isHolder(value) ? value : undefined;
	} catch {
		// Written whole or not at all, so this was somebody's hand; as good as no file.
		return undefined;
	}
}

export function isHolder(value: unknown): value is Holder {
	if (typeof value !== "object" || value === null) return false;
	const { pid, started, address, version } = value as Record<string, unknown>;
	const named = typeof address === "string" || address === null;
	return typeof pid === "number" && typeof started === "string" && typeof version === "string" && named;
}

/** Exactly this life of a process is there, and nobody answers for it at its address. */
export async function isFrozen(world: World, holder: Holder, probe: Probe): Promise<boolean> {
	if (holder.address === null) return false;
	for (let i = 0; i < PROBES; i++) {
		if (await probe(holder.address)) return false;
		if (!world.spawn.alive(holder)) return false;
		await pause(world, PAUSE);
	}
	return true;
}

/** Kills a process by pid and start time, and waits for its end. False when it is still there after 5 s. */
export async function endProcess(world: World, victim: ProcessId): Promise<boolean> {
	world.spawn.kill(victim, "SIGKILL");
	return await gone(world, victim, KILLED_WITHIN);
}

/** Waits for the end of a process; false when it is still there after `ms`. */
export async function gone(world: World, process: ProcessId, ms: number): Promise<boolean> {
	const until = world.clock.elapsed() + ms;
	while (world.spawn.alive(process)) {
		if (world.clock.elapsed() > until) return false;
		await pause(world, 20);
	}
	return true;
}

export interface LockOptions {
	readonly world: World;
	/** For the sentence: "hub". */
	readonly daemon: string;
	readonly folder: string;
	readonly version: string;
	readonly probe: Probe;
}

/**
 * Takes the lock for the life of this process. A holder that is proven frozen (it lives, and does not answer) is killed
 * first. Throws `already_running` when another answers, or is just starting.
 */
export async function lockForLife({ world, daemon, folder, version, probe }: LockOptions): Promise<Lock> {
	let until = world.clock.elapsed() + SETTLING;
	for (;;) {
		const lock = tryLock(world, folder, version);
		if (lock !== undefined) return lock;
		const holder = readHolder(world.files, folder);
		const refuse = (who: string) => fault("already_running", daemon, folder, who);
		if (holder === undefined || holder.address === null || !world.spawn.alive(holder)) {
			// Whoever took the lock has not said so yet, or gives it back in a moment.
			if (world.clock.elapsed() > until) throw refuse(holder === undefined ? "unknown" : `process ${holder.pid}`);
			await pause(world, PAUSE);
		} else if (await isFrozen(world, holder, probe)) {
			if (!(await endProcess(world, holder))) throw refuse(`process ${holder.pid}, frozen, which cannot be killed`);
			// The last thread of the dead may still hold its files for a moment.
			until = world.clock.elapsed() + SETTLING;
		} else if (world.spawn.alive(holder)) {
			throw refuse(`process ${holder.pid} at ${holder.address}`);
		}
	}
}
