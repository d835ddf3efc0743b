/**
 * One simulated run: the real host, hub and client on a simulated machine with a model of pi; an orchestrator that
 * works, faults that strike, then peace, and the checks. The same seed gives the same run.
 */
import * as contract from "../../src/contract/lieutenants.ts";
import type { AnyOperation } from "../../src/contract/operation.ts";
import * as ralph from "../../src/contract/ralph.ts";
import { type Home, socketPath } from "../../src/daemon/home.ts";
import { Host } from "../../src/host/host.ts";
import { Body, NoSpace } from "./body.ts";
import { Captain, type Conversation } from "./captain.ts";
import { Chance } from "./chance.ts";
import { Checks } from "./checks.ts";
import { CELLS, calm, FAULTS, type FaultKind, needsHub, type Stage, type State, strike } from "./faults.ts";
import { ADMIN, HUB_URL, loadHub, operationsOfHub, SimHub } from "./hub.ts";
import { Machine } from "./machine.ts";
import type { Pi } from "./pi.ts";
import { Spend } from "./spend.ts";

export interface RunOptions {
	/** Without the pack's memory of deliveries: what the checks must find. */
	readonly dedup?: boolean;
	/** Every log line of the host, as it comes. */
	readonly trace?: (line: string) => void;
}

export interface Outcome {
	readonly seed: number;
	readonly failures: readonly string[];
	/** `<fault> <state>` → how often the fault met a lieutenant in that state, or a run in which that was under way. */
	readonly struck: ReadonlyMap<string, number>;
	readonly messages: number;
	readonly steps: number;
	/** Virtual milliseconds. */
	readonly took: number;
}

const HOME: Home = {
	root: "/home",
	uid: 0,
	hub: "/home/hub",
	host: "/home/host",
	lieutenants: "/home/lieutenants",
	worktrees: "/home/worktrees",
	run: "/home/run",
	sockets: "/sockets",
};
const NAMES = ["ada", "bo", "cy"] as const;
/** Virtual ms after the last fault within which everything must rest. */
const PEACE = 45 * 60_000;
/** Every so many runs have a hub: it costs as much as all the rest. */
const WITH_HUB = 4;

export async function simulate(seed: number, options: RunOptions = {}): Promise<Outcome> {
	await loadHub();
	return new Run(seed, options).play();
}

class Run implements Stage {
	readonly machine: Machine;
	readonly chance: Chance;
	readonly #seed: number;
	readonly #checks = new Checks();
	readonly #manners: { dedup: boolean; errors: number; aborted: "error" | "aborted" };
	readonly #settings: Readonly<Record<string, unknown>>;
	readonly #struck = new Map<string, number>();
	readonly #aim: { readonly fault: FaultKind; readonly state: State };
	readonly #hub: SimHub | undefined;
	#aimed = true;
	#host: Body | undefined;
	#captain: Captain | undefined;
	#conversation: Conversation = { id: "c1", entries: [] };
	#peace = false;
	#words = 0;
	/** Ralph loops that are to begin. */
	readonly #loops: number;
	/** US dollars of the fleet, where it has a budget. */
	readonly #fleetUsd: number | undefined;

	constructor(seed: number, options: RunOptions) {
		this.#seed = seed;
		const chance = new Chance(seed * 7_919 + 13);
		this.chance = chance;
		this.#manners = {
			dedup: options.dedup ?? true,
			errors: chance.pick([0, 0.03, 0.08]),
			aborted: chance.pick(["error", "aborted"]),
		};
		this.#aim = CELLS[seed % CELLS.length] ?? { fault: "cut", state: "idle" };
		// Little is ever written here: half of the fleets climb the ladder early, and are stopped by it or by the cap.
		const tight = this.#aim.state === "stopped" || chance.often(0.4);
		const bounds = { quietTurns: 4, rungTurns: 1, turns: chance.between(3, 12) };
		this.#loops = chance.often(0.35) ? chance.between(1, 2) : 0;
		this.machine = new Machine(seed, this.#manners, this.#checks);
		this.#checks.machine = this.machine;
		this.#checks.trace = options.trace;
		this.machine.files.makeFolder("/work");
		const hub = needsHub(this.#aim.fault) || seed % WITH_HUB === 0;
		// So little that it is used up before the end.
		if (hub && chance.often(0.5)) this.#fleetUsd = chance.between(2, 8) / 100;
		const fleetUsd = this.#fleetUsd;
		const rules = { fleetUsd, warnPercent: 80 };
		if (hub) this.#hub = new SimHub(this.machine, chance.fork(), (what) => this.#complained(what), rules);
		this.machine.board = this.#hub;
		if (fleetUsd !== undefined) this.#checks.spend = new Spend(fleetUsd);
		this.#settings = {
			...(tight ? { bounds } : {}),
			...(hub ? { hub: HUB_URL } : {}),
			// A small step: several share the money.
			...(fleetUsd === undefined ? {} : { budgets: { fleetUsd }, bounds: { ...(tight ? bounds : {}), usd: 0.02 } }),
		};
	}

	async play(): Promise<Outcome> {
		const strays: unknown[] = [];
		const stray = (thrown: unknown): void => void strays.push(thrown);
		// A rejection that nobody handles ends a real host; the test runner's own listeners would end this run.
		const others = process.listeners("unhandledRejection");
		process.removeAllListeners("unhandledRejection");
		process.on("unhandledRejection", stray);
		try {
			this.#begin();
			const { time } = this.machine;
			let since: number | undefined;
			while (await time.step()) {
				for (const thrown of strays.splice(0)) this.#stray(thrown);
				if (this.#checks.failures.length > 0) break;
				if (!this.#peace) continue;
				since ??= time.elapsed;
				if (time.elapsed - since > PEACE) {
					this.#checks.fail(
						`no rest ${PEACE / 60_000} minutes after the last fault: ${this.#restless ?? "a call hangs"}`,
					);
					break;
				}
				if (this.#restless === undefined && (await this.#rests())) break;
			}
			if (this.#checks.failures.length === 0) this.#checks.atRest(this.#hub !== undefined);
		} finally {
			process.removeListener("unhandledRejection", stray);
			for (const other of others) process.on("unhandledRejection", other);
			for (const body of [this.#host, this.#captain?.body]) body?.kill();
			this.#hub?.body?.kill();
			this.machine.end();
		}
		const { steps, elapsed } = this.machine.time;
		const { failures, messages } = this.#checks;
		return { seed: this.#seed, failures, struck: this.#struck, messages: messages.size, steps, took: elapsed };
	}

	host(): Body | undefined {
		return this.#host;
	}

	hub(): SimHub | undefined {
		return this.#hub;
	}

	/** kill -9 of the session; the person opens it again, or begins another. */
	restartOrchestrator(): void {
		const { chance } = this;
		this.#captain?.body.kill();
		if (this.#captain === undefined) return;
		this.#captain = undefined;
		if (chance.often(0.4)) this.#conversation = { id: `c${Math.round(this.machine.time.elapsed)}`, entries: [] };
		this.machine.time.after(chance.between(100, 8_000), () => this.#startCaptain());
	}

	get #restless(): string | undefined {
		if (this.#captain === undefined || this.#captain.under > 0) return "a call is under way";
		return this.#checks.restless(this.#hub !== undefined);
	}

	/** It stays so for a while. */
	async #rests(): Promise<boolean> {
		const { time } = this.machine;
		for (const until = time.elapsed + 30_000; time.elapsed < until; ) {
			await time.step();
			if (this.#restless !== undefined || this.#checks.failures.length > 0) return false;
		}
		return true;
	}

	#stray(thrown: unknown): void {
		if (thrown instanceof NoSpace) {
			thrown.body.thrown(thrown);
			return;
		}
		const known =
			thrown instanceof Error &&
			["killed here", "database is not open", "statement has been finalized"].includes(thrown.message);
		if (!known)
			this.#checks.fail(`a rejection that nobody handled: ${thrown instanceof Error ? thrown.stack : String(thrown)}`);
	}

	#begin(): void {
		const { chance, machine } = this;
		const { time } = machine;
		this.#startHost();
		this.#startCaptain();
		if (this.#hub !== undefined) void this.#hub.fill(new Body(machine, "a person", chance.fork()), 2);
		let at = 500;
		const plan: (() => void)[] = [];
		const crew = NAMES.slice(0, chance.between(1, 3));
		for (const name of crew) plan.push(() => void this.#create(name));
		for (let n = chance.between(4, 12); n > 0; n--) plan.push(() => this.#work());
		for (let n = 1; n <= this.#loops; n++)
			plan.splice(chance.between(0, plan.length), 0, () => void this.#startLoop(n));
		for (const act of plan) {
			time.after(at, act);
			at += chance.often(0.25) ? chance.between(5_000, 25_000) : chance.between(1, 2_500);
		}
		let last = at + this.#leadUp(at);
		const kinds = FAULTS.filter((fault) => this.#hub !== undefined || !needsHub(fault));
		for (let n = chance.between(1, 4); n > 0; n--) {
			const fault = kinds[chance.between(0, kinds.length - 1)] ?? "cut";
			const when = chance.between(1_500, at + 4_000);
			last = Math.max(last, when);
			time.after(when, () => this.#strike(fault, undefined));
		}
		this.#checks.entered = (id, state) => this.#entered(id, state);
		time.after(last + 5_000, () => this.#calmDown(crew));
		this.#watch();
	}

	/** Brings one into the state that this run aims at, where that does not come by itself. Answers how long it takes. */
	#leadUp(from: number): number {
		const { time, processes } = this.machine;
		const first = (): Pi | undefined => processes.living()[0];
		const name = NAMES[0];
		switch (this.#aim.state) {
			case "stalled":
				time.after(3_000, () => first()?.signal("SIGSTOP"));
				return Math.max(0, 130_000 - from);
			case "failed":
				for (const at of [4_000, 12_000, 22_000]) time.after(at, () => first()?.die(null, "SIGKILL"));
				return Math.max(0, 26_000 - from);
			case "paused":
				time.after(from, () => void this.#ask(contract.pause, { name }));
				return 4_000;
			case "gone":
				time.after(from, () => void this.#ask(contract.destroy, { name }));
				return 4_000;
			case "stopped":
				for (const at of [2_000, 9_000]) time.after(from + at, () => void this.#send(name, "prompt"));
				return 40_000;
			default:
				return 0;
		}
	}

	/** A lieutenant is now in this state: the fault that waits for it strikes, soon. */
	#entered(id: string, state: string): void {
		if (!this.#aimed || state !== this.#aim.state || this.#peace) return;
		this.#aimed = false;
		const soon = this.chance.often(0.5) ? 0 : this.chance.between(0, 60);
		this.machine.time.after(soon, () => {
			this.#aimed = !this.#strike(this.#aim.fault, id);
		});
	}

	/** From here on nothing goes wrong any more, and all are at work again. */
	#calmDown(crew: readonly string[]): void {
		const { machine } = this;
		this.#peace = true;
		this.#manners.errors = 0;
		machine.full = false;
		calm(machine);
		// What a full disk did not let the host note is said again on the next connection.
		machine.sockets.cut();
		this.#host?.goOn();
		for (const pi of machine.processes.living()) pi.signal("SIGCONT");
		void this.#moreMoney().then(() => {
			for (const name of crew) void this.#ask(contract.resume, { name });
		});
	}

	/** Whoever was stopped for want of it goes on. */
	async #moreMoney(): Promise<void> {
		if (this.#hub === undefined || this.#fleetUsd === undefined) return;
		const person = new Body(this.machine, "a person", this.chance.fork());
		await this.#hub.liftBudgets(person, "captain", [...this.#checks.fleet.keys()]);
	}

	/** Time and again: what must not last is looked for, and a person looks after what was given up. */
	#watch(): void {
		const { time } = this.machine;
		const look = (): void => {
			const host = this.#host;
			const undisturbed = host !== undefined && !host.dead && !host.stopped && !this.machine.full;
			this.#checks.look(undisturbed);
			time.after(5_000, look);
		};
		const settle = (): void => {
			if (this.#peace) {
				this.#captain?.prompt();
				for (const [id, one] of this.#checks.fleet) this.#revive(id, one.state);
			}
			time.after(20_000, settle);
		};
		look();
		settle();
	}

	/** One that was parked for its deaths, or stopped resuming, is what a person would look after. */
	#revive(id: string, state: string): void {
		const name = [...(this.#captain?.client.lieutenants.values() ?? [])].find((row) => row.id === id)?.name;
		if (name === undefined) return;
		if (["failed", "paused", "stopped"].includes(state)) void this.#ask(contract.resume, { name });
	}

	#startCaptain(): void {
		this.#captain = new Captain({
			machine: this.machine,
			chance: this.chance.fork(),
			checks: this.#checks,
			conversation: this.#conversation,
			address: `unix:${socketPath(HOME, "host")}`,
			peace: () => this.#peace,
			budget: this.#fleetUsd !== undefined,
		});
	}

	#startHost(): void {
		const { time } = this.machine;
		const body = new Body(this.machine, `host at ${Math.round(time.elapsed)}`, this.chance.fork());
		this.#host = body;
		this.#checks.note("a host starts");
		body.onDeath(() => {
			this.#checks.note("the host is dead");
			time.after(this.chance.between(30, 5_000), () => this.#startHost());
		});
		try {
			const env = this.#hub === undefined ? {} : { VERS_AUTH_TOKEN: ADMIN };
			const host = new Host({
				world: body.world,
				home: HOME,
				version: "0.1.0",
				settings: { idleMinutes: 30, env, set: undefined, values: this.#settings },
				operations: operationsOfHub(),
				packageFolder: "/package",
				complain: (what) => {
					if (!body.dead) this.#complained(what);
				},
				...(this.#hub === undefined ? {} : { http: this.#hub.http(body) }),
			});
			host.begin().catch((thrown) => body.thrown(thrown));
		} catch (thrown) {
			body.thrown(thrown);
		}
	}

	/** What a daemon writes into its log: of the hub's absence and of a full disk it may. */
	#complained(what: string): void {
		this.#checks.note(`complaint: ${what}`);
		const expected =
			/^the spool waits|^the hub refused (the link|a kept board.release)|not yet known to the hub|not all tokens are known|claims are moved by it|goes on without its task|not told which skills are here/.test(
				what,
			) ||
			(this.machine.wasFull && /disk is full|cannot write|not kept/.test(what));
		if (!expected) this.#checks.fail(`a complaint: ${what}`);
	}

	/** True when it met somebody. */
	#strike(fault: FaultKind, aimedAt: string | undefined): boolean {
		if (this.#peace) return false;
		const one = fault === "agent kill" || fault === "agent stop";
		const living = this.machine.processes.living();
		const random = living[this.chance.between(0, living.length - 1)];
		const victim = aimedAt === undefined ? random : living.find((pi) => pi.session === aimedAt);
		if (one && victim === undefined) return false;
		this.#checks.note(`FAULT ${fault}`);
		const met = [...this.#checks.fleet].flatMap(([id, { state }]) => (one && id !== victim?.session ? [] : [state]));
		for (const what of [...met, ...this.#checks.underWay()]) {
			const key = `${fault} ${what}`;
			this.#struck.set(key, (this.#struck.get(key) ?? 0) + 1);
		}
		strike(fault, this, victim);
		return true;
	}

	#work(): void {
		const { chance } = this;
		const rows = [...(this.#captain?.client.lieutenants.values() ?? [])];
		const names = rows.filter((row) => row.state !== "gone").map((row) => row.name);
		const name = names[chance.between(0, names.length - 1)];
		if (name === undefined) return;
		const kind = chance.pick([
			...(["prompt", "prompt", "prompt", "followUp", "followUp", "steer", "steer", "steer"] as const),
			...(["hard", "hard", "burst", "burst", "pause", "resume", "destroy"] as const),
		]);
		this.#checks.note(`${kind} ${name}`);
		if (kind === "pause") void this.#ask(contract.pause, { name });
		else if (kind === "resume") void this.#ask(contract.resume, { name });
		else if (kind === "destroy") {
			if (names.length > 1 && chance.often(0.4)) void this.#ask(contract.destroy, { name });
		} else if (kind === "burst") {
			for (let n = chance.between(2, 4); n > 0; n--)
				void this.#send(name, chance.pick(["followUp", "steer", "prompt"]));
		} else if (kind === "hard") void this.#send(name, "steer", true);
		else void this.#send(name, kind);
	}

	async #create(name: string): Promise<void> {
		const task = this.chance.often(0.5) ? { task: this.#text() } : {};
		const own = this.#fleetUsd !== undefined && this.chance.often(0.3);
		const budget = own ? { budget: this.chance.between(1, 4) / 100 } : {};
		await this.#ask(contract.create, { name, role: "a tester", local: true, worktree: false, ...task, ...budget });
	}

	async #startLoop(n: number): Promise<void> {
		const { chance } = this;
		const limits = { max: chance.between(1, 4), turns: chance.between(2, 8), budget: chance.between(1, 5) / 100 };
		const what = { prompt: `loop ${n}: make it pass`, until: { command: `check-${n}` } };
		await this.#ask(ralph.start, { ...what, ...limits, name: `ralph-${n}`, worktree: false });
		if (chance.often(0.3)) this.machine.time.after(chance.between(500, 40_000), () => void this.#stopLoop(n));
	}

	async #stopLoop(n: number): Promise<void> {
		if (!this.#peace) await this.#ask(ralph.stop, { name: `ralph-${n}` });
	}

	async #send(name: string, mode: "prompt" | "steer" | "followUp", hard?: true): Promise<void> {
		const message = this.#text();
		const sent = await this.#ask(contract.send, { name, message, mode, ...(hard === undefined ? {} : { hard }) });
		const id = (sent as { message: { id: string } } | undefined)?.message.id;
		if (id !== undefined) this.#checks.acknowledged.set(message, id);
	}

	/** Long ones are written in pieces, and may be torn. */
	#text(): string {
		this.#words += 1;
		return `say-${this.#words}${this.chance.often(0.1) ? ` ${"z".repeat(this.chance.between(5_000, 60_000))}` : ""}`;
	}

	async #ask(operation: AnyOperation, input: unknown): Promise<unknown> {
		this.#words += 1;
		return this.#captain?.ask(operation, input as never, `key-${this.#words}`);
	}
}
