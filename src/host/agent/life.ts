/**
 * One life of one pi process on its own FIFOs. It outlives the host: a new host attaches to it. What it knows of itself
 * stands in `life.json` in the lieutenant's folder, written before and after the process is started, so that a host
 * which dies in between finds it again.
 */
import type { Cause } from "../../contract/cause.ts";
import type { RpcCommand, RpcRecord, RpcResponse, RpcState } from "../../pi/rpc.ts";
import type { Pipe, ProcessId, World } from "../../world.ts";
import {
	groupsFolder,
	inputFifo,
	lockHolder,
	outputFifo,
	readNote,
	removeOlder,
	stderrFile,
	writeNote,
} from "./life-file.ts";
import { buryLife, RunningLife } from "./running.ts";

export interface LifeSpec {
	/** `lieutenants/<id>`: holds `in.<k>`, `out.<k>`, `stderr.<k>`, `life.json`, `groups/`. Exists. */
	readonly folder: string;
	/** k: 1, 2, …; a later life is only started when the earlier is proven dead. */
	readonly life: number;
	readonly command: string;
	readonly args: readonly string[];
	readonly cwd: string;
	/** The whole environment. */
	readonly env: Readonly<Record<string, string>>;
}

/** What a life tells its owner. Neither callback may throw. */
export interface LifeWatch {
	/** Every record but the answers to this object's own commands, in pi's order. */
	record(record: RpcRecord): void;
	/** Once: pi is proven dead, all that it wrote has been handed on, its bash children are ended. */
	ended(end: LifeEnd): void;
}

export interface LifeEnd {
	/** Exit code and signal where this host is its parent, else `null`. */
	readonly code: number | null;
	readonly signal: string | null;
	/** The last words on stderr, at most 2,000 characters. */
	readonly stderr: string;
	readonly cause: Cause;
}

/**
 * What became of a command. `unknown` is never "not done": pi may have carried it out and died, or may yet carry it out
 * (`protocol.md` §6 rule 8).
 */
export type Outcome =
	| { readonly type: "answered"; readonly response: RpcResponse }
	| { readonly type: "unknown"; readonly because: "ended" | "detached" | "timeout" }
	/** It never reached pi: the pipe is full, or the life was over before. */
	| { readonly type: "unwritten"; readonly because: string };

export type Probe =
	| { readonly type: "alive"; readonly state: RpcState }
	/** The process lives and did not answer in time. */
	| { readonly type: "silent" }
	| { readonly type: "dead" };

export interface Life {
	readonly life: number;
	/** Absent only while a host that died between starting pi and noting it is being made up for. */
	readonly process: ProcessId | undefined;
	/** `clock.elapsed()` when pi was last heard. */
	readonly heard: number;
	/** Set once dead. */
	readonly end: LifeEnd | undefined;
	/** Resolves with pi's answer, correlated by `<host start ULID>:<n>`; never rejects. No `timeout` (ms): waits for life. */
	send(command: RpcCommand, timeout?: number): Promise<Outcome>;
	/** Dismisses a dialog that an extension opened in a lieutenant, where nobody would ever answer it. */
	dismiss(dialog: string): void;
	/** `get_state`, answered within `timeout` ms or not. The first probe after a start is the readiness test. */
	probe(timeout: number): Promise<Probe>;
	/** SIGTERM, after `grace` ms SIGKILL (0: at once), then its bash children; resolves when proven dead. */
	stop(grace: number): Promise<LifeEnd>;
	/** Lets go of it: FIFOs are closed on this side, pi goes on. */
	detach(): void;
}

export interface LifeOptions {
	/** ULID of this start of the host: the first half of every command id. */
	readonly start: string;
	/** ms between looks at a process that this host is not the parent of; default 1,000. */
	readonly pollMs?: number;
}

/** Starts pi. Throws `cannot_start` when the process cannot be started; the life is then used up. */
export function startLife(world: World, spec: LifeSpec, watch: LifeWatch, options: LifeOptions): Life {
	const { folder, life } = spec;
	const { files, sockets, spawn } = world;
	removeOlder(files, folder, life);
	files.makeFolder(groupsFolder(folder));
	// Before the process: a host that dies between the two must know that there may be one.
	writeNote(files, folder, { life, ended: false });
	const [stdin, stdout] = [inputFifo(folder, life), outputFifo(folder, life)];
	const pipes: Pipe[] = [];
	let process: ProcessId | undefined;
	try {
		sockets.makeFifos([stdin, stdout]);
		for (const path of [stdin, stdout]) pipes.push(sockets.openFifo(path));
		const { command, args, cwd, env } = spec;
		process = spawn.detached({ command, args, cwd, env, stdin, stdout, stderr: stderrFile(folder, life) });
		writeNote(files, folder, { life, process, ended: false });
		const [input, output] = pipes;
		if (input === undefined || output === undefined) throw new Error("a life has two FIFOs");
		const running = new RunningLife(world, { folder, life, process, input, output }, watch, options);
		spawn.onExit(process, (code, signal) => running.died(code, signal));
		return running;
	} catch (thrown) {
		for (const pipe of pipes) pipe.close();
		// Started, and the disk has no room to note it: nobody would know of it, and the next life would be its twin.
		if (process !== undefined) spawn.kill(process, "SIGKILL", "group");
		writeNote(files, folder, { life, ended: true });
		removeOlder(files, folder, life + 1);
		throw thrown;
	}
}

/** How long a pi that was perhaps never started may take to answer, ms: it needs about one second. */
const UNSEEN = 15_000;

/**
 * The life that an earlier host left in `folder`, or `undefined` when there is none or it is proven dead (its bash
 * children are then ended). The first thing written is `#\n`: it spoils what the earlier host may have left half
 * written, where a bare line end would have it carried out.
 */
export async function attachLife(
	world: World,
	folder: string,
	watch: LifeWatch,
	options: LifeOptions,
): Promise<Life | undefined> {
	const { files, sockets, spawn } = world;
	const note = readNote(files, folder);
	if (note === undefined || note.ended) return undefined;
	const { life } = note;
	const [stdin, stdout] = [inputFifo(folder, life), outputFifo(folder, life)];
	const process = note.process ?? lockHolder(world, folder);
	const possible = [stdin, stdout].every((path) => files.stat(path)?.kind === "fifo");
	if (!possible || (process !== undefined && !spawn.alive(process))) {
		if (process !== undefined && spawn.alive(process)) spawn.kill(process, "SIGKILL"); // nobody can speak to it
		buryLife(world, folder, life, false);
		return undefined;
	}
	const [input, output] = [sockets.openFifo(stdin), sockets.openFifo(stdout)];
	const running = new RunningLife(world, { folder, life, process, input, output }, watch, options);
	running.spoil();
	if (process !== undefined) {
		running.identify(process);
		return running;
	}
	return (await meet(running, world, folder)) ? running : undefined;
}

/** Was there a pi at all? It answers, and then says by its lock who it is; else this life is given up. */
async function meet(running: RunningLife, world: World, folder: string): Promise<boolean> {
	const probe = await running.probe(UNSEEN);
	const process = lockHolder(world, folder);
	if (probe.type === "alive" && process !== undefined) {
		running.identify(process);
		return true;
	}
	running.detach();
	if (process !== undefined) world.spawn.kill(process, "SIGKILL");
	buryLife(world, folder, running.life, false);
	return false;
}
