/** What processes cost the machine: CPU, memory, and whether they start others. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

export interface Cost {
	/** CPU time since its start, ms. */
	readonly cpu: number;
	/** Resident memory, MB. */
	readonly rss: number;
	/** Page faults of children that have ended: grows with every process that it started and that is over. */
	readonly faultsOfEnded: number;
}

const MB = 1024 * 1024;

function onLinux(pid: number): Cost {
	// In nanoseconds, per thread: the clock of `stat` ticks too coarsely for a process that is nearly idle.
	const threads = readdirSync(`/proc/${pid}/task`);
	const cpu = threads.map((id) => Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, "utf8").split(" ", 1)[0]));
	const kB = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
	const stat = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
	return {
		cpu: cpu.reduce((total, ns) => total + ns, 0) / 1e6,
		rss: (kB * 1024) / MB,
		faultsOfEnded: Number(stat[8]) + Number(stat[10]),
	};
}

function byPs(pid: number): Cost {
	const [rss = "", time = ""] = execFileSync("ps", ["-o", "rss=,time=", "-p", String(pid)], { encoding: "utf8" })
		.trim()
		.split(/\s+/);
	const seconds = time.split(/[-:]/).reduce((total, part) => total * 60 + Number(part), 0);
	return { cpu: seconds * 1000, rss: (Number(rss) * 1024) / MB, faultsOfEnded: 0 };
}

/** Throws when the process is gone. */
export const costOf = (pid: number): Cost => (process.platform === "linux" ? onLinux(pid) : byPs(pid));
