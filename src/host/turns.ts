/** What must not run at the same time. */

/** Work done one after another; a failure is its own caller's, the next begins all the same. */
export class Turns {
	#last: Promise<unknown> = Promise.resolve();

	take<T>(work: () => T | Promise<T>): Promise<T> {
		const done = this.#last.then(work);
		this.#last = done.catch(() => undefined); // whoever asked for it hears of it
		return done;
	}

	/** Resolves when all that was begun so far is done. */
	async over(): Promise<void> {
		await this.#last;
	}
}
