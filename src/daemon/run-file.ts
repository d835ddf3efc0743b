/** `run/<daemon>.json`: who a daemon is and where it answers. It is there from ready to an end in order. */
import type { Files, ProcessId, World } from "../world.ts";
import { type Daemon, failedFile, type Home, nextFile, runFile } from "./home.ts";
import type { Speaks } from "./version.ts";

export interface RunFile extends ProcessId, Speaks {
	/** `http://127.0.0.1:port` or `unix:/path`. */
	readonly address: string;
	/** Typed by a person in a terminal: no loop stands behind it, and nobody asks it to retire. */
	readonly foreground?: true;
	/** The program that it is: absolute path of a `bin/flagship.mjs`. */
	readonly entry?: string;
}

/** A program that a loop can start, and its version. */
export interface Entry {
	readonly version: string;
	/** Absolute path of a `bin/flagship.mjs`. */
	readonly entry: string;
}

/** `run/<daemon>.next`. It names the daemon that was asked to retire: a stale one means nothing to a later daemon. */
export interface Next extends Entry {
	readonly retires: ProcessId;
}

/** What the run file says, whether or not that process still lives. */
export const readRunFile = (files: Files, home: Home, daemon: Daemon): RunFile | undefined =>
	readAs(files, runFile(home, daemon), isRunFile);

/** The daemon that the run file names, if exactly that process lives. Whether it answers is another question. */
export function livingDaemon(world: World, home: Home, daemon: Daemon): RunFile | undefined {
	const found = readRunFile(world.files, home, daemon);
	return found !== undefined && world.spawn.alive(found) ? found : undefined;
}

export const writeRunFile = (files: Files, home: Home, daemon: Daemon, run: RunFile): void =>
	files.write(runFile(home, daemon), `${JSON.stringify(run)}\n`);

export const removeRunFile = (files: Files, home: Home, daemon: Daemon): void => files.remove(runFile(home, daemon));

export const writeNext = (files: Files, home: Home, daemon: Daemon, next: Next): void =>
	files.write(nextFile(home, daemon), `${JSON.stringify(next)}\n`);

/** What shall follow this ended process, once: the file is gone afterwards. */
export function takeNext(files: Files, home: Home, daemon: Daemon, ended: ProcessId): Entry | undefined {
	const next = readAs(files, nextFile(home, daemon), isNext);
	if (next === undefined || !sameProcess(next.retires, ended)) return undefined;
	files.remove(nextFile(home, daemon));
	return { version: next.version, entry: next.entry };
}

export const readFailed = (files: Files, home: Home, daemon: Daemon): Entry | undefined =>
	readAs(files, failedFile(home, daemon), isEntry);

export const writeFailed = (files: Files, home: Home, daemon: Daemon, entry: Entry): void =>
	files.write(failedFile(home, daemon), `${JSON.stringify(entry)}\n`);

export const sameProcess = (a: ProcessId, b: ProcessId): boolean => a.pid === b.pid && a.started === b.started;
export const sameEntry = (a: Entry, b: Entry): boolean => a.version === b.version && a.entry === b.entry;

function readAs<T>(files: Files, path: string, is: (value: unknown) => value is T): T | undefined {
	const text = files.read(path);
	if (text === undefined) return undefined;
	try {
		const value: unknown = JSON.parse(text);
		return is(value) ? value : undefined;
	} catch {
		// These files are written whole; one that is not JSON was changed by hand and says nothing.
		return undefined;
	}
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
const isProcess = (value: unknown): value is ProcessId =>
	isRecord(value) && typeof value.pid === "number" && typeof value.started === "string";
const isEntry = (value: unknown): value is Entry =>
	isRecord(value) && typeof value.version === "string" && typeof value.entry === "string";
const isNext = (value: unknown): value is Next => isEntry(value) && "retires" in value && isProcess(value.retires);
const isRunFile = (value: unknown): value is RunFile =>
	isProcess(value) &&
	"address" in value &&
	typeof value.address === "string" &&
	"version" in value &&
	typeof value.version === "string" &&
	"protocol" in value &&
	typeof value.protocol === "number";
