/**
 * The simulated machine in somebody's hands: the real host, hub and client, where each thing that happens is asked for, and
 * a scheduler decides whose frame arrives first. What the properties of `commands.test.ts` are played on.
 */
import type { Scheduler } from "fast-check";
import * as contract from "../../src/contract/lieutenants.ts";
import type { AnyOperation } from "../../src/contract/operation.ts";
import { homeOf, socketPath } from "../../src/daemon/home.ts";
import { Host } from "../../src/host/host.ts";
import { Body } from "./body.ts";
import { Captain, type Conversation } from "./captain.ts";
import { Chance } from "./chance.ts";
import { Checks } from "./checks.ts";
import { ADMIN, HUB_URL, operationsOfHub, SimHub } from "./hub.ts";
import { Machine } from "./machine.ts";
import type { Pi } from "./pi.ts";

const HOME = homeOf({ FLAGSHIP_HOME: "/home", XDG_RUNTIME_DIR: "/sockets" }, { uid: 0, folder: "/" });
/** Nothing but what is asked for ends a run here. */
const BOUNDS = { turns: 1_000, usd: 1_000, quietTurns: 1_000, steerSeconds: 3_600 };
/** Virtual ms in which frames that arrive count as side by side, so that their order is the scheduler's. */
const SIDE_BY_SIDE = 15;
/** Virtual ms within which everything must rest. */
const PEACE = 45 * 60_000;
/** Tasks that are on the board from the beginning. */
const TASKS = 2;

export class Stand {
	readonly machine: Machine;
	readonly checks = new Checks();
	readonly hub: SimHub;
	readonly #chance: Chance;
	readonly #order: Scheduler;
	/** Per end of a connection, what is to arrive there. */
	readonly #arriving = new Map<object, (() => void)[]>();
	readonly #conversation: Conversation = { id: "c1", entries: [] };
	#captain: Captain;
	#host: Body | undefined;
	#due = false;
	#asked = 0;

	/** Frames arrive as `order` says; everything else that is random comes from `seed`. */
	constructor(seed: number, order: Scheduler) {
		this.#chance = new Chance(seed * 15_485_863 + 11);
		this.#order = order;
		this.machine = new Machine(seed, { dedup: true, errors: 0, aborted: "aborted" }, this.checks);
		this.checks.machine = this.machine;
		this.machine.files.makeFolder("/work");
		this.machine.sockets.weather.turnstile = (end, label, arrive) => this.#await(end, label, arrive);
		this.hub = new SimHub(this.machine, this.#chance.fork(), (what) => this.#complained(what));
		this.#startHost();
		this.#captain = this.#startCaptain();
	}

	/** A board with tasks on it. */
	async begin(): Promise<void> {
		await this.#until(this.hub.fill(new Body(this.machine, "a person", this.#chance.fork()), TASKS));
	}

	/** What the orchestrator asks for, as its client does: again until it is answered. Undefined where it was refused. */
	ask(operation: AnyOperation, input: unknown): Promise<unknown> {
		this.#asked += 1;
		return this.#until(this.#captain.ask(operation, input as never, `key-${this.#asked}`));
	}

	/** What an agent asks its hub for. */
	async claim(name: string, task: string): Promise<boolean> {
		const token = this.pi(name)?.token;
		return token !== undefined && (await this.#until(this.hub.claim(token, task)));
	}

	/** Its living process. */
	pi(name: string): Pi | undefined {
		const id = this.#captain.client.lieutenants.get(this.idOf(name) ?? "")?.id;
		return this.machine.processes.living().find((pi) => pi.session === id);
	}

	idOf(name: string): string | undefined {
		return [...this.#captain.client.lieutenants.values()].find((row) => row.name === name)?.id;
	}

	killHost(): void {
		this.#host?.kill();
	}

	/** kill -9 of the session, and another one for the same conversation. */
	restartOrchestrator(): void {
		this.#captain.body.kill();
		this.#captain = this.#startCaptain();
	}

	/** So many virtual ms go by. */
	async pass(ms: number): Promise<void> {
		const { time } = this.machine;
		for (const until = time.elapsed + ms; time.elapsed < until; ) await this.#step();
	}

	/** Everybody is at work again, and all comes to rest: what must hold then is judged. */
	async rest(names: readonly string[]): Promise<void> {
		const { time } = this.machine;
		this.#captain.prompt();
		for (const name of names) await this.ask(contract.resume, { name });
		for (const until = time.elapsed + PEACE; this.checks.restless(true) !== undefined; ) {
			if (time.elapsed > until) this.checks.fail(`no rest: ${this.checks.restless(true)}`);
			this.judge();
			await this.#step();
		}
		await this.pass(30_000);
		this.checks.atRest(true);
		this.judge();
	}

	/** Throws what the checks have found. */
	judge(): void {
		if (this.checks.failures.length > 0) throw new Error(this.checks.failures.join("\n"));
	}

	end(): void {
		for (const body of [this.#host, this.#captain.body, this.hub.body]) body?.kill();
		this.machine.end();
	}

	async #until<T>(asked: Promise<T>): Promise<T> {
		let over = false;
		const answer = asked.finally(() => {
			over = true;
		});
		while (!over && this.checks.failures.length === 0) await this.#step();
		this.judge();
		return answer;
	}

	async #step(): Promise<void> {
		await this.machine.time.step();
	}

	/** Frames come in order at one end; whose turn it is among the ends, once some are side by side, the scheduler says. */
	#await(end: object, label: string, arrive: () => void): void {
		const own = this.#arriving.get(end) ?? [];
		this.#arriving.set(end, [...own, arrive]);
		void this.#order.schedule(Promise.resolve(), label).then(() => {
			const [first, ...others] = this.#arriving.get(end) ?? [];
			this.#arriving.set(end, others);
			first?.();
		});
		if (this.#due) return;
		this.#due = true;
		this.machine.time.after(SIDE_BY_SIDE, () => {
			this.#due = false;
			void this.#order.waitAll();
		});
	}

	#startCaptain(): Captain {
		return new Captain({
			machine: this.machine,
			chance: this.#chance.fork(),
			checks: this.checks,
			conversation: this.#conversation,
			address: `unix:${socketPath(HOME, "host")}`,
			peace: () => true,
		});
	}

	#startHost(): void {
		const { time } = this.machine;
		const body = new Body(this.machine, "host", this.#chance.fork());
		this.#host = body;
		body.onDeath(() => time.after(this.#chance.between(30, 2_000), () => this.#startHost()));
		const host = new Host({
			world: body.world,
			home: HOME,
			version: "0.1.0",
			settings: { idleMinutes: 30, env: { VERS_AUTH_TOKEN: ADMIN }, set: undefined, values: this.#settings },
			operations: operationsOfHub(),
			packageFolder: "/package",
			complain: (what) => {
				if (!body.dead) this.#complained(what);
			},
			http: this.hub.http(body),
		});
		host.begin().catch((thrown) => body.thrown(thrown));
	}

	get #settings(): Readonly<Record<string, unknown>> {
		return { bounds: BOUNDS, hub: HUB_URL };
	}

	/** Of the hub's absence a daemon may speak. */
	#complained(what: string): void {
		const expected =
			/^the spool waits|^the hub refused|not yet known to the hub|not all tokens are known|claims are moved/;
		if (!expected.test(what)) this.checks.fail(`a complaint: ${what}`);
	}
}
