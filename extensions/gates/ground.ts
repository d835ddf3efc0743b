/** Where a session's tools work, and what of it they may not change. */
import { realpathSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import type { Agent, GuardOptions } from "../../src/gates/guards.ts";
import { gitRoot } from "../../src/gates/observe.ts";
import { zonesOf } from "../../src/gates/paths.ts";
import type { Files } from "../../src/world.ts";

/** Folders for passing things. */
export const SCRATCH: readonly string[] = [...new Set([tmpdir(), "/tmp", "/var/tmp"])];

export function groundOf(
	files: Files,
	cwd: string,
	agent: Agent,
): Pick<GuardOptions, "ground" | "watched" | "stamp" | "place"> {
	const { env } = process;
	const home = resolve(env.FLAGSHIP_HOME || join(homedir(), ".flagship"));
	const pi = env.PI_CODING_AGENT_DIR ?? join(homedir(), ".pi", "agent");
	const lieutenant = agent.type === "lieutenant";
	const temporary = lieutenant && env.TMPDIR !== undefined ? { temporary: env.TMPDIR } : {};
	const top = gitRoot({ files }, cwd) ?? cwd;
	const zones = zonesOf({ home, pi, cwd, top, ...temporary }, lieutenant);
	const own = env.FLAGSHIP_LIEUTENANT_FOLDER;
	return {
		place: { cwd, root: top, git: true, scratch: SCRATCH },
		ground: {
			zones: zones.map((zone) => ({ ...zone, path: realPath(zone.path) })),
			cwd,
			variables: { ...env, HOME: homedir(), FLAGSHIP_HOME: home, PI_CODING_AGENT_DIR: pi, PWD: cwd },
			real: realPath,
		},
		watched: [
			join(home, "settings.json"),
			...(own === undefined ? [] : [join(own, "hooks", "pre-push"), join(own, "push-policy.json")]),
		],
		stamp(path) {
			const stat = files.stat(path);
			return stat === undefined ? "" : `${stat.size}:${stat.changed}`;
		},
	};
}

/** Links resolved as far as the path exists: a link to a protected file is that file. */
function realPath(path: string): string {
	try {
		return realpathSync(path);
	} catch {
		// Not there, or not to be looked into: what is above it decides.
		return dirname(path) === path ? path : join(realPath(dirname(path)), basename(path));
	}
}
