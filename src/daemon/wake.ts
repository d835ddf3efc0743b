/**
 * A machine that slept: its wall clock went on and its processes did not. What had a deadline by the wall (a claim, a cap
 * in minutes) had no chance meanwhile, and what was silent had none to speak. A clock that is set looks the same, and is
 * treated the same: no time of work has passed.
 */
import type { Clock } from "../world.ts";

export interface Gap {
	/** ms that the wall clock went on beyond this process; negative when it was set back. 0: none worth a word. */
	readonly slept: number;
	/** ms between two looks beyond what was meant: this process was stopped or starved. 0: none worth a word. */
	readonly stood: number;
}

/** Less is the ordinary unevenness of a busy machine and of a clock that is kept right. */
const WORTH_MS = 20_000;

const worth = (ms: number): number => (Math.abs(ms) >= WORTH_MS ? Math.round(ms) : 0);

export class Wake {
	readonly #clock: Pick<Clock, "now" | "elapsed">;
	#now: number;
	#elapsed: number;

	constructor(clock: Pick<Clock, "now" | "elapsed">) {
		this.#clock = clock;
		this.#now = clock.now();
		this.#elapsed = clock.elapsed();
	}

	/** What happened since the last look, which was meant to be `period` ms ago; undefined when nothing did. */
	look(period: number): Gap | undefined {
		const [now, elapsed] = [this.#clock.now(), this.#clock.elapsed()];
		const [wall, ran] = [now - this.#now, elapsed - this.#elapsed];
		[this.#now, this.#elapsed] = [now, elapsed];
		const gap = { slept: worth(wall - ran), stood: worth(Math.max(0, ran - period)) };
		return gap.slept === 0 && gap.stood === 0 ? undefined : gap;
	}
}
