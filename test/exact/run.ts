/** What happens: a session from before, then a fleet that is killed at, steered, compacted and cut from its hub. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Pi } from "../../src/cli/pi.ts";
import { findHub } from "../../src/client/address.ts";
import { type Client, createClient } from "../../src/client/client.ts";
import type { HostClient } from "../../src/client/host.ts";
import * as lieutenants from "../../src/contract/lieutenants.ts";
import { totals } from "../../src/contract/totals.ts";
import * as usage from "../../src/contract/usage.ts";
import type { EnsureOptions } from "../../src/daemon/ensure.ts";
import { type Daemon, lieutenantFolder } from "../../src/daemon/home.ts";
import { livingDaemon } from "../../src/daemon/run-file.ts";
import { readAdminToken } from "../../src/daemon/token.ts";
import { packageFolder } from "../../src/daemon/version.ts";
import { connectHost } from "../../src/demo/host.ts";
import { type Script, summarizer } from "../../src/demo/model/script.ts";
import type { Model } from "../../src/demo/model/server.ts";
import { Orchestrator } from "../../src/demo/orchestrator.ts";
import { Patience, settled } from "../../src/demo/patience.ts";
import { furnish, git, makeRepository, type Stage } from "../../src/demo/stage.ts";
import { SHOP } from "../../src/demo/story.ts";
import { comeback, strike } from "../../src/demo/strike.ts";
import { Fault, fault } from "../../src/errors.ts";
import { readNote } from "../../src/host/agent/life-file.ts";
import { gather, remoteOf } from "../amnesiac/evidence.ts";
import { ORCHESTRATOR } from "../amnesiac/script.ts";
import { type Balance, balance } from "./ledger.ts";

export interface ExactOptions {
	readonly pi: Pi;
	readonly stage: Stage;
	readonly daemons: EnsureOptions;
	readonly model: Model;
	readonly patience: Patience;
	readonly signal: AbortSignal;
	readonly plan: Plan;
	say(text: string): void;
}

/** Each of the crew is killed twice: the third death within ten minutes would park it. */
export interface Plan {
	readonly crew: readonly string[];
	/** How often each daemon is killed. */
	readonly daemons: number;
	/** How many of the crew fill their window. */
	readonly compactions: number;
}

/** 2 × 7 agents and 3 each of host and hub: 20 kills. */
export const WHOLE: Plan = { crew: ["ada", "bo", "cy", "di", "ed", "flo", "gus"], daemons: 3, compactions: 3 };
export const SHORT: Plan = { crew: ["ada", "bo"], daemons: 1, compactions: 1 };

/** The model of the session from before. */
const BEFORE = "before";
const FULL = 120_000;
/** ms of an answer that are heard before it is cut. */
const HEARD = 400;
const OUTAGE = 4_000;
const SETTLES_WITHIN = 25_000;
const NEVER = "never";
const LONG = "I think aloud. ".repeat(300);

const scriptFor = (crew: readonly string[]): Script => ({
	rules: [
		summarizer("There was something."),
		{
			...{ model: ORCHESTRATOR, last: "Make a fleet." },
			toolCalls: crew.map((name) => ({
				name: "vers_lt_create",
				arguments: { name, role: "works", model: `fake/${name}` },
			})),
		},
		{ last: "speak slowly", text: LONG, chunkMs: 50 },
		{ last: "only think", hold: NEVER, text: "never said" },
		{ last: "fill your window", text: "It is full.", usage: { prompt: FULL } },
	],
	default: { text: "It is done, with a word or two of what was done." },
});

export class Exact {
	readonly #options: ExactOptions;
	readonly #hub: Client;
	readonly #host: HostClient;
	#orchestrator: Orchestrator | undefined;
	#kills = 0;

	constructor(options: ExactOptions) {
		this.#options = options;
		const { world, home, env, speaks } = options.daemons;
		const given = () => ({ token: readAdminToken(world, home.hub) });
		const resolve = () => findHub({ world, home, env, given });
		this.#hub = createClient({ world, version: speaks.version, resolve, timeout: 20_000 });
		this.#host = connectHost(options.daemons);
	}

	async play(): Promise<Balance & { readonly kills: number; readonly compactions: number }> {
		const { plan, say, patience } = this.#options;
		await this.#raise();
		say("The fleet is there.");
		await Promise.all([
			...plan.crew.map((name, n) => this.#life(name, n < plan.compactions)),
			this.#strikes("host", 1),
			this.#strikes("hub", 3),
		]);
		say(`${this.#kills} kills are done.`);
		await this.#outage();
		await Promise.all(plan.crew.map((name) => this.#rest(name)));
		await this.#orchestrator?.end(patience);
		await this.#backfill();
		return await this.#judged();
	}

	close(): void {
		this.#hub.close();
		this.#host.close();
		this.#orchestrator?.kill();
	}

	async #raise(): Promise<void> {
		const { pi, stage, model, plan, daemons, patience } = this.#options;
		const { world } = daemons;
		await makeRepository(world, stage, SHOP);
		await git(world, stage, "tag", "begin");
		await git(world, stage, "init", "--quiet", "--bare", remoteOf(stage));
		furnish(stage, model.url, [ORCHESTRATOR, BEFORE, ...plan.crew], { gates: { workLog: "off" } });
		const file = join(stage.root, "agent", "settings.json");
		const compaction = { enabled: true, reserveTokens: 16_384, keepRecentTokens: 1 };
		writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), compaction }));
		model.setScript(scriptFor(plan.crew));
		// A session of before: pi alone, without this package.
		const args = [...pi.args, "--model", `fake/${BEFORE}`, "-p", "Do something."];
		const ran = await world.spawn.run(pi.command, args, { cwd: stage.repository, env: stage.env, timeout: 60_000 });
		if (ran.code !== 0) throw fault("cannot_start", "pi", ran.stderr);
		this.#orchestrator = new Orchestrator(pi, stage, () => undefined);
		this.#orchestrator.prompt("Make a fleet.");
		await patience.until("the fleet", async () => {
			this.#orchestrator?.check();
			const rows = await this.#rows();
			return rows.length === plan.crew.length && rows.every(({ state }) => state === "idle");
		});
	}

	/** One is killed as it speaks and as it thinks, is interrupted by a hard steer, and may be compacted. */
	async #life(name: string, compacts: boolean): Promise<void> {
		if (compacts) {
			// One message has nothing that could be summed up.
			await this.#send(name, "work");
			await this.#rest(name);
			await this.#send(name, "fill your window");
			await this.#rest(name);
		}
		await this.#kill(name, "speak slowly");
		await this.#send(name, "speak slowly");
		await this.#asked(name, "speak slowly", 2);
		await this.#send(name, "stop that", { mode: "steer", hard: true });
		await this.#rest(name);
		await this.#kill(name, "only think");
	}

	async #kill(name: string, message: string): Promise<void> {
		const { daemons, patience, say } = this.#options;
		const { world, home } = daemons;
		await this.#send(name, message);
		await this.#asked(name, message, 1);
		const { id } = await patience.until(name, async () => (await this.#rows()).find((row) => row.name === name));
		const note = () => readNote(world.files, lieutenantFolder(home, id))?.process;
		const victim = note();
		if (victim === undefined || !world.spawn.kill(victim, "SIGKILL")) throw new Error(`${name} has no process`);
		this.#kills += 1;
		say(`${name} is killed (${message})`);
		await patience.until(`${name}'s return`, () => note() !== undefined && note()?.pid !== victim.pid);
		await this.#rest(name);
	}

	async #asked(name: string, message: string, times: number): Promise<void> {
		const { model, patience } = this.#options;
		const seen = () => model.requests.filter((one) => one.model === name && one.last.includes(message)).length;
		await patience.until(`${name} to be asked: ${message}`, () => seen() >= times);
		await sleep(HEARD);
	}

	/** After each so many kills of agents. */
	async #strikes(daemon: Daemon, first: number): Promise<void> {
		const { plan, daemons, patience, say } = this.#options;
		for (let n = 0; n < plan.daemons; n++) {
			const after = Math.min(first + n * 4, plan.crew.length);
			await patience.until(`${after} kills`, () => this.#kills >= after);
			const victim = strike(daemon, daemons);
			this.#kills += 1;
			say(`the ${daemon} is killed`);
			await comeback(victim, daemon, daemons, patience);
		}
	}

	/** The hub hears nothing while everyone works. */
	async #outage(): Promise<void> {
		const { plan, daemons, say } = this.#options;
		const hub = livingDaemon(daemons.world, daemons.home, "hub");
		if (hub === undefined) throw new Error("there is no hub to stop");
		process.kill(hub.pid, "SIGSTOP");
		say("the hub is away");
		try {
			await Promise.all(plan.crew.map((name) => this.#send(name, "work without a hub")));
			await sleep(OUTAGE);
		} finally {
			process.kill(hub.pid, "SIGCONT");
		}
	}

	/** Twice, as a person may. */
	async #backfill(): Promise<void> {
		const { stage, daemons, say } = this.#options;
		const command = `${packageFolder}/bin/flagship.mjs`;
		for (const _ of [1, 2]) {
			const options = { cwd: stage.repository, env: stage.env, timeout: 60_000 };
			const ran = await daemons.world.spawn.run(process.execPath, [command, "usage", "backfill"], options);
			if (ran.code !== 0) throw new Error(`backfill: ${ran.stderr}`);
			say(ran.stdout.split("\n")[0] ?? "");
		}
	}

	async #judged(): Promise<Balance & { readonly kills: number; readonly compactions: number }> {
		const { daemons, signal, stage, plan } = this.#options;
		const look = async () => {
			const evidence = await gather(daemons.world, stage, this.#hub);
			const { rows } = await this.#hub.call(totals, { by: "model", range: "all" });
			const books = {
				...{ requests: evidence.requests, answers: evidence.answers, totals: rows },
				responses: evidence.transcripts.flatMap(({ responses }) => responses),
				estimates: (await this.#hub.call(usage.estimates, { limit: 1_000 })).estimates,
			};
			const compactions = evidence.transcripts.flatMap(({ entries }) =>
				entries.filter(({ type }) => type === "compaction"),
			).length;
			const { wrong, ...figures } = balance(books);
			const few = compactions < plan.compactions ? [`only ${compactions} compactions: the run proves less`] : [];
			return { ...figures, kills: this.#kills, compactions, wrong: [...wrong, ...few] };
		};
		return settled(new Patience(daemons.world.clock, SETTLES_WITHIN, signal), look);
	}

	/** Under one key until it is answered: host and hub are killed meanwhile. */
	async #send(name: string, message: string, more: { mode?: "steer"; hard?: boolean } = {}): Promise<void> {
		const key = crypto.randomUUID();
		await this.#tried(`${name} to be told`, () =>
			this.#host.call(lieutenants.send, { name, message, ...more }, { key, timeout: 5_000 }),
		);
	}

	async #rows(): Promise<readonly lieutenants.Lieutenant[]> {
		return (await this.#tried("the fleet", () => this.#host.call(lieutenants.status, {}, { timeout: 5_000 })))
			.lieutenants;
	}

	/** Every message has its end, and nobody works. */
	async #rest(name: string): Promise<void> {
		await this.#options.patience.until(`${name}'s rest`, async () => {
			const row = (await this.#rows()).find((one) => one.name === name);
			await sleep(100);
			return row?.state === "idle" && row.pending === 0;
		});
	}

	#tried<T>(what: string, ask: () => Promise<T>): Promise<T> {
		return this.#options.patience.until(what, async () => {
			try {
				return await ask();
			} catch (thrown) {
				if (!(thrown instanceof Fault)) throw thrown;
				await sleep(200);
				return undefined;
			}
		});
	}
}
