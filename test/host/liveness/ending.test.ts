import { describe, expect, test } from "vitest";
import { causeOfEnding, type Ending } from "../../../src/host/liveness/ending.ts";
import { killsIn, MemoryWatch, memoryCounter } from "../../../src/host/liveness/memory.ts";

const ending: Ending = {
	...{ code: null, signal: null, stderr: "", memoryKill: false },
	...{ folder: "/h/lieutenants/x", freeBytes: 3 * 1024 * 1024 },
};
const heap = `
<--- Last few GCs --->
FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory
----- Native stack trace -----
 1: 0xe36196 node::OOMErrorHandler(char const*, v8::OOMDetails const&) [pi]
`;

describe("an end", () => {
	test("by a signal, by an exit code, and one that nobody saw are three things", () => {
		expect(causeOfEnding({ ...ending, signal: "SIGKILL" })).toEqual({ type: "killed", signal: "SIGKILL" });
		expect(causeOfEnding({ ...ending, code: 1 })).toEqual({ type: "exited", code: 1 });
		expect(causeOfEnding(ending)).toEqual({ type: "unseen" });
	});

	test("by a full heap is told by V8's own words and its abort, not by the words alone", () => {
		const full = { type: "out-of-memory", of: "process" };
		expect(causeOfEnding({ ...ending, signal: "SIGABRT", stderr: heap })).toEqual(full);
		expect(causeOfEnding({ ...ending, code: 134, stderr: heap })).toEqual(full);
		expect(causeOfEnding({ ...ending, stderr: heap })).toEqual(full);
		expect(causeOfEnding({ ...ending, code: 1, stderr: heap })).toEqual({ type: "exited", code: 1 });
		expect(causeOfEnding({ ...ending, signal: "SIGABRT" })).toEqual({ type: "killed", signal: "SIGABRT" });
	});

	test("by the system for want of memory is a SIGKILL that the system has counted", () => {
		const killed = { type: "out-of-memory", of: "machine" };
		expect(causeOfEnding({ ...ending, signal: "SIGKILL", memoryKill: true })).toEqual(killed);
		expect(causeOfEnding({ ...ending, memoryKill: true })).toEqual(killed);
		expect(causeOfEnding({ ...ending, signal: "SIGTERM", memoryKill: true })).toMatchObject({ type: "killed" });
		expect(causeOfEnding({ ...ending, code: 1, memoryKill: true })).toMatchObject({ type: "exited" });
	});

	test("on a full disk names the disk", () => {
		const stderr = "Error: ENOSPC: no space left on device, write";
		const cause = { type: "disk-full", path: "/h/lieutenants/x", freeMb: 3 };
		expect(causeOfEnding({ ...ending, code: 1, stderr })).toEqual(cause);
		expect(causeOfEnding({ ...ending, code: 0, stderr })).toEqual({ type: "exited", code: 0 });
	});
});

describe("the count of kills for memory", () => {
	const reader = (files: Readonly<Record<string, string>>) => ({ read: (path: string) => files[path] });

	test("is that of the process's own control group, of either kind, else the machine's", () => {
		const vmstat = { "/proc/vmstat": "nr_free_pages 1\noom_kill 9\n" };
		const events = "low 0\nhigh 0\noom 4\noom_kill 2\noom_group_kill 0\n";
		const unified = reader({
			...vmstat,
			"/proc/7/cgroup": "0::/user.slice/a.scope\n",
			"/sys/fs/cgroup/user.slice/a.scope/memory.events": events,
		});
		expect(memoryCounter(unified, 7)).toBe("/sys/fs/cgroup/user.slice/a.scope/memory.events");
		expect(killsIn(unified, "/sys/fs/cgroup/user.slice/a.scope/memory.events")).toBe(2);
		const legacy = reader({
			...vmstat,
			"/proc/7/cgroup": "9:name=systemd:/\n4:cpu,memory:/jobs/a\n",
			"/sys/fs/cgroup/memory/jobs/a/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n",
		});
		expect(memoryCounter(legacy, 7)).toBe("/sys/fs/cgroup/memory/jobs/a/memory.oom_control");
		expect(memoryCounter(reader(vmstat), 7)).toBe("/proc/vmstat");
		expect(memoryCounter(reader({}), 7)).toBeUndefined();
	});

	test("explains only what comes after the last look", () => {
		const files: Record<string, string> = { "/proc/vmstat": "oom_kill 3\n" };
		const watch = new MemoryWatch({ read: (path) => files[path] }, 7);
		expect(watch.killed).toBe(false);
		files["/proc/vmstat"] = "oom_kill 4\n";
		expect(watch.killed).toBe(true);
		watch.look();
		expect(watch.killed).toBe(false);
		expect(new MemoryWatch({ read: () => undefined }, 7).killed).toBe(false);
	});
});
