/**
 * A place where lieutenants run: this machine, another by ssh, a VM. A place knows how to make a workspace, how to start
 * a life of pi there, how to find one again, and how to read its session. What a lieutenant is, and what its messages
 * become, the host decides, alike for all places.
 */
import type { Cursor, Reading } from "../../pi/session.ts";
import type { Life, LifeOptions, LifeWatch } from "../agent/life.ts";

/** What a lieutenant is, as far as its process is concerned. Fixed at its creation, but for model and thinking. */
export interface Employment {
	readonly id: string;
	readonly name: string;
	/** What it is for; becomes the section `fleet_role` of its system prompt. */
	readonly role: string;
	readonly owner: string;
	readonly cwd: string;
	/** `provider/model`; absent: pi's own default. */
	readonly model?: string;
	readonly thinking?: string;
	/** Its own hub token; absent while no hub is known. */
	readonly token?: string;
	/** Address of the hub, when one is known. */
	readonly hub?: string;
	/** First of its 20 ports. */
	readonly portBase: number;
	/** How the orchestrator runs pi: node and pi's script, and the environment to choose from. */
	readonly pi: PiInstallation;
}

export interface PiInstallation {
	/** `process.execPath` of the orchestrator. */
	readonly exec: string;
	/** pi's script, `process.argv[1]` with links resolved; absent for a compiled pi. */
	readonly script?: string;
	/** The orchestrator's environment; only documented names are taken over (`agent/environment.ts`). */
	readonly env: Readonly<Record<string, string>>;
}

export interface WorkspaceRequest {
	readonly name: string;
	/** The orchestrator's or the named folder. */
	readonly cwd: string;
	/** Absent: a worktree where `cwd` is in a git repository with a commit. */
	readonly worktree?: boolean;
}

export interface Workspace {
	/** Where the lieutenant works: in its worktree, at the same place below the root as `cwd` was. */
	readonly cwd: string;
	/** Absent without a worktree. */
	readonly worktree?: {
		readonly path: string;
		readonly repository: string;
		readonly branch: string;
		readonly base: string;
	};
}

/** What became of a workspace: `kept` names, one sentence each, what was not proven saved. Empty: all removed. */
export interface Released {
	readonly kept: readonly string[];
}

export interface Place {
	/** `local`, `ssh:…`, `vers`. */
	readonly name: string;
	/** Throws `worktree_failed` in words when git refuses. Repeating it for the same name gives the same workspace. */
	prepare(request: WorkspaceRequest): Promise<Workspace>;
	/** Removes the worktree when it is proven saved, else keeps and names it. Never throws for unsaved work. */
	release(name: string, workspace: Workspace): Promise<Released>;
	/** Starts life `k`. The caller has proof that life `k - 1` is dead. */
	start(employment: Employment, life: number, watch: LifeWatch, options: LifeOptions): Life;
	/** The life that an earlier host left, or `undefined` when it is proven dead or never was. */
	attach(id: string, watch: LifeWatch, options: LifeOptions): Promise<Life | undefined>;
	/** Entries of its session after a cursor. Before its first answer there is no file: empty. */
	read(id: string, cursor?: Cursor): Promise<Reading>;
	/** The session file's content is on the disk when this resolves. */
	sync(id: string): Promise<void>;
}
