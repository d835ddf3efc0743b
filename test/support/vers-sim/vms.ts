/** The machines of the platform: their states, slots and snapshots. Two acts on one machine never run at once. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { Execution, type LogEntry } from "./execution.ts";
import type { Fault, Strike } from "./faults.ts";
import { errors, OTHER_OWNER, OWNER } from "./fixture.ts";
import type { Reach } from "./gateway.ts";
import { Refusal } from "./http.ts";
import { dropSnapshot, Machine, type Snapshot } from "./machine.ts";

export type VmState = "booting" | "running" | "paused" | "sleeping" | "dead";

export interface Vm {
	readonly id: string;
	readonly owner: string;
	readonly createdAt: string;
	readonly labels: Readonly<Record<string, string>> | undefined;
	readonly parentCommit: string | null;
	readonly grandparent: string | null;
	/** Undefined of another owner's: it is listed, and there is nothing behind it. */
	readonly machine: Machine | undefined;
	/** The end of the boot. */
	readonly ready: Promise<void>;
	readonly executions: Map<string, Execution>;
	readonly log: LogEntry[];
	state: VmState;
	/** Said instead of the state until then; ms of the process's clock. */
	lag: { readonly state: VmState; readonly until: number } | undefined;
	whileBooting: "refuse" | "hang";
	/** The end of the last act on it. */
	turn: Promise<void>;
	stopBoot: () => void;
	pausedAt: number;
}

/** One of ours, with a machine behind it. */
export type OurVm = Vm & { readonly machine: Machine };

export interface Origin {
	readonly commit?: string;
	readonly vm?: string;
}

export interface VmsOptions {
	readonly folder: string;
	/** Network addresses: machines that can be at once. */
	readonly slots: number;
	/** How long a boot takes, ms. */
	readonly bootMs: number;
	/** Disk of a machine in MiB where mounting is permitted; 0: no limit. */
	readonly diskMib: number;
	/** Closes the links to a machine. */
	cutLinks(id: string): void;
}

const VOID = Promise.resolve();

function bare(id: string, machine: Machine | undefined, owner: string): Vm {
	return {
		id,
		owner,
		createdAt: new Date().toISOString(),
		labels: undefined,
		parentCommit: null,
		grandparent: null,
		machine,
		ready: VOID,
		executions: new Map(),
		log: [],
		state: "running",
		lag: undefined,
		whileBooting: "refuse",
		turn: VOID,
		stopBoot: () => undefined,
		pausedAt: 0,
	};
}

export class Vms {
	readonly #options: VmsOptions;
	readonly #all = new Map<string, Vm>();
	/** Machines that cannot be seen any more and hold their slot. */
	readonly #leaked: Vm[] = [];
	/** Slots of creations that are under way. */
	#making = 0;
	variables: Readonly<Record<string, string>> = {};

	constructor(options: VmsOptions) {
		this.#options = options;
		const id = randomUUID();
		this.#all.set(id, { ...bare(id, undefined, OTHER_OWNER), labels: { role: "somebody else's" } });
	}

	get all(): readonly Vm[] {
		return [...this.#all.values()];
	}

	get leaked(): readonly Vm[] {
		return this.#leaked;
	}

	find(id: string): Vm | undefined {
		return this.#all.get(id);
	}

	/** One of ours. */
	get(id: string): OurVm {
		const vm = this.#all.get(id);
		if (vm === undefined || !ours(vm)) throw new Refusal(errors.notFound);
		return vm;
	}

	get usedSlots(): number {
		return this.all.filter(ours).length + this.#leaked.length + this.#making;
	}

	reach(id: string): Reach {
		const vm = this.#all.get(id);
		if (vm?.machine === undefined) return { type: "refuse" };
		if (vm.state === "booting") return { type: vm.whileBooting };
		return vm.state === "running" ? { type: "up", machine: vm.machine } : { type: "refuse" };
	}

	/** Runs `act` when the acts before it on this machine have ended. */
	async inTurn<T>(vm: Vm, act: () => Promise<T> | T): Promise<T> {
		const before = vm.turn;
		const done = Promise.withResolvers<void>();
		vm.turn = done.promise;
		await before;
		try {
			return await act();
		} finally {
			done.resolve();
		}
	}

	/** Takes a slot for as long as `make` runs; afterwards the machine it made holds it. */
	async #withSlot<T>(strike: Strike, make: () => Promise<T> | T): Promise<T> {
		if (strike.get("capacity") !== undefined || this.usedSlots >= this.#options.slots)
			throw new Refusal(errors.capacity);
		this.#making += 1;
		try {
			return await make();
		} finally {
			this.#making -= 1;
		}
	}

	#folder(id: string): string {
		return join(this.#options.folder, id);
	}

	boot(strike: Strike, labels: Vm["labels"]): Promise<Vm> {
		return this.#withSlot(strike, () => {
			const id = randomUUID();
			const machine = Machine.boot(id, this.#folder(id), this.#options.diskMib, this.variables);
			const delay = strike.get("boot_delay");
			const up = Promise.withResolvers<void>();
			const vm: Vm = { ...bare(id, machine, OWNER), labels, state: "booting", ready: up.promise };
			vm.whileBooting = delay?.ssh ?? "refuse";
			const timer = setTimeout(() => vm.stopBoot(), delay === undefined ? this.#options.bootMs : delay.seconds * 1000);
			vm.stopBoot = () => {
				clearTimeout(timer);
				if (vm.state === "booting") vm.state = "running";
				up.resolve();
			};
			this.#all.set(id, vm);
			befall(vm, strike);
			return vm;
		});
	}

	restore(strike: Strike, from: Snapshot, { commit, vm: parent }: Origin): Promise<Vm> {
		return this.#withSlot(strike, async () => {
			const id = randomUUID();
			const machine = await Machine.restore(id, this.#folder(id), this.#options.diskMib, from);
			const vm: Vm = { ...bare(id, machine, OWNER), parentCommit: commit ?? null, grandparent: parent ?? null };
			this.#all.set(id, vm);
			befall(vm, strike);
			return vm;
		});
	}

	/** Copies; afterwards the machine goes on, or stays paused. */
	snapshot(vm: OurVm, folder: string, keepPaused: boolean): Promise<Snapshot> {
		return this.inTurn(vm, async () => {
			const taken = await vm.machine.snapshot(folder);
			if (vm.state !== "running") return taken;
			if (keepPaused) this.#stop(vm);
			else await vm.machine.thaw();
			return taken;
		});
	}

	#stop(vm: Vm): void {
		vm.state = "paused";
		vm.pausedAt = performance.now();
		this.#options.cutLinks(vm.id);
	}

	setState(vm: OurVm, wanted: "Paused" | "Running"): Promise<void> {
		return this.inTurn(vm, async () => {
			if (wanted === "Paused" && vm.state === "running") {
				await vm.machine.freeze();
				this.#stop(vm);
			}
			if (wanted === "Running" && vm.state === "paused") {
				// Memory stood still, and the clock in it.
				vm.machine.clock.set(vm.machine.clock.skew - (performance.now() - vm.pausedAt) / 1000);
				await vm.machine.thaw();
				vm.state = "running";
			}
		});
	}

	/** Its slot is free afterwards, unless the deletion fails. */
	remove(vm: OurVm, fails: Extract<Fault, { type: "delete_fails" }> | undefined): Promise<void> {
		return this.inTurn(vm, async () => {
			if (fails?.leaves === "listed") throw new Refusal(errors.deleteFailed);
			// Whoever asked at the same time finds it gone.
			if (!this.#all.delete(vm.id)) throw new Refusal(errors.deleteForbidden);
			vm.stopBoot();
			this.#options.cutLinks(vm.id);
			if (fails !== undefined) {
				this.#leaked.push(vm);
				await vm.machine.freeze();
				throw new Refusal(errors.deleteFailed);
			}
			await vm.machine.end();
		});
	}

	/** As the operators of the platform do at the end of an outage. The number of slots that are free again. */
	async reclaim(): Promise<number> {
		const leaked = this.#leaked.splice(0);
		for (const { machine } of leaked) await machine?.end();
		return leaked.length;
	}

	async end(): Promise<void> {
		for (const vm of this.all.filter(ours)) {
			vm.stopBoot();
			await vm.turn;
			await vm.machine.end();
		}
		await this.reclaim();
		this.#all.clear();
	}

	/** A clone of a running machine, through a copy that nobody keeps. */
	async branch(vm: OurVm, strike: Strike, count: number, keepPaused: boolean): Promise<Vm[]> {
		const folder = join(this.#options.folder, `branch-${randomUUID()}`);
		const taken = await this.snapshot(vm, folder, keepPaused);
		try {
			return await this.many(strike, count, taken, { vm: vm.id });
		} finally {
			dropSnapshot(taken);
		}
	}

	/** One after the other: those made before a refusal stay. */
	async many(strike: Strike, count: number, from: Snapshot, origin: Origin): Promise<Vm[]> {
		const made: Vm[] = [];
		while (made.length < count) {
			if (made.length + 1 === strike.get("partial_batch")?.at) throw new Refusal(errors.capacity);
			made.push(await this.restore(strike, from, origin));
		}
		return made;
	}
}

export const ours = (vm: Vm): vm is OurVm => vm.machine !== undefined;

/** What happens to a machine by itself, at the moment of a call. */
export function befall({ machine }: Vm, strike: Strike): void {
	if (machine === undefined) return;
	const gone = strike.get("agent_gone");
	const silent = strike.get("agent_silent");
	const skew = strike.get("clock_skew");
	if (gone !== undefined) machine.strikeDown(gone.match, "SIGKILL");
	if (silent !== undefined) machine.strikeDown(silent.match, "SIGSTOP");
	if (skew !== undefined) machine.clock.set(machine.clock.skew + skew.seconds);
	if (strike.get("disk_full") !== undefined) machine.disk.fill();
}

export function runIn(
	vm: OurVm,
	argv: readonly string[],
	options: {
		readonly id: string | undefined;
		readonly env: Readonly<Record<string, string>> | undefined;
		readonly cwd: string | undefined;
		readonly stdin: string;
		readonly seconds: number | undefined;
	},
): Execution {
	const cwd = options.cwd === undefined ? undefined : vm.machine.path(options.cwd);
	const child = vm.machine.start(argv, { cwd, env: options.env });
	const execution = new Execution(options.id ?? randomUUID(), child, vm.log, options.stdin, options.seconds);
	vm.executions.set(execution.id, execution);
	return execution;
}
