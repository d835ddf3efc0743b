/** A real browser, headless: loads a page, runs what it would run, and gives back what it made of it. */
import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { makeFolder } from "./folder.ts";

const NAMES = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"];
const WITHIN = 60_000;

function found(): string | undefined {
	const folders = (process.env.PATH ?? "").split(delimiter);
	return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => {
		try {
			accessSync(path, constants.X_OK);
			return true;
		} catch {
			// Not there: the next one may be.
			return false;
		}
	});
}

const program = found();

/** Why no page can be loaded here; undefined when one can. Where all is required, a missing browser fails its tests. */
export const noBrowser: string | undefined =
	program === undefined && process.env.FLAGSHIP_REQUIRE_ALL !== "1" ? `none of ${NAMES.join(", ")} on PATH` : undefined;

/** Where it is, for who drives it. Throws where there is none. */
export function browserProgram(): string {
	if (program === undefined) throw new Error("no browser on PATH");
	return program;
}

/** The page's DOM as text, after its scripts have had two seconds of their time. */
export async function domOf(url: string): Promise<string> {
	if (program === undefined) throw new Error("no browser on PATH");
	const profile = `--user-data-dir=${makeFolder()}`;
	const quiet = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", profile];
	const args = [...quiet, "--virtual-time-budget=2000", "--dump-dom", url];
	return await new Promise((resolve, reject) => {
		execFile(program, args, { timeout: WITHIN, killSignal: "SIGKILL", maxBuffer: 10_000_000 }, (error, stdout) =>
			error === null ? resolve(stdout) : reject(error),
		);
	});
}
