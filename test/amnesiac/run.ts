/** What happens, in order: a fleet is made, killed at, and left to itself until it rests. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Pi } from "../../src/cli/pi.ts";
import { findHub } from "../../src/client/address.ts";
import { type Client, createClient } from "../../src/client/client.ts";
import * as board from "../../src/contract/board.ts";
import { type Lieutenant, status } from "../../src/contract/lieutenants.ts";
import type { Task } from "../../src/contract/task.ts";
import * as terms from "../../src/contract/terms.ts";
import type { EnsureOptions } from "../../src/daemon/ensure.ts";
import type { Daemon } from "../../src/daemon/home.ts";
import { lieutenantFolder } from "../../src/daemon/home.ts";
import { readAdminToken } from "../../src/daemon/token.ts";
import type { Model } from "../../src/demo/model/server.ts";
import { Orchestrator } from "../../src/demo/orchestrator.ts";
import { OutOfTime, Patience } from "../../src/demo/patience.ts";
import { furnish, git, makeRepository, type Stage } from "../../src/demo/stage.ts";
import { SHOP } from "../../src/demo/story.ts";
import { comeback, strike } from "../../src/demo/strike.ts";
import { readNote } from "../../src/host/agent/life-file.ts";
import { API_KEY } from "../support/vers-sim/fixture.ts";
import type { VersSim } from "../support/vers-sim/sim.ts";
import { gather, remoteOf } from "./evidence.ts";
import { type Figures, recount } from "./recount.ts";
import { CREW, DIARY, isFatal, ORCHESTRATOR, OWNED, scriptOf } from "./script.ts";

export interface RunOptions {
	readonly pi: Pi;
	readonly stage: Stage;
	readonly settings: Readonly<Record<string, unknown>>;
	readonly daemons: EnsureOptions;
	readonly model: Model;
	readonly patience: Patience;
	readonly signal: AbortSignal;
	/** The platform of machines. */
	readonly sim: VersSim;
	say(text: string): void;
}

/** ms for what is still on its way to the hub: a host that was killed may be refused for 45 s before its link is believed. */
const SETTLES_WITHIN = 60_000;
const ANSWERS_WITHIN = 20_000;
/** ms of an answer that are heard before its agent is killed. */
const HEARD = 700;
/** Nothing more comes from these. */
const RESTS = ["idle", "stopped", "failed", "paused"];

export class Run {
	readonly #options: RunOptions;
	readonly #hub: Client;
	#orchestrator: Orchestrator | undefined;
	#struck = 0;

	constructor(options: RunOptions) {
		this.#options = options;
		const { world, home, env, speaks } = options.daemons;
		const given = () => ({ token: readAdminToken(world, home.hub) });
		const resolve = () => findHub({ world, home, env, given });
		this.#hub = createClient({ world, version: speaks.version, resolve, timeout: ANSWERS_WITHIN });
	}

	async play(): Promise<{ readonly figures: Figures; readonly wrong: readonly string[] }> {
		const { patience, stage, daemons, signal, model, say } = this.#options;
		const orchestrator = await this.#raise();
		const ended = new AbortController();
		try {
			await Promise.all([
				this.#owned(),
				...CREW.map(({ name, steps }) =>
					this.#killAt(
						name,
						steps.flatMap((step, n) => (isFatal(step) ? [n] : [])),
					),
				),
				this.#strikes(),
			]);
			say("All kills are done; now they are left alone.");
			await patience.until("the fleet's rest", async () => orchestrator.settled && (await this.#rests()));
		} finally {
			ended.abort();
			model.release(OWNED);
		}
		await orchestrator.end(patience);
		const taken = () => this.#options.sim.commits.all.map(({ commit_id }) => commit_id);
		const look = async () => recount(await gather(daemons.world, stage, this.#hub, taken()));
		try {
			const soon = new Patience(daemons.world.clock, SETTLES_WITHIN, signal);
			return await soon.until("the last records", async () => {
				const found = await look();
				return found.figures.ok && found;
			});
		} catch (thrown) {
			if (!(thrown instanceof OutOfTime)) throw thrown;
			return await look();
		}
	}

	close(): void {
		this.#hub.close();
		this.#orchestrator?.kill();
	}

	async #raise(): Promise<Orchestrator> {
		const { pi, stage, settings, daemons, model } = this.#options;
		const { world } = daemons;
		await makeRepository(world, stage, SHOP);
		const bare = remoteOf(stage);
		await git(world, stage, "tag", "begin");
		await git(world, stage, "init", "--quiet", "--bare", bare);
		await git(world, { ...stage, repository: bare }, "config", "core.logAllRefUpdates", "always");
		await git(world, stage, "remote", "add", "origin", bare);
		await git(world, stage, "push", "--quiet", "origin", "main");
		const vers = { env: { VERS_API_KEY: API_KEY, VERS_BASE_URL: this.#options.sim.baseUrl } };
		furnish(stage, model.url, [ORCHESTRATOR, ...CREW.map(({ name }) => name)], { ...settings, ...vers });
		const file = join(stage.root, "agent", "settings.json");
		const compaction = { enabled: true, reserveTokens: 16_384, keepRecentTokens: 1 };
		const extensions = [join(import.meta.dirname, "amnesia.ts")];
		writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), compaction, extensions }));
		model.setScript(scriptOf(stage.home.root));
		const orchestrator = new Orchestrator({ ...pi, args: [...pi.args, "--no-skills"] }, stage, () => undefined);
		this.#orchestrator = orchestrator;
		orchestrator.prompt("Do what you like.");
		return orchestrator;
	}

	async #fleet(): Promise<readonly Lieutenant[]> {
		try {
			return (await this.#hub.call(status, { all: true })).lieutenants;
		} catch {
			// Hub or host were just killed: asked again at the next look.
			return [];
		}
	}

	/** Kills its process while the model is at one of these steps, each once. */
	async #killAt(name: string, steps: readonly number[]): Promise<void> {
		const { model, daemons, patience, say } = this.#options;
		const { world, home } = daemons;
		for (const n of steps) {
			await patience.until(`${name} at its step ${n}`, () => {
				this.#orchestrator?.check();
				return model.requests.some((request) => request.from === `${name}#${n}`);
			});
			await sleep(HEARD);
			const row = await patience.until(name, async () => (await this.#fleet()).find((one) => one.name === name));
			const victim = readNote(world.files, lieutenantFolder(home, row.id))?.process;
			if (victim === undefined || !world.spawn.kill(victim, "SIGKILL")) continue;
			this.#struck += 1;
			say(`${name} is ended by kill -9 (process ${victim.pid}).`);
			// What dies twice before its host has looked is one death to it.
			await patience.until(`${name}'s return`, async () => {
				const now = readNote(world.files, lieutenantFolder(home, row.id));
				return now?.process !== undefined && now.process.pid !== victim.pid;
			});
		}
	}

	/** Hub and host once each, while agents die. */
	async #strikes(): Promise<void> {
		const { daemons, patience, say } = this.#options;
		for (const [daemon, after] of [
			["hub", 2],
			["host", 3],
		] as const satisfies readonly (readonly [Daemon, number])[]) {
			await patience.until(`the ${after}. kill`, () => this.#struck >= after);
			const victim = await patience.until(`the ${daemon}`, () => {
				try {
					return strike(daemon, daemons);
				} catch {
					// Killed by an agent this very moment: it comes back.
					return undefined;
				}
			});
			say(`The ${daemon} is ended by kill -9 (process ${victim.pid}).`);
			await comeback(victim, daemon, daemons, patience);
		}
	}

	/** A person says which files the diary owns; then the liar is let at them. */
	async #owned(): Promise<void> {
		const { model, patience } = this.#options;
		const task = await patience.until("the diary", async () => {
			this.#orchestrator?.check();
			return await this.#taskOf(DIARY.title);
		});
		await this.#hub.call(terms.terms, { id: task.id, territory: [...DIARY.territory] });
		model.release(OWNED);
	}

	/** Once somebody holds it. */
	async #taskOf(title: string): Promise<Task | undefined> {
		try {
			const { tasks } = await this.#hub.call(board.list, {});
			return tasks.find((task) => task.title === title && task.claim !== undefined);
		} catch {
			// The hub is not up yet: asked again.
			return undefined;
		}
	}

	async #rests(): Promise<boolean> {
		const rows = await this.#fleet();
		return rows.length === CREW.length && rows.every((row) => RESTS.includes(row.state) && row.pending === 0);
	}
}
