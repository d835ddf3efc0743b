/** Virtual time: what is due next runs next, and all that follows from it at once, before anything else runs. */
import type { Timer } from "../../src/world.ts";

interface Due {
	readonly at: number;
	readonly seq: number;
	run: (() => void) | undefined;
}

const before = (a: Due, b: Due): boolean => a.at < b.at || (a.at === b.at && a.seq < b.seq);

/** Wall time at which every run begins. */
const EPOCH = Date.UTC(2026, 0, 5, 9);

export class Time {
	readonly #heap: Due[] = [];
	#seq = 0;
	#now = 0;
	#wallOffset = 0;
	/** Events run so far. */
	steps = 0;

	/** Milliseconds since the run began. */
	get elapsed(): number {
		return this.#now;
	}

	get wall(): number {
		return EPOCH + Math.floor(this.#now) + this.#wallOffset;
	}

	/** Somebody sets the clock: wall time alone moves, either way. */
	setClock(by: number): void {
		this.#wallOffset += by;
	}

	/** The machine stands still for so long: what was due meanwhile runs late, all at once and in its order. */
	pass(ms: number): void {
		this.#now += ms;
	}

	after(ms: number, run: () => void): Timer {
		this.#seq += 1;
		const due: Due = { at: this.#now + Math.max(0, ms), seq: this.#seq, run };
		this.#push(due);
		return {
			cancel: () => {
				due.run = undefined;
			},
		};
	}

	sleep(ms: number): Promise<void> {
		return new Promise((resolve) => void this.after(ms, resolve));
	}

	/** The next event and what it sets off. False when nothing is due any more. */
	async step(): Promise<boolean> {
		for (let due = this.#pop(); due !== undefined; due = this.#pop()) {
			if (due.run === undefined) continue;
			this.#now = Math.max(this.#now, due.at);
			this.steps += 1;
			due.run();
			// All promises that are ready run before this resolves; nothing here waits for the real machine.
			await new Promise<void>((resolve) => void setImmediate(resolve));
			return true;
		}
		return false;
	}

	#push(due: Due): void {
		const heap = this.#heap;
		let i = heap.push(due) - 1;
		while (i > 0) {
			const parent = (i - 1) >> 1;
			const above = heap[parent];
			if (above === undefined || before(above, due)) break;
			heap[i] = above;
			i = parent;
		}
		heap[i] = due;
	}

	#pop(): Due | undefined {
		const heap = this.#heap;
		const first = heap[0];
		const last = heap.pop();
		if (first === undefined || last === undefined || heap.length === 0) return first;
		let i = 0;
		for (;;) {
			const [left, right] = [heap[2 * i + 1], heap[2 * i + 2]];
			const child = right !== undefined && left !== undefined && before(right, left) ? 2 * i + 2 : 2 * i + 1;
			const below = heap[child];
			if (below === undefined || before(last, below)) break;
			heap[i] = below;
			i = child;
		}
		heap[i] = last;
		return first;
	}
}
