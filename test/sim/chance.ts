/** Chance that repeats itself: everything random in a simulated run comes from one seed. */

export class Chance {
	#state: number;

	constructor(seed: number) {
		this.#state = seed >>> 0;
	}

	/** 0 ≤ x < 1 (mulberry32). */
	fraction(): number {
		this.#state = (this.#state + 0x6d2b79f5) >>> 0;
		let t = this.#state;
		t = Math.imul(t ^ (t >>> 15), t | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
	}

	/** A whole number, both ends included. */
	between(low: number, high: number): number {
		return low + Math.floor(this.fraction() * (high - low + 1));
	}

	often(probability: number): boolean {
		return this.fraction() < probability;
	}

	pick<T>(items: readonly [T, ...T[]]): T {
		return items[this.between(0, items.length - 1)] ?? items[0];
	}

	/** A stream of its own: who draws more from one does not shift the others. */
	fork(): Chance {
		return new Chance(this.between(0, 2 ** 31));
	}
}
