/**
 * One life of one pi process on its own FIFOs. It outlives the host: a new host attaches to it. What it knows of itself
 * stands in `life.json` in the lieutenant's folder, written before and after the process is started, so that a host
 * which died in between finds it again.
 */
import type { RpcCommand, RpcRecord, RpcResponse, RpcState } from "../../pi/rpc.ts";
import type { ProcessId, World } from "../../world.ts";

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
}

/**
 * What became of a command. `unknown` is never "not done": pi may have carried it out and died, or may yet carry it out
 * (`protocol.md` §6 rule 8).
 */
export type Outcome =
	| { readonly type: "answered"; readonly response: RpcResponse }
	| { readonly type: "unknown"; readonly because: "ended" | "detached" | "timeout" | "pipe_full" };

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

/** Starts pi. Throws when the process cannot be started. */
export declare function startLife(world: World, spec: LifeSpec, watch: LifeWatch, options: LifeOptions): Life;

/**
 * The life that an earlier host left in `folder`, or `undefined` when there is none or it is proven dead (its bash
 * children are then ended).
 */
export declare function attachLife(
	world: World,
	folder: string,
	watch: LifeWatch,
	options: LifeOptions,
): Promise<Life | undefined>;
