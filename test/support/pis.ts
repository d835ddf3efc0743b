/**
 * The pis that Flagship is tested with: the one of its development dependencies, and the newest, whose dependencies a
 * plain `npm install` cannot resolve everywhere; its published tarball runs by itself when `jiti` is above it.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export interface Pi {
	readonly version: string;
	/** The program: run it with `process.execPath`. */
	readonly cli: string;
	/** Why this one is not there, in a sentence. */
	readonly missing?: string;
}

const NAME = "@earendil-works/pi-coding-agent";
const NEWEST = "1.5.2";
const CLI = join("dist", "bundle", "cli.js");
const FETCH_MS = 120_000;

const modules = fileURLToPath(new URL("../../node_modules/", import.meta.url));
/** Below our `node_modules`, so that `jiti` is found above it. */
const cache = join(modules, ".cache", "flagship-pi");
const run = promisify(execFile);

/** Fetches into a folder of its own and renames it: two test files may ask at once, and a torn one is never seen. */
async function fetchInto(folder: string): Promise<void> {
	mkdirSync(cache, { recursive: true });
	const temporary = mkdtempSync(join(cache, "fetching-"));
	try {
		const pack = ["pack", `${NAME}@${NEWEST}`, "--silent", "--ignore-scripts", "--fetch-retries=1"];
		const { stdout } = await run("npm", pack, { cwd: temporary, timeout: FETCH_MS });
		await run("tar", ["-xzf", stdout.trim()], { cwd: temporary });
		rmSync(join(temporary, stdout.trim()));
		renameSync(temporary, folder);
	} catch (thrown) {
		rmSync(temporary, { recursive: true, force: true });
		// Another test file was quicker; its folder is as good.
		if (!existsSync(folder)) throw thrown;
	}
}

async function newest(): Promise<Pi> {
	const folder = join(cache, NEWEST);
	const pi: Pi = { version: NEWEST, cli: join(folder, "package", CLI) };
	if (existsSync(pi.cli)) return pi;
	try {
		await fetchInto(folder);
		return pi;
	} catch (thrown) {
		if (process.env.FLAGSHIP_REQUIRE_ALL === "1") throw thrown;
		const [why] = (thrown instanceof Error ? thrown.message : String(thrown)).trim().split("\n");
		return { ...pi, missing: `pi ${NEWEST} could not be fetched: ${why}` };
	}
}

/** Both, oldest first. The newest is fetched once per checkout, at the first call of this process. */
let all: Promise<readonly Pi[]> | undefined;
export function pis(): Promise<readonly Pi[]> {
	all ??= newest().then((pi) => [{ version: "0.87.1", cli: join(modules, NAME, CLI) }, pi]);
	return all;
}
