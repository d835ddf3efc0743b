/**
 * Which checks run, in files that outlive the host: one that is killed leaves its checks running, with nobody to hear
 * how they end, at work on files that the next host is about to look at.
 */
import type { World } from "../../world.ts";

type Seam = Pick<World, "files" | "spawn">;

export class Running {
	readonly #world: Seam;
	readonly #folder: string;

	/** `folder`: of nobody else's. */
	constructor(world: Seam, folder: string) {
		this.#world = world;
		this.#folder = folder;
	}

	/** Not forced to the disk: what a power cut takes it ends, too. */
	began(pid: number, command: string): void {
		const started = this.#world.spawn.started(pid);
		if (started === undefined) return;
		const { files } = this.#world;
		files.makeFolder(this.#folder);
		// Whole or not at all: half a note, of a host that was killed at it, would end nothing.
		const half = `${this.#file(pid)}.half`;
		files.remove(half);
		files.append(half, `${started}\n${command}`);
		files.rename(half, this.#file(pid));
	}

	ended(pid: number): void {
		this.#world.files.remove(this.#file(pid));
	}

	/** Ends, with all that they started, those that an earlier host began. Answers their commands. */
	endAll(): readonly string[] {
		const { files } = this.#world;
		const notes = files.list(this.#folder).filter((name) => !name.endsWith(".half"));
		return notes.flatMap((name) => {
			const [started = "", ...command] = (files.read(this.#file(Number(name))) ?? "").split("\n");
			files.remove(this.#file(Number(name)));
			return this.#end(Number(name), started) ? [command.join("\n")] : [];
		});
	}

	#end(pid: number, started: string): boolean {
		const { spawn } = this.#world;
		const now = spawn.started(pid);
		// Its leader may have ended before what it started; a number that lives on as another's is no group of ours.
		const ours = now === started || (now === undefined && bootOf(started) === bootOf(spawn.started(1) ?? ""));
		return started !== "" && ours && spawn.kill({ pid, started }, "SIGKILL", "group");
	}

	#file(pid: number): string {
		return `${this.#folder}/${pid}`;
	}
}

/** Start times of Linux name the boot; where they do not, only a leader that lives proves the group. */
const bootOf = (started: string): string => started.split(".")[0] ?? "";
