/**
 * One process of ours in the simulation: its view of the machine, which can be taken from it at any call. Once dead it
 * does nothing more: no timer, no callback, no answer reaches it, and what it still calls while it unwinds throws.
 * Stopped it does nothing either, until it goes on with all that came meanwhile.
 */
import type { Connection, Pipe, Timer, World } from "../../src/world.ts";
import type { Chance } from "./chance.ts";
import { MortalDatabase } from "./database.ts";
import { Outlet } from "./fifo.ts";
import type { Machine } from "./machine.ts";

/** Thrown at a dead process's own calls; nobody may take it for an error of the machine. */
export class Killed extends Error {
	constructor() {
		super("killed here");
	}
}

/** A full disk, as the machine says it. */
export class NoSpace extends Error {
	readonly code = "ENOSPC";
	/** SQLite's own number for it: a host tells its own faults from the disk's by the field. */
	readonly errcode = 13;
	readonly body: Body;

	constructor(body: Body) {
		super("database or disk is full");
		this.body = body;
	}
}

export class Body {
	readonly name: string;
	readonly machine: Machine;
	readonly world: World;
	dead = false;
	readonly #chance: Chance;
	readonly #mourners: (() => void)[] = [];
	#fuse: number | undefined;
	/** What came while it was stopped; undefined while it is not. */
	#held: (() => void)[] | undefined;

	constructor(machine: Machine, name: string, chance: Chance) {
		this.machine = machine;
		this.name = name;
		this.#chance = chance;
		this.world = this.#world();
	}

	/** kill -9, now. */
	kill(): void {
		if (this.dead) return;
		this.dead = true;
		this.#held = undefined;
		for (const mourn of this.#mourners.splice(0)) mourn();
	}

	/** kill -9 at the n-th call from now that changes something, perhaps in the middle of a transaction. */
	killWithin(calls: number): void {
		this.#fuse = calls;
	}

	/** SIGSTOP and SIGCONT. */
	stop(): void {
		if (!this.dead) this.#held ??= [];
	}

	goOn(): void {
		const held = this.#held ?? [];
		this.#held = undefined;
		for (const run of held) this.machine.time.after(0, run);
	}

	get stopped(): boolean {
		return this.#held !== undefined;
	}

	onDeath(run: () => void): void {
		this.#mourners.push(run);
	}

	/** Stands before (or after) each effect: here the process may end. */
	step(): void {
		if (this.dead) throw new Killed();
		if (this.#fuse === undefined) return;
		this.#fuse -= 1;
		if (this.#fuse > 0) return;
		this.kill();
		throw new Killed();
	}

	/** Before each effect that needs room on the disk. */
	room(): void {
		if (this.machine.full) throw new NoSpace(this);
	}

	/** What runs only while it lives. An error that it lets out ends a real process; only a full disk may do that. */
	guard<A extends readonly unknown[]>(run: (...args: A) => void): (...args: A) => void {
		const guarded = (...args: A): void => {
			if (this.dead) return;
			if (this.#held !== undefined) {
				this.#held.push(() => guarded(...args));
				return;
			}
			try {
				run(...args);
			} catch (thrown) {
				this.thrown(thrown);
			}
		};
		return guarded;
	}

	/** Nobody caught it. */
	thrown(thrown: unknown): void {
		if (this.dead) return;
		if (thrown instanceof NoSpace) this.kill();
		else this.machine.fail(`${this.name} threw in a callback: ${thrown instanceof Error ? thrown.stack : thrown}`);
	}

	/** A promise that a dead process never sees settle. */
	answer<T>(within: number, make: () => T): Promise<T> {
		return new Promise((resolve, reject) => {
			const settle = this.guard(() => {
				try {
					resolve(make());
				} catch (thrown) {
					reject(thrown);
				}
			});
			this.machine.time.after(within, settle);
		});
	}

	#world(): World {
		const { time, files, processes } = this.machine;
		const chance = this.#chance;
		const alive = <T>(value: T): T => {
			if (this.dead) throw new Killed();
			return value;
		};
		const effect = <T>(make: () => T): T => {
			this.step();
			return make();
		};
		const written = <T>(make: () => T): T => {
			this.step();
			this.room();
			return make();
		};
		const every = (ms: number, run: () => void): Timer => {
			let timer: Timer;
			const guarded = this.guard(run);
			const again = (): void => {
				timer = time.after(ms, again);
				// A stopped process misses its beats: it does not make up for them.
				if (!this.stopped) guarded();
			};
			timer = time.after(ms, again);
			this.onDeath(() => timer.cancel());
			return { cancel: () => timer.cancel() };
		};
		return {
			clock: {
				now: () => alive(time.wall),
				elapsed: () => alive(time.elapsed),
				after: (ms, run) => {
					let on = true;
					// Also one that is due and waits for a stopped process can still be cancelled by what runs before it.
					const guarded = this.guard(() => {
						if (on) run();
					});
					const timer = time.after(ms + chance.fraction(), guarded);
					return {
						cancel: () => {
							on = false;
							timer.cancel();
						},
					};
				},
				every,
				soon: (run) => void time.after(chance.fraction() / 4, this.guard(run)),
			},
			random: {
				bytes: (count) => Uint8Array.from({ length: count }, () => chance.between(0, 255)),
				fraction: () => chance.fraction(),
			},
			files: {
				read: (path) => alive(files.read(path)),
				readFrom: (path, offset) => alive(files.readFrom(path, offset)),
				write: (path, text) => written(() => files.write(path, text)),
				append: (path, text) => written(() => files.append(path, text)),
				sync: (path) => effect(() => this.machine.synced(path)),
				remove: (path) => effect(() => this.machine.removed(path)),
				rename: (from, to) => effect(() => files.rename(from, to)),
				stat: (path) => alive(files.stat(path)),
				real: (path) => alive(files.real(path)),
				list: (folder) => alive(files.list(folder)),
				makeFolder: (path) => (files.stat(path) === undefined ? written : effect)(() => files.makeFolder(path)),
				free: () => (this.machine.full ? 0 : 1e12),
				database: (path) => new MortalDatabase(this, path),
			},
			spawn: {
				run: (file, args) => this.answer(5, () => this.machine.run(file, args)),
				detached: (options) => {
					const process = effect(() => processes.start(options));
					// Between the start and the note of it.
					this.step();
					return process;
				},
				onExit: (process, run) => processes.onExit(process, this.guard(run)),
				started: (pid) => alive(processes.started(pid)),
				alive: (process) => alive(processes.alive(process)),
				stopped: (process) => alive(processes.stopped(process)),
				kill: (process, signal) => effect(() => processes.kill(process, signal)),
			},
			sockets: {
				makeFifos: (paths) => {
					for (const path of paths) written(() => files.makeFifo(path));
				},
				openFifo: (path) => effect(() => this.#pipe(path)),
				listen: async (path, accept) => effect(() => this.machine.sockets.listen(this, `unix:${path}`, accept)),
				connect: (address, options): Promise<Connection> => this.machine.sockets.connect(this, address, options),
			},
		};
	}

	#pipe(path: string): Pipe {
		const { time, files } = this.machine;
		const fifo = files.fifo(path);
		const chance = this.#chance;
		const outlet = new Outlet(fifo);
		let open = true;
		let reading: (() => void) | undefined;
		const close = (): void => {
			open = false;
			outlet.close();
			reading?.();
		};
		this.onDeath(close);
		return {
			write: async (bytes) => {
				this.step();
				if (!open) throw new Error("closed on this side");
				outlet.write(bytes);
				this.step();
			},
			onData: (run) => {
				let due = false;
				const read = this.guard(() => {
					due = false;
					if (!open) return;
					// In pieces: a reader that dies between two takes half a record with it.
					run(new Uint8Array(fifo.read(chance.often(0.2) ? chance.between(1, 200) : 65_536)));
					if (fifo.size > 0) soon();
				});
				const soon = (): void => {
					if (due) return;
					due = true;
					time.after(chance.fraction() * 3, read);
				};
				reading = fifo.watch(soon);
			},
			close,
		};
	}
}
