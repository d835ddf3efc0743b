/** A world whose clock moves only when it is told to: deadlines are tested without waiting for them. */
import { realWorld } from "../../src/world/real.ts";
import type { Timer, World } from "../../src/world.ts";

interface Alarm {
	readonly at: number;
	readonly run: () => void;
}

export class VirtualTime {
	#now = 0;
	readonly #alarms = new Set<Alarm>();
	readonly world: World;

	constructor() {
		const after = (ms: number, run: () => void): Timer => {
			const alarm = { at: this.#now + ms, run };
			this.#alarms.add(alarm);
			return { cancel: () => this.#alarms.delete(alarm) };
		};
		const clock = { ...realWorld().clock, after, every: after, elapsed: () => this.#now, now: () => this.#now };
		this.world = { ...realWorld(), clock };
	}

	/** Lets time pass until `work` has settled; returns the virtual milliseconds that it took. */
	async until(work: Promise<unknown>): Promise<number> {
		let settled = false;
		const done = () => {
			settled = true;
		};
		work.then(done, done);
		for (;;) {
			// Real I/O, refused connections above all, gets its turn between two alarms.
			for (let turn = 0; turn < 20 && !settled; turn++) await new Promise((resolve) => setImmediate(resolve));
			if (settled) return this.#now;
			const next = [...this.#alarms].sort((a, b) => a.at - b.at)[0];
			if (next === undefined) throw new Error("nothing is left that could end it");
			this.#alarms.delete(next);
			this.#now = next.at;
			next.run();
		}
	}
}
