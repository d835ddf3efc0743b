/** Waiting for facts: until they are there, the demo's time is up, or a person has had enough. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../world.ts";

const EVERY = 50;

export class Patience {
	readonly #clock: Clock;
	readonly #end: number;
	readonly #signal: AbortSignal;

	/** `ms` for everything together. */
	constructor(clock: Clock, ms: number, signal: AbortSignal) {
		this.#clock = clock;
		this.#end = clock.elapsed() + ms;
		this.#signal = signal;
	}

	/**
	 * The first value of `look` that is neither undefined nor false. Throws with `what` when the time is up, and the
	 * signal's reason when it is aborted; what `look` throws passes.
	 */
	async until<T>(what: string, look: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
		for (;;) {
			this.#signal.throwIfAborted();
			const found = await look();
			if (found !== undefined && found !== false) return found;
			if (this.#clock.elapsed() > this.#end) throw new OutOfTime(what);
			await sleep(EVERY);
		}
	}
}

/** Looks until nothing is wrong, or as it stands when the time is up. */
export async function settled<T extends { readonly wrong: readonly string[] }>(
	patience: Patience,
	look: () => Promise<T>,
): Promise<T> {
	try {
		return await patience.until("the last records", async () => {
			const found = await look();
			return found.wrong.length === 0 && found;
		});
	} catch (thrown) {
		if (!(thrown instanceof OutOfTime)) throw thrown;
		return await look();
	}
}

export class OutOfTime extends Error {
	constructor(what: string) {
		super(`The time was up while waiting for ${what}.`);
	}
}
