/** A group of processes that may hold only so much memory: a control group, where the system lets us make one. */
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { atEnd } from "./cleanup.ts";
import { until } from "./until.ts";

export interface SmallMemory {
	/** From now on this process, and what it starts, live in it. */
	take(pid: number): void;
}

/** Undefined where no group can be made; an error where all tests are required. */
export function smallMemory(megabytes: number): SmallMemory | undefined {
	const legacy = existsSync("/sys/fs/cgroup/memory/memory.limit_in_bytes");
	const folder = `/sys/fs/cgroup/${legacy ? "memory/" : ""}flagship-${process.pid}-${megabytes}`;
	const limits = legacy ? ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"] : ["memory.max", "memory.swap.max"];
	try {
		mkdirSync(folder);
		const bytes = String(megabytes * 1024 * 1024);
		for (const [n, name] of limits.entries())
			if (existsSync(`${folder}/${name}`)) writeFileSync(`${folder}/${name}`, legacy || n === 0 ? bytes : "0");
	} catch (thrown) {
		if (process.env.FLAGSHIP_REQUIRE_ALL === "1") throw thrown;
		return undefined;
	}
	atEnd(async () => {
		const gone = () => {
			rmdirSync(folder);
			return true;
		};
		await until(gone, "the end of a control group");
	});
	return { take: (pid) => writeFileSync(`${folder}/cgroup.procs`, String(pid)) };
}
