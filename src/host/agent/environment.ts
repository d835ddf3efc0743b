/**
 * The environment of a lieutenant's pi: what it takes over from the session that made it, and what is its own. Its own
 * comes last, so that nothing taken over can pass for it.
 */
import type { Employment } from "../places/place.ts";
import { groupsFolder } from "./life-file.ts";

export interface Surroundings {
	/** `FLAGSHIP_HOME`. */
	readonly home: string;
	/** `lieutenants/<id>`. */
	readonly folder: string;
	/** Path of the host's unix socket. */
	readonly socket: string;
}

export const PORTS = 20;
export const bashEnvFile = (folder: string): string => `${folder}/bash-env.sh`;
export const temporaryFolder = (folder: string): string => `${folder}/tmp`;
/**
 * The temporary folder of a lieutenant's pi while it starts. pi, and what it loads extensions with, keep compiled code in
 * theirs: with one of its own, every new lieutenant would compile pi and its extensions once more, for seconds. When
 * pi's session begins, the package's extension puts `FLAGSHIP_TMPDIR`, the lieutenant's own, in its place.
 */
export const startFolder = (home: string): string => `${home}/tmp`;

export function environmentOf(employment: Employment, life: number, around: Surroundings): Record<string, string> {
	const { env, hub, ports } = employment;
	return {
		...env,
		...(hub.url === undefined ? {} : { VERS_INFRA_URL: hub.url }),
		VERS_AUTH_TOKEN: hub.token,
		FLAGSHIP_GATES: employment.gates,
		VERS_AGENT_NAME: employment.name,
		VERS_AGENT_ROLE: "lieutenant",
		VERS_PARENT_AGENT: employment.owner,
		FLAGSHIP_HOME: around.home,
		FLAGSHIP_HOST_SOCKET: around.socket,
		FLAGSHIP_LIEUTENANT: employment.id,
		FLAGSHIP_LIEUTENANT_FOLDER: around.folder,
		FLAGSHIP_LIFE: String(life),
		FLAGSHIP_GROUPS: groupsFolder(around.folder),
		BASH_ENV: bashEnvFile(around.folder),
		TMPDIR: startFolder(around.home),
		FLAGSHIP_TMPDIR: temporaryFolder(around.folder),
		FLAGSHIP_PORT_BASE: String(ports),
		FLAGSHIP_PORT_COUNT: String(PORTS),
		PORT: String(ports),
		// Nobody sits there: an editor or a pager would wait for ever.
		GIT_EDITOR: "true",
		GIT_PAGER: "cat",
		PAGER: "cat",
		GIT_TERMINAL_PROMPT: "0",
	};
}
