/**
 * What a check sees of the world. Its command comes out of files that an agent may have written, so it gets none of the
 * keys that the agent's pi has, cannot pass for a person at the hub, and pushes no further than the agent.
 */
import { withoutKeys } from "../../pi/environment.ts";
import type { Files } from "../../world.ts";
import { temporaryFolder } from "../agent/environment.ts";
import { hooksEnvironment, hooksFolder } from "../agent/hooks.ts";

export interface Checker {
	/** Lieutenant id. */
	readonly id: string;
	/** `FLAGSHIP_HOME`. */
	readonly home: string;
	/** `lieutenants/<id>`. */
	readonly folder: string;
	/** Taken over from the session that made the lieutenant. */
	readonly taken: Readonly<Record<string, string>>;
}

export const checkEnvironment = (files: Files, { id, home, folder, taken }: Checker): Record<string, string> => ({
	...withoutKeys(taken),
	...(files.stat(hooksFolder(folder)) === undefined ? {} : hooksEnvironment(folder)),
	FLAGSHIP_HOME: home,
	// A lieutenant without its token: the command line asks the hub for nothing in a person's name.
	FLAGSHIP_LIEUTENANT: id,
	...(files.stat(temporaryFolder(folder)) === undefined ? {} : { TMPDIR: temporaryFolder(folder) }),
	GIT_TERMINAL_PROMPT: "0",
	GIT_EDITOR: "true",
	PAGER: "cat",
});
