/**
 * Did the system kill a process for want of memory? Its SIGKILL looks like anybody's; the kernel's own count of such
 * kills tells them apart. Linux only: elsewhere nothing is known, and a SIGKILL stays a SIGKILL.
 */
import type { Files } from "../../world.ts";

type Reader = Pick<Files, "read">;

const MACHINE = "/proc/vmstat";

/** The file that counts the kills around `pid`: of its control group where there is one, else of the machine. */
export function memoryCounter(files: Reader, pid: number): string | undefined {
	const groups = files.read(`/proc/${pid}/cgroup`) ?? "";
	const unified = /^0::(\/.*)$/m.exec(groups)?.[1];
	const legacy = /^\d+:(?:[\w,]*,)?memory(?:,[\w,]*)?:(\/.*)$/m.exec(groups)?.[1];
	const possible = [
		...(unified === undefined ? [] : [`/sys/fs/cgroup${unified === "/" ? "" : unified}/memory.events`]),
		...(legacy === undefined ? [] : [`/sys/fs/cgroup/memory${legacy === "/" ? "" : legacy}/memory.oom_control`]),
		MACHINE,
	];
	return possible.find((path) => killsIn(files, path) !== undefined);
}

/** Processes killed so far, as the counter says; undefined when it says nothing. */
export function killsIn(files: Reader, counter: string): number | undefined {
	const kills = /^oom_kill (\d+)$/m.exec(files.read(counter) ?? "")?.[1];
	return kills === undefined ? undefined : Number(kills);
}

/** Kills around one process, as they were a short while ago and as they are. */
export class MemoryWatch {
	readonly #files: Reader;
	readonly #counter: string | undefined;
	#before: number | undefined;

	constructor(files: Reader, pid: number) {
		this.#files = files;
		this.#counter = memoryCounter(files, pid);
		this.look();
	}

	/** From now on only what comes later counts: a kill of last week explains no death of today. */
	look(): void {
		this.#before = this.#kills();
	}

	get killed(): boolean {
		const [before, now] = [this.#before, this.#kills()];
		return before !== undefined && now !== undefined && now > before;
	}

	#kills(): number | undefined {
		return this.#counter === undefined ? undefined : killsIn(this.#files, this.#counter);
	}
}
