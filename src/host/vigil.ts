/** Watches over one lieutenant's pi: is there proof of life, and does its run move? */
import type { World } from "../world.ts";
import type { Life } from "./agent/life.ts";

/** Silence after which pi is asked whether it lives, and how long it may take to say so: told within 90 s together. */
const QUIET_MS = 30_000;
const PROBE_MS = 45_000;
/** A run without a tool in which nothing comes from the model for so long is told as stalled. */
const MUTE_MS = 90_000;

/** What a vigil needs of its lieutenant. */
export interface VigilParts {
	readonly world: World;
	life(): Life | undefined;
	/** It is in the middle of a run and no tool runs: something has to come from the model. */
	expecting(): boolean;
	stalled(): boolean;
	stall(why: string): void;
	/** It was stalled and moves again. */
	recovered(streaming: boolean): void;
}

export class Vigil {
	readonly #parts: VigilParts;
	/** Of the monotonic clock: when pi last said something by itself. */
	#progress = 0;
	#probing = false;

	constructor(parts: VigilParts) {
		this.#parts = parts;
	}

	/** pi said something by itself. */
	heard(): void {
		this.#progress = this.#parts.world.clock.elapsed();
	}

	/** Looked at every few seconds, while its pi should run. */
	tick(life: Life): void {
		const quiet = this.#parts.world.clock.elapsed() - life.heard;
		if (quiet >= QUIET_MS && !this.#probing) void this.#probe(life);
		if (this.#mute()) this.#parts.stall(`nothing came from the model for ${MUTE_MS / 1_000} s; pi itself answers`);
	}

	#mute(): boolean {
		return this.#parts.expecting() && this.#parts.world.clock.elapsed() - this.#progress >= MUTE_MS;
	}

	async #probe(life: Life): Promise<void> {
		this.#probing = true;
		const probe = await life.probe(PROBE_MS);
		this.#probing = false;
		if (this.#parts.life() !== life) return;
		if (probe.type === "silent") this.#parts.stall("its process lives but answers no probe");
		else if (probe.type === "alive" && this.#parts.stalled() && !this.#mute()) {
			this.#parts.recovered(probe.state.isStreaming);
		}
	}
}
