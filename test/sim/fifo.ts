/** A FIFO as the system has it: bytes that outlive both ends, of bounded size; small writes go whole or not at all. */

const CAPACITY = 65_536;
/** PIPE_BUF of Linux. */
const ATOMIC = 4_096;

export class Fifo {
	#bytes: Buffer = Buffer.alloc(0);
	#reader: (() => void) | undefined;
	readonly #writers = new Set<() => void>();

	get size(): number {
		return this.#bytes.length;
	}

	/** How many of these bytes went in. */
	write(bytes: Buffer): number {
		const room = CAPACITY - this.#bytes.length;
		if (bytes.length <= ATOMIC && bytes.length > room) return 0;
		const taken = bytes.subarray(0, room);
		if (taken.length === 0) return 0;
		this.#bytes = Buffer.concat([this.#bytes, taken]);
		this.#reader?.();
		return taken.length;
	}

	read(limit: number): Buffer {
		const taken = this.#bytes.subarray(0, limit);
		this.#bytes = this.#bytes.subarray(limit);
		for (const again of [...this.#writers]) again();
		return taken;
	}

	/** Calls back when there are bytes. One reader at a time: a later one takes the place of a dead one. */
	watch(run: () => void): () => void {
		this.#reader = run;
		if (this.#bytes.length > 0) run();
		return () => {
			if (this.#reader === run) this.#reader = undefined;
		};
	}

	onRoom(run: () => void): () => void {
		this.#writers.add(run);
		return () => void this.#writers.delete(run);
	}
}

/** A writer's end: what does not fit waits in the writer's memory and dies with it. */
export class Outlet {
	readonly #fifo: Fifo;
	readonly #stop: () => void;
	#waiting: Buffer[] = [];
	#stopped = false;
	#drained: (() => void)[] = [];

	constructor(fifo: Fifo) {
		this.#fifo = fifo;
		this.#stop = fifo.onRoom(() => this.#flush());
	}

	get waiting(): number {
		return this.#waiting.reduce((sum, bytes) => sum + bytes.length, 0);
	}

	write(text: string): void {
		this.#waiting.push(Buffer.from(text));
		this.#flush();
	}

	/** A stopped process writes nothing, however much room there is. */
	stop(stopped: boolean): void {
		this.#stopped = stopped;
		this.#flush();
	}

	/** Resolves when all is in the FIFO. */
	drained(): Promise<void> {
		if (this.#waiting.length === 0) return Promise.resolve();
		return new Promise((resolve) => void this.#drained.push(resolve));
	}

	close(): void {
		this.#stop();
		this.#waiting = [];
		this.#drained = [];
	}

	#flush(): void {
		if (this.#stopped) return;
		for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
			const taken = this.#fifo.write(first);
			if (taken < first.length) {
				this.#waiting[0] = first.subarray(taken);
				return;
			}
			this.#waiting.shift();
		}
		for (const resolve of this.#drained.splice(0)) resolve();
	}
}
