/**
 * The steer ladder of one lieutenant: a steer that is not consumed in time becomes a hard one, under its own id; one that
 * is not consumed then either ends in a stop. "Sent" is not an answer, and a steer that does not land is worth nothing.
 */
import type { Timer, World } from "../world.ts";
import type { Open } from "./delivery-state.ts";

export interface SteersParts {
	readonly world: World;
	/** ms that each rung has. */
	readonly patience: number;
	/** Messages that have not ended. */
	open(): readonly Open[];
	/** A hard steer is being carried out, or its pi does not take commands: that has deadlines of its own. */
	busy(): boolean;
	harden(id: string, because: string): void;
	stop(limit: string): void;
}

export class Steers {
	readonly #parts: SteersParts;
	readonly #timers = new Map<string, Timer>();
	/** Made hard already; delivery forgets it once that is carried out. */
	readonly #hardened = new Set<string>();
	/** Of the monotonic clock: when the model last showed that it answers. */
	#moved = 0;

	constructor(parts: SteersParts) {
		this.#parts = parts;
	}

	/** Its messages changed: each open steer is waited for, no other. */
	look(): void {
		const steers = this.#parts.open().filter((message) => message.mode === "steer");
		for (const [id, timer] of this.#timers) {
			if (steers.some((steer) => steer.id === id)) continue;
			timer.cancel();
			this.#timers.delete(id);
			this.#hardened.delete(id);
		}
		for (const { id, hard } of steers) if (hard !== undefined) this.#hardened.add(id);
		for (const { id } of steers) if (!this.#timers.has(id)) this.#wait(id, this.#parts.patience);
	}

	/** Something of an answer came. */
	moved(): void {
		this.#moved = this.#parts.world.clock.elapsed();
	}

	cancel(): void {
		for (const timer of this.#timers.values()) timer.cancel();
		this.#timers.clear();
	}

	#wait(id: string, ms: number): void {
		this.#timers.set(
			id,
			this.#parts.world.clock.after(ms, () => this.#due(id)),
		);
	}

	#due(id: string): void {
		const { patience, world, open, busy, harden, stop } = this.#parts;
		const steer = open().find((message) => message.id === id);
		if (steer === undefined) return;
		const seconds = Math.round(patience / 1_000);
		const rest = this.#moved + patience - world.clock.elapsed();
		if (busy()) this.#wait(id, patience);
		else if (!this.#hardened.has(id)) {
			this.#wait(id, patience);
			this.#hardened.add(id);
			harden(id, `not consumed in ${seconds} s, so it was made hard`);
		}
		// An answer that is on its way takes its time; the steer waits only for one that does not come.
		else if (rest > 0) this.#wait(id, rest);
		else {
			this.#wait(id, patience);
			stop(`a steer not consumed in ${2 * seconds} s`);
		}
	}
}
