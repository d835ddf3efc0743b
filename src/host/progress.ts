/**
 * A call under way, as whoever asks for it sees it: what was done so far, and a way to call it off. Who asks again under the
 * same key hears all of it once more.
 */

/** Who asks, while the answer is not there. */
export interface Asker {
	/** What was done so far, all of it each time. */
	steps(all: readonly string[]): void;
	/** Aborted with the fault that the call then ends with. */
	readonly signal: AbortSignal;
}

export class Progress {
	readonly #steps: string[] = [];
	readonly #askers = new Set<Asker>();
	readonly #off = new AbortController();

	/** Aborted once one of those who ask has called it off. */
	get signal(): AbortSignal {
		return this.#off.signal;
	}

	readonly step = (what: string): void => {
		this.#steps.push(what);
		for (const asker of this.#askers) asker.steps(this.#steps);
	};

	/** `work`, heard by this one until it settles. */
	async heard<T>(asker: Asker | undefined, work: Promise<T>): Promise<T> {
		if (asker === undefined) return await work;
		const off = (): void => this.#off.abort(asker.signal.reason);
		this.#askers.add(asker);
		asker.signal.addEventListener("abort", off, { once: true });
		if (asker.signal.aborted) off();
		if (this.#steps.length > 0) asker.steps(this.#steps);
		try {
			return await work;
		} finally {
			this.#askers.delete(asker);
			asker.signal.removeEventListener("abort", off);
		}
	}
}

/** For what this host does by itself: nobody hears of it, nobody calls it off. */
export const unheard = { step: (): void => undefined, signal: new AbortController().signal } as const;
