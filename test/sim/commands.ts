/**
 * Commands of a person, an orchestrator and of bad luck, each with what a model of the fleet says must come of it. Fast-check
 * makes lists of them, plays them on a `Stand`, and makes a list that fails as short as it can.
 */
import fc, { type AsyncCommand } from "fast-check";
import * as contract from "../../src/contract/lieutenants.ts";
import type { Stand } from "./stand.ts";

/** What is promised, as far as it was asked for. */
export interface Model {
	/** Lieutenants by name; how often each was killed, and how it stands. */
	readonly crew: Map<string, { deaths: number; state: "up" | "paused" | "gone" }>;
	/** Messages that were accepted: text → to whom. */
	readonly accepted: Map<string, string>;
	/** Who holds a task for certain: nothing has struck its holder since. */
	readonly holders: Map<string, string>;
}

export const newModel = (): Model => ({ crew: new Map(), accepted: new Map(), holders: new Map() });

const NAMES = ["ada", "bo"] as const;
/** A third death within ten minutes parks a lieutenant. */
const DEATHS = 2;

class Step implements AsyncCommand<Model, Stand> {
	readonly #words: string;
	readonly #can: (model: Model) => boolean;
	readonly #does: (model: Model, stand: Stand) => Promise<void>;

	constructor(words: string, can: (model: Model) => boolean, does: (model: Model, stand: Stand) => Promise<void>) {
		this.#words = words;
		this.#can = can;
		this.#does = does;
	}

	check(model: Readonly<Model>): boolean {
		return this.#can(model);
	}

	async run(model: Model, stand: Stand): Promise<void> {
		await this.#does(model, stand);
		stand.judge();
	}

	toString(): string {
		return this.#words;
	}
}

const up = (model: Model, name: string): boolean => model.crew.get(name)?.state === "up";
const expectTrue = (holds: boolean, what: string): void => {
	if (!holds) throw new Error(what);
};
/** It may have lost what it held. */
const forgets = ({ holders }: Model, ...names: readonly string[]): void => {
	for (const [task, holder] of holders) if (names.includes(holder)) holders.delete(task);
};

const create = (name: string): Step =>
	new Step(
		`create ${name}`,
		({ crew }) => !crew.has(name),
		async ({ crew }, stand) => {
			const made = await stand.ask(contract.create, { name, role: "a tester", local: true, worktree: false });
			expectTrue(made !== undefined, `${name} was not made`);
			crew.set(name, { deaths: 0, state: "up" });
		},
	);

const send = (name: string, mode: "prompt" | "steer" | "followUp", hard?: true): Step =>
	new Step(
		`${hard === true ? "hard " : ""}${mode} ${name}`,
		(model) => up(model, name),
		async ({ accepted }, stand) => {
			const message = `say-${accepted.size + 1}`;
			const input = { name, message, mode, ...(hard === undefined ? {} : { hard }) };
			const sent = (await stand.ask(contract.send, input)) as { message: { id: string } } | undefined;
			expectTrue(sent !== undefined, `${message} was refused`);
			if (sent !== undefined) stand.checks.acknowledged.set(message, sent.message.id);
			accepted.set(message, name);
		},
	);

const turn = (name: string, operation: typeof contract.pause | typeof contract.resume): Step => {
	const [from, to] = operation === contract.pause ? (["up", "paused"] as const) : (["paused", "up"] as const);
	return new Step(
		`${operation === contract.pause ? "pause" : "resume"} ${name}`,
		({ crew }) => crew.get(name)?.state === from,
		async (model, stand) => {
			expectTrue((await stand.ask(operation, { name })) !== undefined, `${name} is not ${to}`);
			model.crew.set(name, { deaths: model.crew.get(name)?.deaths ?? 0, state: to });
			forgets(model, name);
		},
	);
};

const destroy = (name: string): Step =>
	new Step(
		`destroy ${name}`,
		(model) => up(model, name),
		async (model, stand) => {
			await stand.ask(contract.destroy, { name });
			model.crew.set(name, { deaths: model.crew.get(name)?.deaths ?? 0, state: "gone" });
			forgets(model, name);
		},
	);

const claim = (name: string, n: number): Step =>
	new Step(
		`${name} claims task ${n}`,
		(model) => up(model, name),
		async ({ holders }, stand) => {
			const task = stand.hub.tasks[n];
			if (task === undefined) return;
			const holder = holders.get(task);
			const got = await stand.claim(name, task);
			expectTrue(!got || holder === undefined || holder === name, `${name} got ${holder}'s task ${n}`);
			if (got) holders.set(task, name);
		},
	);

const killAgent = (name: string): Step =>
	new Step(
		`kill -9 ${name}`,
		(model) => up(model, name) && (model.crew.get(name)?.deaths ?? 0) < DEATHS,
		async (model, stand) => {
			const pi = stand.pi(name);
			if (pi === undefined) return;
			pi.die(null, "SIGKILL");
			model.crew.set(name, { deaths: (model.crew.get(name)?.deaths ?? 0) + 1, state: "up" });
			forgets(model, name);
		},
	);

const struck = (words: string, does: (stand: Stand) => void): Step =>
	new Step(
		words,
		() => true,
		async (model, stand) => {
			does(stand);
			// Whoever was away for long enough has lost what it held.
			forgets(model, ...NAMES);
		},
	);

const pass = (ms: number): Step =>
	new Step(
		`${ms} ms`,
		() => true,
		async (_, stand) => await stand.pass(ms),
	);

const name = fc.constantFrom(...NAMES);
const mode = fc.constantFrom("prompt" as const, "steer" as const, "followUp" as const);

/** What there is to make lists of; work and time come more often than bad luck. */
export const COMMANDS: readonly fc.Arbitrary<Step>[] = [
	name.map(create),
	name.map(create),
	fc.tuple(name, mode).map(([to, how]) => send(to, how)),
	fc.tuple(name, mode).map(([to, how]) => send(to, how)),
	name.map((to) => send(to, "steer", true)),
	name.map((to) => turn(to, contract.pause)),
	name.map((to) => turn(to, contract.resume)),
	name.map(destroy),
	fc.tuple(name, fc.constantFrom(0, 1)).map(([who, n]) => claim(who, n)),
	name.map(killAgent),
	fc.constant(struck("kill -9 host", (stand) => stand.killHost())),
	fc.constant(struck("kill -9 hub", (stand) => stand.hub.body?.kill())),
	fc.constant(struck("the session ends and begins", (stand) => stand.restartOrchestrator())),
	fc.constant(struck("every connection is cut", (stand) => stand.machine.sockets.cut())),
	fc.constantFrom(50, 2_000, 20_000).map(pass),
	fc.constantFrom(50, 2_000).map(pass),
];

/** At rest: what the model says of notices and tasks. Messages, receipts and spend are judged by the checks themselves. */
export function judgeModel({ crew, accepted }: Model, stand: Stand): void {
	for (const [text] of accepted) expectTrue(stand.checks.acknowledged.has(text), `${text} has no receipt`);
	for (const [name, { deaths, state }] of crew) {
		if (state === "gone") continue;
		const told = stand.checks.fleet.get(stand.idOf(name) ?? "")?.deaths;
		expectTrue(told === deaths, `${name} was killed ${deaths} times and ${told} deaths are told`);
	}
}
