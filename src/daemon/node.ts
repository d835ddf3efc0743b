/** Which Node runs the daemons. pi may itself be another runtime (a single executable), so its own is not a given. */
import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { basename, delimiter, isAbsolute, join } from "node:path";
import { fault } from "../errors.ts";
import type { Daemon, Environment } from "./home.ts";
import { compareVersions } from "./version.ts";

export const NODE_OLDEST = "22.19.0";

/**
 * Arguments of Node for a daemon. Left alone, V8 lets the space for short-lived objects grow to 16 MiB and keeps it,
 * which is an eighth of what an idle hub holds; 2 MiB cost no time that could be measured, nor does one thread beside
 * the main one for compiling and collecting instead of four. A host does little at a time and is there on every
 * machine: with 1 MiB it holds 5 MB less.
 */
export const DAEMON_FLAGS: Readonly<Record<Daemon, readonly string[]>> = {
	hub: ["--max-semi-space-size=2", "--v8-pool-size=1"],
	host: ["--max-semi-space-size=1", "--v8-pool-size=1"],
};

/** Absolute path of a Node that can run the daemons. Throws `node_missing` or `node_too_old`. */
export async function findNode(env: Environment): Promise<string> {
	if (basename(process.execPath).startsWith("node") && compareVersions(process.versions.node, NODE_OLDEST) >= 0) {
		return process.execPath;
	}
	const found = env.FLAGSHIP_NODE ?? onPath("node", env.PATH);
	if (found === undefined) throw fault("node_missing");
	const version = await versionOf(found);
	if (compareVersions(version, NODE_OLDEST) < 0) throw fault("node_too_old", version);
	return found;
}

/** The first executable of a name on a PATH, or undefined. */
export function onPath(name: string, path: string | undefined): string | undefined {
	for (const folder of (path ?? "").split(delimiter)) {
		const candidate = join(folder, name);
		if (isAbsolute(folder) && isExecutable(candidate)) return candidate;
	}
	return undefined;
}

function isExecutable(path: string): boolean {
	try {
		accessSync(path, constants.X_OK);
		return true;
	} catch {
		// Missing or not executable: the search goes on either way.
		return false;
	}
}

/** What `--version` prints, without a leading `v`; "unknown" when it cannot be run. */
export function versionOf(command: string, args: readonly string[] = ["--version"], timeout = 10_000): Promise<string> {
	return new Promise((resolve) => {
		execFile(command, [...args], { timeout, encoding: "utf8" }, (error, stdout, stderr) => {
			const match = /v?(\d+\.\d+\.\d+\S*)/.exec(`${stdout}\n${stderr}`);
			resolve(error !== null || match?.[1] === undefined ? "unknown" : match[1]);
		});
	});
}
