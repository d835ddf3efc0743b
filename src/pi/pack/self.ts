/** Whose pi this is. The host says it by the environment; a pi that a lieutenant starts in its shell inherits that. */

export type Environment = Record<string, string | undefined>;

export interface Self {
	/** Lieutenant id. */
	readonly id: string;
	readonly name: string;
	/** `lieutenants/<id>`. */
	readonly folder: string;
	/** Which life of its pi this is; 0 when nobody said. */
	readonly life: number;
}

/**
 * The lieutenant that this very process is, or `undefined`: in any other pi, and in one started inside a lieutenant's
 * shell, which is no lieutenant although it sees the same variables. The first call marks the process as the one.
 */
export function lieutenantSelf(env: Environment, pid: number): Self | undefined {
	const { FLAGSHIP_LIEUTENANT: id, FLAGSHIP_LIEUTENANT_FOLDER: folder, FLAGSHIP_PI_PID: marked } = env;
	if (id === undefined || id === "" || folder === undefined || folder === "") return undefined;
	if (marked !== undefined && marked !== String(pid)) return undefined;
	env.FLAGSHIP_PI_PID = String(pid);
	return { id, folder, name: env.VERS_AGENT_NAME ?? id, life: Number(env.FLAGSHIP_LIFE ?? 0) || 0 };
}
