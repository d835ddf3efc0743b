/** What happens, in order. */
import type { Pi } from "../cli/pi.ts";
import { findHub } from "../client/address.ts";
import { type Client, createClient } from "../client/client.ts";
import { list } from "../contract/board.ts";
import { status } from "../contract/lieutenants.ts";
import { type EnsureOptions, findDaemon } from "../daemon/ensure.ts";
import { DAEMONS, type Daemon } from "../daemon/home.ts";
import type { RunFile } from "../daemon/run-file.ts";
import { readAdminToken } from "../daemon/token.ts";
import { doneOf, type Figures, figuresOf, type Memory, recall, type Truth, wrongWith } from "./figures.ts";
import type { Model } from "./model/server.ts";
import type { Narrator } from "./narrator.ts";
import { Orchestrator } from "./orchestrator.ts";
import { Patience, settled } from "./patience.ts";
import { furnish, git, makeRepository, type Stage } from "./stage.ts";
import { type Moment, ORCHESTRATOR, PARTS, SHOP, WISH } from "./story.ts";
import { comeback, strike } from "./strike.ts";
import { summary } from "./summary.ts";

export interface PlayOptions {
	readonly pi: Pi;
	readonly stage: Stage;
	readonly settings: Readonly<Record<string, unknown>>;
	readonly daemons: EnsureOptions;
	readonly model: Model;
	readonly narrator: Narrator;
	readonly patience: Patience;
	readonly signal: AbortSignal;
}

/** For what is still on its way to the hub when the work is done. */
const SETTLES_WITHIN = 6_000;

/** For one answer of the hub, on a machine that is busy. */
const ANSWERS_WITHIN = 15_000;

interface Struck {
	readonly before: RunFile;
	readonly after: RunFile;
}

export class Play {
	readonly #options: PlayOptions;
	readonly #hub: Client;
	#orchestrator: Orchestrator | undefined;

	constructor(options: PlayOptions) {
		this.#options = options;
		const { world, home, env, speaks } = options.daemons;
		const given = () => ({ token: readAdminToken(world, home.hub) });
		const resolve = () => findHub({ world, home, env, given });
		this.#hub = createClient({ world, version: speaks.version, resolve, timeout: ANSWERS_WITHIN });
	}

	/** Throws what keeps it from its end. */
	async run(): Promise<{ readonly figures: Figures; readonly text: string }> {
		const { model, narrator, patience } = this.#options;
		const orchestrator = await this.#raise();
		await this.#fleetAtWork();
		const hub = await this.#kill("hub", "hub killed");
		const host = await this.#kill("host", "host killed");
		model.release("both back" satisfies Moment);
		await patience.until("the three tasks to be closed", async () => {
			const { tasks } = await this.#hub.call(list, {});
			return doneOf({ tasks }).length === PARTS.length && orchestrator.settled;
		});
		await orchestrator.end(patience);
		const { memory, truth, wrong } = await this.#remembered(hub, host);
		const figures = figuresOf(memory, wrong, narrator.seconds);
		const complaints = wrong.map((sentence) => `  Not as it should be: ${sentence}.\n`);
		return { figures, text: summary(memory, truth, figures) + complaints.join("") };
	}

	close(): void {
		this.#options.narrator.close();
		this.#hub.close();
		this.#orchestrator?.kill();
	}

	/** Repository, pi and its model; then a person's wish. Hub and host come up by themselves. */
	async #raise(): Promise<Orchestrator> {
		const { pi, stage, settings, daemons, model, narrator, patience } = this.#options;
		await makeRepository(daemons.world, stage, SHOP);
		furnish(stage, model.url, [ORCHESTRATOR, ...PARTS.map((part) => part.name)], settings);
		const orchestrator = new Orchestrator(pi, stage, (tool, input) => {
			if (tool === "vers_lt_read") narrator.say(ORCHESTRATOR, `reads what ${Object(input).name} says`);
		});
		this.#orchestrator = orchestrator;
		narrator.say("you", WISH);
		orchestrator.prompt(WISH);
		for (const daemon of DAEMONS) {
			const { pid } = await patience.until(`the ${daemon}`, () => {
				orchestrator.check();
				return findDaemon(daemon, daemons);
			});
			narrator.say(daemon, `came up by itself (process ${pid})`);
		}
		narrator.follow(this.#hub);
		return orchestrator;
	}

	/** All three have a task and are in the middle of it; what they do next they do without hub or host. */
	async #fleetAtWork(): Promise<void> {
		const { model, patience } = this.#options;
		await patience.until("three lieutenants at work", async () => {
			this.#orchestrator?.check();
			const asked = (name: string) => model.requests.filter((request) => request.model === name).length;
			if (asked(ORCHESTRATOR) < 2 || PARTS.some(({ name }) => asked(name) < 2)) return false;
			const { lieutenants } = await this.#hub.call(status, {});
			return lieutenants.filter((row) => row.task !== undefined).length === PARTS.length;
		});
	}

	async #kill(daemon: Daemon, moment: Moment): Promise<Struck> {
		const { daemons, model, narrator, patience } = this.#options;
		const before = strike(daemon, daemons);
		narrator.say(daemon, `is ended by kill -9 (process ${before.pid}); the lieutenants go on`);
		model.release(moment);
		const after = await comeback(before, daemon, daemons, patience);
		narrator.say(daemon, `is back (process ${after.pid})`);
		return { before, after };
	}

	/** What the hub knows in the end, and what is wrong with it. */
	async #remembered(hub: Struck, host: Struck) {
		const { stage, daemons, model, signal } = this.#options;
		const commits = new Map<string, readonly string[]>();
		for (const { name } of PARTS) {
			const branch = `lt/${name}`;
			commits.set(branch, (await git(daemons.world, stage, "rev-list", `HEAD..${branch}`)).split("\n").filter(Boolean));
		}
		const look = async (): Promise<{ memory: Memory; truth: Truth; wrong: readonly string[] }> => {
			const [before, after] = [
				{ hub: hub.before, host: host.before },
				{ hub: hub.after, host: host.after },
			];
			const truth: Truth = { commits, tokens: model.spent, before, after };
			const memory = await recall(this.#hub);
			return { memory, truth, wrong: wrongWith(memory, truth) };
		};
		return settled(new Patience(daemons.world.clock, SETTLES_WITHIN, signal), look);
	}
}
