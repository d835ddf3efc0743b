/** Why a process ended, from what is known of its end. */
import type { Cause } from "../../contract/cause.ts";

export interface Ending {
	/** Both `null` where this host is not its parent, or came too late. */
	readonly code: number | null;
	readonly signal: string | null;
	/** The last of its stderr: some 64 KB, because V8 prints a long stack below its reason. */
	readonly stderr: string;
	/** The system has killed something for want of memory a moment ago. */
	readonly memoryKill: boolean;
	/** Where its session is written. */
	readonly folder: string;
	readonly freeBytes: number;
}

const HEAP = /FATAL ERROR:.*out of memory|Fatal process out of memory|FATAL ERROR:.*Allocation failed/;
const NO_SPACE = /\bENOSPC\b|No space left on device|database or disk is full/;
/** What Node ends with after `abort()`, also when a shell stood between. */
const ABORTS: readonly (string | number | null)[] = ["SIGABRT", "SIGTRAP", "SIGILL", 134, 133, 132];
const MB = 1024 * 1024;

/** `LifeEnd.cause`: what tells more wins. */
export function causeOfEnding({ code, signal, stderr, memoryKill, folder, freeBytes }: Ending): Cause {
	const aborted = ABORTS.includes(signal) || ABORTS.includes(code);
	if (HEAP.test(stderr) && (aborted || (code === null && signal === null)))
		return { type: "out-of-memory", of: "process" };
	if (memoryKill && (signal === "SIGKILL" || (signal === null && (code === null || code === 137))))
		return { type: "out-of-memory", of: "machine" };
	if (signal !== null) return { type: "killed", signal };
	if (NO_SPACE.test(stderr) && code !== 0)
		return { type: "disk-full", path: folder, freeMb: Math.floor(freeBytes / MB) };
	return code === null ? { type: "unseen" } : { type: "exited", code };
}

/** How it ended, in words. */
export function mannerOf(cause: Cause): string {
	switch (cause.type) {
		case "killed":
			return `killed by ${cause.signal}`;
		case "exited":
			return `exit code ${cause.code}`;
		case "out-of-memory":
			return cause.of === "machine" ? "out of memory: the system killed it" : "out of memory: its own heap was full";
		case "disk-full":
			return `no space left on the disk of ${cause.path}, ${cause.freeMb} MB free`;
		default:
			return "it is gone";
	}
}

/** What helps against it, for a notice; empty where starting again is all there is. */
export function remedyOf(cause: Cause): string {
	if (cause.type === "out-of-memory" && cause.of === "machine")
		return " The machine had no memory left: end a lieutenant, or what else is large.";
	if (cause.type === "out-of-memory") return " It held too much at once: give it smaller steps, or a fresh lieutenant.";
	return cause.type === "disk-full" ? " Free space first." : "";
}
