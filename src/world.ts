/**
 * The seam between Flagship and the machine: clock, random, processes, sockets, files. Hub, host, link, fleet, client
 * and gates reach the machine only through a `World`, so that a seeded simulation runs their real code; the check
 * command refuses `Date.now`, `setTimeout`, `Math.random`, `node:fs`, `node:net` and `node:child_process` in their
 * folders. The real one is `src/world/real.ts`.
 */
import type { DatabaseSync } from "node:sqlite";

export interface World {
	readonly clock: Clock;
	readonly random: Random;
	readonly files: Files;
	readonly spawn: Spawn;
	readonly sockets: Sockets;
}

export interface Timer {
	cancel(): void;
}

export interface Clock {
	/** Wall time in ms since 1970. For people and for comparing with itself on one machine; never for order. */
	now(): number;
	/** Milliseconds since some moment of this process; never goes back. For deadlines. */
	elapsed(): number;
	/** Runs once after `ms`. A timer never keeps a process alive by itself. */
	after(ms: number, run: () => void): Timer;
	/** Runs again and again, `ms` between. */
	every(ms: number, run: () => void): Timer;
	/** Runs after the I/O that is ready now: the moment at which a batch has gathered. */
	soon(run: () => void): void;
}

export interface Random {
	/** Cryptographically strong in the real world. */
	bytes(count: number): Uint8Array;
	/** 0 ≤ x < 1, for jitter. */
	fraction(): number;
}

export interface Stat {
	/** Of what a symbolic link points to; `link` says that the path itself is one. */
	readonly kind: "file" | "folder" | "fifo" | "socket" | "other";
	/** Somebody else may have laid a link into a shared folder: check it where the folder is shared (`/tmp`). */
	readonly link: boolean;
	readonly size: number;
	readonly mode: number;
	readonly owner: number;
	/** Wall time of the last change of content, ms. */
	readonly changed: number;
}

/** Small files, synchronously: a daemon's own records. Missing is `undefined`, every other failure throws. */
export interface Files {
	read(path: string): string | undefined;
	/** Bytes of the file from an offset to its end, or so many at most; empty when there are none. */
	readFrom(path: string, offset: number, most?: number): Uint8Array;
	/** Atomic and durable: temporary file beside it, fsync, rename, fsync of the folder. */
	write(path: string, text: string, mode?: number): void;
	/** One write at the end of the file, not synced. Modes are 0600 for files and 0700 for folders when not given. */
	append(path: string, text: string, mode?: number): void;
	/** Content and length are on the disk when this returns. */
	sync(path: string): void;
	/** A file, or a folder with all that is in it. Links are removed, not followed. Missing is no error. */
	remove(path: string): void;
	rename(from: string, to: string): void;
	stat(path: string): Stat | undefined;
	/** Where a path leads when every link in it is followed; the path itself when there is nothing. */
	real(path: string): string;
	/** Names, sorted; none when there is no such folder. */
	list(folder: string): readonly string[];
	/** Also the folders above it. */
	makeFolder(path: string, mode?: number): void;
	/** Bytes free to this user on the volume that holds `path`. */
	free(path: string): number;
	/** A SQLite file, created when missing. */
	database(path: string): DatabaseSync;
}

export interface RunOptions {
	readonly cwd?: string;
	/** The whole environment, not additions to one. Absent: this process's own. */
	readonly env?: Readonly<Record<string, string>>;
	readonly input?: string;
	/** A file whose content is the input, of any size. */
	readonly inputFile?: string;
	/** Ends it at once. */
	readonly signal?: AbortSignal;
	/** Killed after so many ms; `timedOut` says so. Default 30,000. */
	readonly timeout?: number;
	/** Output kept per stream, in bytes; default 1 MiB, the rest is dropped. */
	readonly maxOutput?: number;
	/** Hears the standard output as it comes, in pieces of any size. */
	heard?(text: string): void;
	/** What it left running ends with it. */
	readonly endsGroup?: boolean;
	/** Called at once when it runs: the leader of its process group. */
	began?(pid: number): void;
}

/** How a command ended. `run` never rejects: a command that cannot start has exit code 127 and says why on stderr. */
export interface Ran {
	readonly code: number;
	readonly stdout: string;
	readonly stderr: string;
	readonly timedOut: boolean;
}

/** One life of one process. A pid alone is reused by the system; with its start time it is not. */
export interface ProcessId {
	readonly pid: number;
	/** Opaque, comparable for equality: from the system's process table. */
	readonly started: string;
}

export interface DetachedOptions {
	readonly command: string;
	readonly args: readonly string[];
	readonly cwd: string;
	/** The whole environment. */
	readonly env: Readonly<Record<string, string>>;
	/** Paths: FIFOs opened read-write, or files appended to. `null` is /dev/null. */
	readonly stdin: string | null;
	readonly stdout: string | null;
	readonly stderr: string | null;
}

export type Signal = "SIGTERM" | "SIGKILL" | "SIGSTOP" | "SIGCONT" | "SIGINT";

export interface Spawn {
	/** A command run to its end: git, ps, checks. Arguments are data; there is no shell. */
	run(command: string, args: readonly string[], options?: RunOptions): Promise<Ran>;
	/** A process that outlives this one, in a session and process group of its own. Throws when it cannot start. */
	detached(options: DetachedOptions): ProcessId;
	/** Calls back once when a process started by `detached` in this life ends. */
	onExit(process: ProcessId, run: (code: number | null, signal: string | null) => void): void;
	/** The start time of a living pid, or undefined; zombies count as dead. */
	started(pid: number): string | undefined;
	/** True while exactly this process lives. */
	alive(process: ProcessId): boolean;
	/** True while exactly this process lives and is stopped (SIGSTOP, a debugger): it runs no code. */
	stopped(process: ProcessId): boolean;
	/**
	 * Signals exactly this process, or its whole group (also members that have outlived their leader); false when it is
	 * already gone.
	 */
	kill(process: ProcessId, signal: Signal, group?: "group"): boolean;
}

/** One end of a FIFO: opened read-write, so that neither end's death closes it for the other. */
export interface Pipe {
	/**
	 * Resolves when the bytes are in the FIFO or in the bounded queue before it (1 MiB); rejects with `pipe_full` beyond
	 * that and with `pipe_closed` after the end. One larger write is taken while the queue is empty.
	 */
	write(bytes: string): Promise<void>;
	/** Begins to read. A pipe that only writes must not call it: it would take its own bytes back. */
	onData(run: (bytes: Uint8Array) => void): void;
	close(): void;
}

export interface Connection {
	/** One text frame. Returns false when the connection is closed. */
	send(text: string): boolean;
	/** One receiver. Frames that came earlier are kept for it. */
	onMessage(run: (text: string) => void): void;
	onClose(run: (reason: string) => void): void;
	/** Bytes accepted by `send` and not yet handed to the system. */
	readonly buffered: number;
	close(reason?: string): void;
}

export interface Listener {
	/** `http://127.0.0.1:port` or `unix:/path`. */
	readonly address: string;
	close(): Promise<void>;
}

export interface ConnectOptions {
	readonly timeout: number;
	readonly headers?: Readonly<Record<string, string>>;
	/** What to ask for on a unix socket, such as `/hosts/link`; default `/`. A `ws://` address has its own. */
	readonly path?: string;
}

export interface Sockets {
	/** 0600. Several at once: each making starts a process. */
	makeFifos(paths: readonly string[]): void;
	openFifo(path: string): Pipe;
	/** WebSocket frames on a unix socket (0600). */
	listen(path: string, accept: (connection: Connection) => void): Promise<Listener>;
	/**
	 * WebSocket to `unix:/path` or to a `ws://`, `wss://` address; rejects with `not_connected` when it does not open
	 * within `timeout` ms.
	 */
	connect(address: string, options: ConnectOptions): Promise<Connection>;
}
