/**
 * Faults of the platform, each switchable by call, VM, count or probability. Every rule draws from a chance of its own,
 * made of the run's seed and the rule's number: the same seed and the same calls give the same faults, whatever other
 * rules do meanwhile.
 */
import { Chance } from "../../sim/chance.ts";

/** Where a rule is asked: at a call of the API, or at a new ssh link or command. No rule strikes at `control`. */
export type Moment = "call" | "link" | "command" | "control";

export type Fault =
	| { readonly type: "boot_delay"; readonly seconds: number; readonly ssh?: "refuse" | "hang" }
	| { readonly type: "capacity" }
	| { readonly type: "partial_batch"; readonly at: number }
	| { readonly type: "lost_reply" }
	| { readonly type: "delete_fails"; readonly leaves: "listed" | "gone" }
	| { readonly type: "delete_paused_refused"; readonly status?: 409 | 500 }
	| { readonly type: "internal"; readonly body: "text" | "json" | "empty" }
	| { readonly type: "throttle"; readonly status: 429 | 503 }
	| { readonly type: "no_answer" }
	| { readonly type: "state_lag"; readonly seconds: number }
	| { readonly type: "stream_cut"; readonly bytes: number }
	| { readonly type: "stale_key" }
	| { readonly type: "link_refused" }
	| { readonly type: "link_hangs" }
	| { readonly type: "link_idle"; readonly seconds: number; readonly how: "close" | "silent" }
	/** `after` seconds (default 0): what comes together with the end of its link, OpenSSH throws away. */
	| { readonly type: "link_cut"; readonly bytes: number; readonly how: "reset" | "close"; readonly after?: number }
	| { readonly type: "command_hangs" }
	| { readonly type: "agent_gone"; readonly match: string }
	| { readonly type: "agent_silent"; readonly match: string }
	| { readonly type: "clock_skew"; readonly seconds: number }
	| { readonly type: "disk_full" }
	| { readonly type: "state_shown"; readonly state: "sleeping" | "dead" };

export type FaultName = Fault["type"];

interface About {
	readonly moment: Moment;
	/** Names of operations it can touch; absent: all. */
	readonly at?: readonly string[];
}

const CREATES = ["new_root", "from_commit", "branch"] as const;

export const FAULTS: Readonly<Record<FaultName, About>> = {
	boot_delay: { moment: "call", at: ["new_root"] },
	capacity: { moment: "call", at: CREATES },
	partial_batch: { moment: "call", at: ["branch"] },
	lost_reply: { moment: "call" },
	delete_fails: { moment: "call", at: ["delete"] },
	delete_paused_refused: { moment: "call", at: ["delete"] },
	internal: { moment: "call" },
	throttle: { moment: "call" },
	no_answer: { moment: "call" },
	state_lag: { moment: "call", at: ["state"] },
	stream_cut: { moment: "call", at: ["exec_stream", "exec_attach"] },
	stale_key: { moment: "call", at: ["ssh_key", "state"] },
	link_refused: { moment: "link" },
	link_hangs: { moment: "link" },
	link_idle: { moment: "link" },
	link_cut: { moment: "command" },
	command_hangs: { moment: "command" },
	// These befall the machine that a call is about, before it is handled; a machine that it makes, after.
	agent_gone: { moment: "call" },
	agent_silent: { moment: "call" },
	clock_skew: { moment: "call" },
	disk_full: { moment: "call" },
	state_shown: { moment: "call", at: ["list", "status", "metadata"] },
};

/** When a fault fires. All given conditions hold together. */
export interface When {
	readonly op?: string;
	readonly vm?: string;
	/** Lets so many matching calls pass first. */
	readonly skip?: number;
	/** Fires so often at most. */
	readonly times?: number;
	/** 0 to 1; absent: always. */
	readonly chance?: number;
}

export interface Fired {
	readonly rule: number;
	readonly fault: FaultName;
	readonly op: string;
	readonly vm?: string;
}

interface Rule {
	readonly id: number;
	readonly fault: Fault;
	readonly when: When;
	readonly chance: Chance;
	met: number;
	fired: number;
}

export class Faults {
	readonly seed: number;
	readonly #rules: Rule[] = [];
	readonly #fired: Fired[] = [];
	#made = 0;

	constructor(seed: number) {
		this.seed = seed;
	}

	add(fault: Fault, when: When = {}): number {
		this.#made += 1;
		// Far apart by a prime, so that rule 2 of one seed is not rule 1 of the next.
		const chance = new Chance(this.seed + this.#made * 7919);
		this.#rules.push({ id: this.#made, fault, when, chance, met: 0, fired: 0 });
		return this.#made;
	}

	remove(id: number): boolean {
		const at = this.#rules.findIndex((rule) => rule.id === id);
		if (at >= 0) this.#rules.splice(at, 1);
		return at >= 0;
	}

	clear(): void {
		this.#rules.length = 0;
	}

	/** The faults that fire at this moment. Asking counts: ask once for each call, link or command. */
	strike(moment: Moment, op: string, vm?: string): Strike {
		const struck = new Map<FaultName, Fault>();
		for (const rule of this.#rules) {
			if (FAULTS[rule.fault.type].moment !== moment || !touches(rule, op, vm) || !this.#fires(rule)) continue;
			struck.set(rule.fault.type, rule.fault);
			this.#fired.push({ rule: rule.id, fault: rule.fault.type, op, ...(vm === undefined ? {} : { vm }) });
		}
		return new Strike(struck);
	}

	#fires(rule: Rule): boolean {
		const { skip = 0, times = Number.POSITIVE_INFINITY, chance } = rule.when;
		rule.met += 1;
		if (rule.met <= skip || rule.fired >= times) return false;
		if (chance !== undefined && !rule.chance.often(chance)) return false;
		rule.fired += 1;
		return true;
	}

	get fired(): readonly Fired[] {
		return this.#fired;
	}

	get rules(): readonly { readonly id: number; readonly fault: Fault; readonly when: When; readonly fired: number }[] {
		return this.#rules.map(({ id, fault, when, fired }) => ({ id, fault, when, fired }));
	}
}

function touches(rule: Rule, op: string, vm: string | undefined): boolean {
	const { at } = FAULTS[rule.fault.type];
	if (at !== undefined && !at.includes(op)) return false;
	return (rule.when.op ?? op) === op && (rule.when.vm === undefined || rule.when.vm === vm);
}

/** What fires at one call, by name. */
export class Strike {
	readonly #struck: ReadonlyMap<FaultName, Fault>;

	constructor(struck: ReadonlyMap<FaultName, Fault>) {
		this.#struck = struck;
	}

	get<N extends FaultName>(name: N): Extract<Fault, { type: N }> | undefined {
		const fault = this.#struck.get(name);
		return fault !== undefined && isNamed(fault, name) ? fault : undefined;
	}
}

const isNamed = <N extends FaultName>(fault: Fault, name: N): fault is Extract<Fault, { type: N }> =>
	fault.type === name;
