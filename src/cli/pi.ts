/** The pi that a person talks to: their own where there is one, else the one beside this package. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Environment } from "../daemon/home.ts";
import { onPath, versionOf } from "../daemon/node.ts";
import { compareVersions, packageFolder } from "../daemon/version.ts";
import { fault } from "../errors.ts";
import type { World } from "../world.ts";

export const PI_OLDEST = "0.87.0";

export interface Pi {
	/** What to run: `pi`, or `node` with pi's file as first argument. */
	readonly command: string;
	readonly args: readonly string[];
	readonly version: string;
}

/** Throws `pi_too_old` when the only one there is too old, `pi_missing` when there is none. */
export async function findPi(env: Environment): Promise<Pi> {
	const own = ownPi(env);
	const found = [own, besides()].filter((one) => one !== undefined);
	let old: string | undefined;
	for (const one of found) {
		const version = await versionOf(one.command, [...one.args, "--version"]);
		if (version !== "unknown" && compareVersions(version, PI_OLDEST) >= 0) return { ...one, version };
		old ??= version;
	}
	throw old === undefined ? fault("pi_missing") : fault("pi_too_old", old);
}

/** `npm start` puts this package's own programs first on PATH; the person's pi is behind them. */
function ownPi(env: Environment): Omit<Pi, "version"> | undefined {
	const folders = (env.PATH ?? "").split(delimiter).filter((folder) => !folder.endsWith(join("node_modules", ".bin")));
	const command = onPath("pi", folders.join(delimiter));
	return command === undefined ? undefined : { command, args: [] };
}

/** Installed as a dependency: below this package, or beside it. */
function besides(): Omit<Pi, "version"> | undefined {
	const file = join("@earendil-works", "pi-coding-agent", "dist", "bundle", "cli.js");
	const folders = [join(packageFolder, "node_modules"), join(packageFolder, "..")];
	const path = folders.map((folder) => join(folder, file)).find((candidate) => existsSync(candidate));
	return path === undefined ? undefined : { command: process.execPath, args: [path] };
}

/** Whether this pi knows any model that it may use. */
export async function hasModel({ spawn }: World, pi: Pi): Promise<boolean> {
	// With the person's extensions: some of them bring a provider.
	const asked = await spawn.run(pi.command, [...pi.args, "--list-models"]);
	// One that cannot say is given the benefit: pi itself then tells what is missing.
	return asked.code !== 0 || !/no models available/i.test(`${asked.stdout}${asked.stderr}`);
}
