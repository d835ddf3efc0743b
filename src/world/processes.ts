/**
 * The system's process table, behind one seam: `/proc` on Linux, `ps` elsewhere. A pid is reused, so a life is named
 * by pid and start time together.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** A row of the process table. A zombie has ended and only waits to be collected by its parent. */
export interface Row {
	readonly started: string;
	readonly zombie: boolean;
	/** Stopped by a signal or a debugger: it runs no code until it is let go on. */
	readonly stopped: boolean;
}

/** Parses `/proc/<pid>/stat`. The second field, the command's name, may itself hold spaces and parentheses. */
export function parseStat(stat: string): Row | undefined {
	const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
	const [state, started] = [fields[0], fields[19]];
	if (state === undefined || started === undefined) return undefined;
	return { started, zombie: state === "Z" || state === "X", stopped: state === "T" || state === "t" };
}

/** Parses a line of `ps -o stat=,lstart=`. */
export function parsePs(line: string): Row | undefined {
	const match = /^(\S+)\s+(\S.*)$/.exec(line.trim());
	const [, state, started] = match ?? [];
	if (state === undefined || started === undefined) return undefined;
	return { started: started.replace(/\s+/g, "-"), zombie: state.startsWith("Z"), stopped: state.startsWith("T") };
}

function readOrEmpty(path: string): string {
	try {
		return readFileSync(path, "utf8");
	} catch {
		// Whatever the reason (no such process, it ended while being read): there is no living row.
		return "";
	}
}

// Start times are counted from boot: after a reboot another process may have both numbers.
let boot: string | undefined;
function bootId(): string {
	boot ??= readOrEmpty("/proc/sys/kernel/random/boot_id").slice(0, 8);
	return boot;
}

function fromProc(pid: number): Row | undefined {
	const row = parseStat(readOrEmpty(`/proc/${pid}/stat`));
	return row && { ...row, started: `${bootId()}.${row.started}` };
}

function fromPs(pid: number): Row | undefined {
	try {
		// A fixed zone and language: the text is compared with one written by another process, perhaps last summer.
		const env = { PATH: process.env.PATH ?? "/bin:/usr/bin", LC_ALL: "C", TZ: "UTC" };
		const output = execFileSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], { env, encoding: "utf8" });
		return parsePs(output);
	} catch {
		// ps exits with 1 when there is no such process.
		return undefined;
	}
}

export const processRow: (pid: number) => Row | undefined = process.platform === "linux" ? fromProc : fromPs;
