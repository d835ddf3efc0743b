/** This package as others get it: a git repository, and a packed tarball. npm's cache and settings are the person's own. */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Home } from "./home.ts";
import { PACKAGE } from "./pi.ts";

const run = promisify(execFile);

/** How this machine reaches the network at all. */
const NETWORK = /^(?:NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|https?_proxy|no_proxy)$/i;
const networkEnvironment = (): Record<string, string> =>
	Object.fromEntries(
		Object.entries(process.env).flatMap(([key, value]) => (NETWORK.test(key) && value ? [[key, value]] : [])),
	);

/** For npm in a temporary home: the cache and the settings of this account, so that little is fetched. */
export async function npmEnvironment(): Promise<Record<string, string>> {
	const { stdout } = await run("npm", ["config", "get", "cache", "userconfig"], { cwd: PACKAGE });
	const value = (name: string): string => new RegExp(`^${name}=(.*)$`, "m").exec(stdout)?.[1] ?? "";
	return {
		...networkEnvironment(),
		npm_config_cache: value("cache"),
		npm_config_userconfig: value("userconfig"),
		npm_config_prefer_offline: "true",
		npm_config_audit: "false",
		npm_config_fund: "false",
	};
}

/** What a fresh clone would hold: tracked and new files as they are now, nothing that is ignored. */
async function sourceFiles(): Promise<string[]> {
	const list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
	const { stdout } = await run("git", list, { cwd: PACKAGE, maxBuffer: 16 * 1024 * 1024 });
	const { stdout: deleted } = await run("git", ["ls-files", "-z", "--deleted"], { cwd: PACKAGE });
	const gone = new Set(deleted.split("\0"));
	return stdout.split("\0").filter((path) => path !== "" && !gone.has(path));
}

export async function copySource(folder: string): Promise<void> {
	for (const path of await sourceFiles()) {
		mkdirSync(dirname(join(folder, path)), { recursive: true });
		cpSync(join(PACKAGE, path), join(folder, path));
	}
}

/** A bare repository of the source; `url` is one that pi takes, and git in this home finds the repository behind it. */
export async function makeRepository(folder: string): Promise<{ readonly bare: string; readonly url: string }> {
	const source = join(folder, "source");
	await copySource(source);
	const git = (...args: string[]) =>
		run("git", ["-c", "user.name=T", "-c", "user.email=t@example.invalid", ...args], { cwd: source });
	await git("init", "--quiet", "--initial-branch=main");
	await git("add", "--all");
	await git("commit", "--quiet", "--message=source");
	const bare = join(folder, "bare", "pi-flagship.git");
	await git("clone", "--quiet", "--bare", source, bare);
	return { bare, url: "git:https://git.example.invalid/fleet/pi-flagship" };
}

/** Settings for git, by environment, that lead `url` of `makeRepository` to its bare repository. */
export const gitEnvironment = (bare: string): Record<string, string> => ({
	GIT_CONFIG_COUNT: "1",
	GIT_CONFIG_KEY_0: `url.file://${dirname(bare)}/.insteadOf`,
	GIT_CONFIG_VALUE_0: "https://git.example.invalid/fleet/",
});

/** `npm pack`: the tarball that would be published. */
export async function packTarball(folder: string): Promise<string> {
	const pack = ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder];
	const { stdout } = await run("npm", pack, { cwd: PACKAGE });
	const tarball = join(folder, "pi-flagship.tgz");
	renameSync(join(folder, stdout.trim()), tarball);
	return tarball;
}

/** `npm install <tarball>` in a new project: `<folder>/node_modules/pi-flagship`. */
export async function installTarball(tarball: string, folder: string, home: Pick<Home, "env">): Promise<string> {
	mkdirSync(folder, { recursive: true });
	const env = { ...home.env, ...(await npmEnvironment()) };
	await run("npm", ["init", "--yes"], { cwd: folder, env });
	await run("npm", ["install", tarball], { cwd: folder, env, timeout: 120_000 });
	return join(folder, "node_modules", "pi-flagship");
}
