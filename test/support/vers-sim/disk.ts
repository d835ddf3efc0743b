/**
 * A machine's disk. Where the system lets us mount, it is a small tmpfs that is really full; elsewhere a full disk is
 * injected, and only the simulator's own doors (files over the API) say so.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export type DiskKind = "tmpfs" | "injected";

const BALLAST = ".ballast";

function mount(folder: string, mebibytes: number, remount = false): boolean {
	const options = `${remount ? "remount," : ""}size=${mebibytes}m,mode=700`;
	try {
		execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder], { stdio: "pipe" });
		return true;
	} catch (thrown) {
		// A size that the disk is fuller than is refused too; for that the caller has to know.
		if (remount) throw thrown;
		return false;
	}
}

export class Disk {
	readonly kind: DiskKind;
	readonly #folder: string;
	#full = false;

	/** Makes the folder; with a size of 0 it is a part of the computer's own disk. */
	constructor(folder: string, mebibytes: number) {
		this.#folder = folder;
		mkdirSync(folder, { recursive: true, mode: 0o700 });
		this.kind = mebibytes > 0 && mount(folder, mebibytes) ? "tmpfs" : "injected";
	}

	/** Said by the doors of the simulator only when the disk is not really full. */
	get pretendsFull(): boolean {
		return this.#full && this.kind === "injected";
	}

	fill(): void {
		this.#full = true;
		if (this.kind === "injected") return;
		for (let size = 1024 * 1024; size >= 1; size = Math.floor(size / 4)) {
			try {
				for (;;) writeFileSync(join(this.#folder, BALLAST), Buffer.alloc(size), { flag: "a" });
			} catch (thrown) {
				if (!(thrown instanceof Error && "code" in thrown && thrown.code === "ENOSPC")) throw thrown;
			}
		}
	}

	free(): void {
		this.#full = false;
		rmSync(join(this.#folder, BALLAST), { force: true });
	}

	/** `PATCH /disk`: more room, whatever fills the rest. */
	grow(mebibytes: number): void {
		this.#full = false;
		if (this.kind === "tmpfs") mount(this.#folder, mebibytes, true);
	}

	remove(): void {
		if (this.kind === "tmpfs") execFileSync("umount", ["-l", this.#folder]);
		rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
	}
}

/** Takes off what a killed simulator left mounted. */
export function unmountBelow(folder: string): void {
	const points = readFileSync("/proc/mounts", "utf8")
		.split("\n")
		.map((line) => line.split(" ")[1] ?? "")
		.filter((point) => point.startsWith(`${folder}/`));
	for (const point of points) execFileSync("umount", ["-l", point]);
}
