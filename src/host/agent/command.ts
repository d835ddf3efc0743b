/** The command line of a lieutenant's pi. No secret is in it: every user of the machine can read it. */
import type { Employment } from "../places/place.ts";

export const sessionFolder = (folder: string): string => `${folder}/session`;

export interface PiCommand {
	readonly command: string;
	readonly args: readonly string[];
}

/**
 * `--session-id` creates the session or opens it again, so that every life runs the same line. The package is always
 * named: pi loads a path once even when the person's settings list it too, and another copy of it stays silent
 * (`pi/once.ts`). Named by its file, not its folder: then pi does not read the package's skills at its start, a tenth of
 * the time that it needs to be ready; they come with the first request (`extensions/skillhub`).
 */
export function piCommand(employment: Employment, folder: string, packageFolder: string): PiCommand {
	const [command = "pi", ...script] = employment.pi;
	const { model, thinking } = employment;
	const args = [
		...script,
		...["--mode", "rpc", "--session-id", employment.id, "--session-dir", sessionFolder(folder)],
		...["--extension", `${packageFolder}/extensions/index.ts`],
		...(model === undefined ? [] : ["--model", model]),
		...(thinking === undefined ? [] : ["--thinking", thinking]),
	];
	return { command, args };
}
