/**
 * One simulated run: the real host and the real client on a simulated machine with a model of pi; an orchestrator that
 * works, faults that strike, then peace, and the checks. The same seed gives the same run.
 */
import type { Static, TSchema } from "@sinclair/typebox";
import { createHostClient, type HostClient } from "../../src/client/host.ts";
import * as contract from "../../src/contract/lieutenants.ts";
import type { Operation } from "../../src/contract/operation.ts";
import { type Home, socketPath } from "../../src/daemon/home.ts";
import { Fault } from "../../src/errors.ts";
import { Host } from "../../src/host/host.ts";
import { Body } from "./body.ts";
import { Chance } from "./chance.ts";
import { Checks } from "./checks.ts";
import { Machine } from "./machine.ts";

export const FAULTS = ["host kill", "agent kill", "cut"] as const;
export type FaultKind = (typeof FAULTS)[number];

export interface RunOptions {
	/** Without the pack's memory of deliveries: what the checks must find. */
	readonly dedup?: boolean;
	/** Every log line of the host, as it comes. */
	readonly trace?: (line: string) => void;
}

export interface Outcome {
	readonly seed: number;
	readonly failures: readonly string[];
	/** `<fault> <state>` → how often the fault met a lieutenant in that state. */
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
const NAMES = ["ada", "bo", "cy", "dee"] as const;
/** Virtual ms after the last fault within which everything must rest. */
const PEACE = 45 * 60_000;
const LAUNCH = { pi: ["/pi"], cwd: "/work", env: {} };

/** Failed or slow to answer: done or not, the same key asks again. */
const UNCLEAR = ["host_silent", "host_unreachable"];

export async function simulate(seed: number, options: RunOptions = {}): Promise<Outcome> {
	return new Run(seed, options).play();
}

class Run {
	readonly #seed: number;
	readonly #options: RunOptions;
	readonly #checks = new Checks();
	readonly #manners: { dedup: boolean; errors: number; aborted: "error" | "aborted" };
	readonly #machine: Machine;
	readonly #chance: Chance;
	readonly #client: HostClient;
	readonly #settings: Readonly<Record<string, unknown>>;
	readonly #struck = new Map<string, number>();
	#host: Body | undefined;
	#peace = false;
	#words = 0;
	#under = 0;

	constructor(seed: number, options: RunOptions) {
		this.#seed = seed;
		this.#options = options;
		const chance = new Chance(seed * 7_919 + 13);
		this.#chance = chance;
		this.#manners = {
			dedup: options.dedup ?? true,
			errors: chance.pick([0, 0.03, 0.08]),
			aborted: chance.pick(["error", "aborted"]),
		};
		// Nothing is ever written here: half of the fleets climb the ladder early, and are stopped by it or by the cap.
		this.#settings = chance.often(0.5) ? { bounds: { quietTurns: 4, rungTurns: 1, turns: chance.between(3, 12) } } : {};
		this.#machine = new Machine(seed, this.#manners, this.#checks);
		this.#checks.machine = this.#machine;
		this.#checks.trace = options.trace;
		this.#machine.files.makeFolder("/work");
		const session = new Body(this.#machine, "session", chance.fork());
		this.#client = createHostClient({
			world: session.world,
			version: "0.1.0",
			caller: { type: "orchestrator", name: "captain", session: "s1", pid: 1, started: "s1" },
			findHost: async () => `unix:${socketPath(HOME, "host")}`,
		});
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
			const { time } = this.#machine;
			let since: number | undefined;
			while (await time.step()) {
				for (const thrown of strays.splice(0)) this.#stray(thrown);
				if (this.#checks.failures.length > 0) break;
				if (!this.#peace) continue;
				since ??= time.elapsed;
				if (time.elapsed - since > PEACE) {
					this.#checks.fail(
						`no rest ${PEACE / 60_000} minutes after the last fault: ${this.#checks.restless ?? "a call hangs"}`,
					);
					break;
				}
				if (this.#under === 0 && this.#checks.restless === undefined && (await this.#rests())) break;
			}
			if (this.#checks.failures.length === 0) this.#checks.atRest();
		} finally {
			process.removeListener("unhandledRejection", stray);
			for (const other of others) process.on("unhandledRejection", other);
			this.#host?.kill();
			this.#machine.end();
		}
		const { steps, elapsed } = this.#machine.time;
		const { failures, messages } = this.#checks;
		return { seed: this.#seed, failures, struck: this.#struck, messages: messages.size, steps, took: elapsed };
	}

	/** It stays so for a while. */
	async #rests(): Promise<boolean> {
		const { time } = this.#machine;
		for (const until = time.elapsed + 30_000; time.elapsed < until; ) {
			await time.step();
			if (this.#checks.restless !== undefined || this.#checks.failures.length > 0) return false;
		}
		return true;
	}

	#stray(thrown: unknown): void {
		const known =
			thrown instanceof Error &&
			["killed here", "database is not open", "statement has been finalized"].includes(thrown.message);
		if (!known)
			this.#checks.fail(`a rejection that nobody handled: ${thrown instanceof Error ? thrown.stack : String(thrown)}`);
	}

	#begin(): void {
		this.#startHost();
		this.#client.listen({ onNotice: (notice) => this.#client.acknowledge([notice.id]) });
		this.#client.connect();
		const chance = this.#chance;
		let at = 500;
		const plan: (() => void)[] = [];
		const crew = chance.between(1, 3);
		for (const name of NAMES.slice(0, crew)) plan.push(() => void this.#create(name));
		for (let n = chance.between(8, 22); n > 0; n--) plan.push(() => this.#work());
		for (const act of plan) {
			this.#machine.time.after(at, act);
			at += chance.often(0.25) ? chance.between(5_000, 25_000) : chance.between(1, 2_500);
		}
		const faults = [...FAULTS, ...Array.from({ length: chance.between(0, 5) }, () => chance.pick(FAULTS))];
		let last = at;
		for (const fault of faults) {
			const when = chance.between(1_500, at + 4_000);
			last = Math.max(last, when);
			this.#machine.time.after(when, () => this.#strike(fault));
		}
		this.#machine.time.after(last + 5_000, () => {
			// From here on nothing goes wrong any more, and all are at work again.
			this.#peace = true;
			this.#manners.errors = 0;
			for (const name of NAMES.slice(0, crew)) void this.#ask(contract.resume, { name });
		});
		const settle = (): void => {
			if (this.#peace) for (const [id, one] of this.#checks.fleet) this.#revive(id, one.state);
			this.#machine.time.after(20_000, settle);
		};
		settle();
	}

	/** One that was parked for its deaths, or stopped resuming, is what a person would look after. */
	#revive(id: string, state: string): void {
		const name = [...this.#client.lieutenants.values()].find((row) => row.id === id)?.name;
		if (name === undefined) return;
		if (["failed", "paused", "stopped"].includes(state)) void this.#ask(contract.resume, { name });
	}

	#startHost(): void {
		const { time } = this.#machine;
		const body = new Body(this.#machine, `host at ${Math.round(time.elapsed)}`, this.#chance.fork());
		this.#host = body;
		body.onDeath(() => void time.after(this.#chance.between(30, 5_000), () => this.#startHost()));
		try {
			const host = new Host({
				world: body.world,
				home: HOME,
				version: "0.1.0",
				settings: { idleMinutes: 30, env: {}, set: undefined, values: this.#settings },
				operations: [],
				packageFolder: "/package",
				complain: (what) => {
					if (body.dead) return;
					this.#options.trace?.(`${Math.round(time.elapsed)} host complains: ${what}`);
					this.#checks.fail(`the host complained: ${what}`);
				},
			});
			host.begin().catch((thrown) => {
				if (!body.dead) this.#checks.fail(`the host did not begin: ${String(thrown)}`);
			});
		} catch (thrown) {
			if (!body.dead) throw thrown;
		}
	}

	#strike(fault: FaultKind): void {
		this.#options.trace?.(`${Math.round(this.#machine.time.elapsed)} ${fault}`);
		const chance = this.#chance;
		const living = this.#machine.processes.living();
		const victim = living[chance.between(0, living.length - 1)];
		for (const [id, { state }] of this.#checks.fleet) {
			if (state === "gone" || (fault === "agent kill" && id !== victim?.session)) continue;
			const key = `${fault} ${state}`;
			this.#struck.set(key, (this.#struck.get(key) ?? 0) + 1);
		}
		if (fault === "cut") this.#machine.sockets.cut();
		else if (fault === "agent kill") victim?.die(null, "SIGKILL");
		else if (chance.often(0.4)) this.#host?.kill();
		else {
			const host = this.#host;
			host?.killWithin(chance.between(1, 60));
			this.#machine.time.after(20_000, () => host?.kill());
		}
	}

	#work(): void {
		const chance = this.#chance;
		const names = [...this.#client.lieutenants.values()].filter((row) => row.state !== "gone").map((row) => row.name);
		const name = names[chance.between(0, names.length - 1)];
		if (name === undefined) return;
		const kind = chance.pick([
			...(["prompt", "prompt", "prompt", "followUp", "followUp", "steer", "steer", "steer"] as const),
			...(["hard", "hard", "burst", "burst", "pause", "resume", "destroy"] as const),
		]);
		this.#options.trace?.(`${Math.round(this.#machine.time.elapsed)} ${kind} ${name}`);
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
		const task = this.#chance.often(0.5) ? { task: this.#text() } : {};
		await this.#ask(contract.create, { name, role: "a tester", local: true, worktree: false, ...task });
	}

	async #send(name: string, mode: "prompt" | "steer" | "followUp", hard?: true): Promise<void> {
		const message = this.#text();
		const sent = await this.#ask(contract.send, { name, message, mode, ...(hard === undefined ? {} : { hard }) });
		if (sent !== undefined) this.#checks.acknowledged.set(message, sent.message.id);
	}

	/** Long ones are written in pieces, and may be torn. */
	#text(): string {
		this.#words += 1;
		return `say-${this.#words}${this.#chance.often(0.1) ? ` ${"z".repeat(this.#chance.between(5_000, 90_000))}` : ""}`;
	}

	/** Asks until it is answered or refused, always with the same key. */
	async #ask<I extends TSchema, O extends TSchema>(
		operation: Operation<I, O>,
		input: Static<I>,
	): Promise<Static<O> | undefined> {
		this.#words += 1;
		const key = `key-${this.#words}`;
		this.#under += 1;
		try {
			for (;;) {
				try {
					return await this.#client.call(operation, input, { key, launch: LAUNCH });
				} catch (thrown) {
					if (!(thrown instanceof Fault) || !UNCLEAR.includes(thrown.code)) {
						this.#refused(operation.name, thrown);
						return undefined;
					}
				}
			}
		} finally {
			this.#under -= 1;
		}
	}

	#refused(operation: string, thrown: unknown): void {
		const { code } = thrown instanceof Fault ? thrown : { code: String(thrown) };
		this.#options.trace?.(`${Math.round(this.#machine.time.elapsed)} ${operation} refused: ${String(thrown)}`);
		const expected = ["lieutenant_deaf", "lieutenant_unknown", "lieutenant_exists"];
		if (!expected.includes(code)) this.#checks.fail(`${operation} was refused: ${code} ${String(thrown)}`);
	}
}
