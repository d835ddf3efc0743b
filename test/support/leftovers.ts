/** Processes that a test left behind: found by the temporary folder that their environment or command line names. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { until } from "./until.ts";

const readOrEmpty = (path: string): string => {
	try {
		return readFileSync(path, "utf8");
	} catch {
		// The process ended meanwhile, or belongs to somebody else: not ours either way.
		return "";
	}
};

const isAlive = (pid: string): boolean => !/\) [ZX] /.test(readOrEmpty(`/proc/${pid}/stat`));

function onLinux(path: string): number[] {
	return readdirSync("/proc")
		.filter((name) => /^\d+$/.test(name) && isAlive(name))
		.filter((pid) => `${readOrEmpty(`/proc/${pid}/environ`)}\0${readOrEmpty(`/proc/${pid}/cmdline`)}`.includes(path))
		.map(Number);
}

/** `e` adds the environment to the command line. */
function byPs(path: string): number[] {
	const table = execFileSync("ps", ["-axeww", "-o", "pid=,stat=,command="], { encoding: "utf8" });
	return table
		.split("\n")
		.filter((line) => line.includes(path) && !/^\s*\d+\s+Z/.test(line))
		.map((line) => Number.parseInt(line, 10));
}

/** Living processes that name `path`, except this one. */
export const processesNaming = (path: string): number[] =>
	(process.platform === "linux" ? onLinux(path) : byPs(path)).filter((pid) => pid !== process.pid);

/** Kills every process that names `path`, those that are born meanwhile too, and waits for their end. */
export async function endProcessesNaming(path: string): Promise<void> {
	const gone = (): boolean => {
		const left = processesNaming(path);
		for (const pid of left) {
			try {
				process.kill(pid, "SIGKILL");
			} catch {
				// It ended between the look and the signal, which is what was wanted.
			}
		}
		return left.length === 0;
	};
	await until(gone, `the end of every process of ${path}`);
}
