/** Who a session is towards the host of its machine (`protocol.md` §3 rule 4). */
import { dirname, join } from "node:path";
import type { Caller } from "../contract/link.ts";
import type { Environment } from "../daemon/home.ts";
import type { Files, World } from "../world.ts";

export interface Person {
	readonly user: string;
	readonly machine: string;
	/** The session's folder. */
	readonly cwd: string;
}

/** `FLAGSHIP_ORCHESTRATOR`, or `<user>@<machine>:<git root or folder>`: the same for each later session of one place. */
export function orchestratorName(files: Pick<Files, "stat">, env: Environment, { user, machine, cwd }: Person): string {
	const chosen = env.FLAGSHIP_ORCHESTRATOR?.trim() ?? "";
	return chosen === "" ? `${user}@${machine}:${gitRoot(files, cwd) ?? cwd}` : chosen;
}

function gitRoot(files: Pick<Files, "stat">, folder: string): string | undefined {
	if (files.stat(join(folder, ".git")) !== undefined) return folder;
	const parent = dirname(folder);
	return parent === folder ? undefined : gitRoot(files, parent);
}

export interface SessionProcess {
	readonly env: Environment;
	readonly pid: number;
	/** pi's id of the session. */
	readonly session: string;
	readonly person: Person;
}

/** A lieutenant's pack where `FLAGSHIP_LIEUTENANT` says so, else an orchestrator. */
export function callerOf(world: World, { env, pid, session, person }: SessionProcess): Caller {
	const lieutenant = env.FLAGSHIP_LIEUTENANT ?? "";
	if (lieutenant !== "") return { type: "pack", lieutenant, token: env.VERS_AUTH_TOKEN ?? "" };
	const started = world.spawn.started(pid);
	if (started === undefined) throw new Error(`the system does not know process ${pid}`);
	return { type: "orchestrator", name: orchestratorName(world.files, env, person), session, pid, started };
}
