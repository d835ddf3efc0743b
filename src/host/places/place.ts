/**
 * A place where lieutenants run: this machine, another by ssh, a VM. A place knows how to make a workspace, how to start
 * a life of pi there, how to find one again, and how to read its session. What a lieutenant is, and what becomes of its
 * messages, the host decides, alike for all places.
 */
import type { Allowance } from "../../pi/pack/allowance.ts";
import type { Cursor, Reading } from "../../pi/session.ts";
import type { Life, LifeOptions, LifeWatch } from "../agent/life.ts";

/** What a place needs to know of a lieutenant to run its pi. */
export interface Employment {
	readonly id: string;
	readonly name: string;
	/** What it is for; becomes the section `fleet_role` of its system prompt. */
	readonly role: string;
	/** What it is told of the one whose place it took. */
	readonly before?: string;
	readonly owner: string;
	readonly cwd: string;
	/** The branch of its worktree. */
	readonly branch?: string;
	/** `provider/model`; absent: pi's own default. */
	readonly model?: string;
	readonly thinking?: string;
	/** Its own hub token; the address only of a remote hub: the home's own is found anew, also on another port. */
	readonly hub: { readonly url?: string; readonly token: string };
	/** How far the work that it has may go. */
	readonly allowance?: Allowance;
	/** `FLAGSHIP_GATES`: the gates' settings, fixed by its host for this life. */
	readonly gates: string;
	/** First of its 20 ports. */
	readonly ports: number;
	/** How pi is started: the interpreter and pi's own script (or a compiled pi alone), absolute paths. */
	readonly pi: readonly string[];
	/** What it takes over from the session that made it: `takenOver` of `pi/environment.ts`. */
	readonly env: Readonly<Record<string, string>>;
}

export interface WorkspaceRequest {
	/** The lieutenant's name. */
	readonly name: string;
	/** The folder to work in, or in whose repository. */
	readonly cwd: string;
	/** Absent: a worktree where `cwd` is in a git repository that has a commit. */
	readonly worktree?: boolean;
}

export interface Worktree {
	readonly path: string;
	/** Top folder of the repository's own work tree, links resolved. */
	readonly repository: string;
	/** `lt/<name>`. */
	readonly branch: string;
	/** The commit it was made from. */
	readonly base: string;
}

export interface Workspace {
	/** In its worktree, the same place below the top folder as the request's `cwd`. */
	readonly cwd: string;
	/** Absent: it works in the folder itself, together with whoever else does. */
	readonly worktree?: Worktree;
}

/** What became of a workspace. `kept`: one sentence for each thing that was not proven saved; none: all is removed. */
export interface Released {
	readonly kept: readonly string[];
}

export interface Place {
	/** `local`, `ssh:…`, `vers`. */
	readonly name: string;
	/** Repeating it gives the same workspace. Throws `worktree_failed` in words where git refuses. */
	prepare(request: WorkspaceRequest): Promise<Workspace>;
	/** Removes the worktree, and its branch, when all in it is proven saved; else keeps and names it. */
	release(workspace: Workspace): Promise<Released>;
	/** Starts life `k`; the caller has proof that life `k - 1` is dead. Throws `cannot_start`. */
	start(employment: Employment, life: number, watch: LifeWatch, options: LifeOptions): Life;
	/** How far its work may go from now on; its pack keeps to it. `undefined`: no work is bounded. */
	allow(id: string, allowance: Allowance | undefined): void;
	/** The newest life of which a process is known to have begun: a host may die between deciding on one and starting it. */
	begun(id: string): number;
	/** The life that an earlier host left, or `undefined` when it is proven dead or never was. */
	attach(id: string, watch: LifeWatch, options: LifeOptions): Promise<Life | undefined>;
	/** Entries of its session after a cursor. Before its first answer there is no file: nothing. */
	read(id: string, cursor?: Cursor): Promise<Reading>;
	/** What `read` has seen is on the disk when this resolves. */
	sync(id: string): Promise<void>;
	/** Keeps a report of it, beside its session; answers the path. */
	leave(id: string, name: string, text: string): string;
	/** Forgets its temporary files. Session and role are kept: transcripts outlive their lieutenants. */
	clear(id: string): Promise<void>;
}
