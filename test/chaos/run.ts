/** Real pi, real host, real hub under seeded faults: work is given, processes are killed and frozen, then there is peace. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Static, TSchema } from "@sinclair/typebox";
import type { Pi } from "../../src/cli/pi.ts";
import { findHub } from "../../src/client/address.ts";
import { type Client, createClient } from "../../src/client/client.ts";
import type { HostClient } from "../../src/client/host.ts";
import * as feed from "../../src/contract/feed.ts";
import * as contract from "../../src/contract/lieutenants.ts";
import type { Operation } from "../../src/contract/operation.ts";
import type { EnsureOptions } from "../../src/daemon/ensure.ts";
import { DAEMONS, lieutenantFolder } from "../../src/daemon/home.ts";
import { livingDaemon } from "../../src/daemon/run-file.ts";
import { readAdminToken } from "../../src/daemon/token.ts";
import { connectHost } from "../../src/demo/host.ts";
import type { Script } from "../../src/demo/model/script.ts";
import type { Model } from "../../src/demo/model/server.ts";
import { Orchestrator } from "../../src/demo/orchestrator.ts";
import { OutOfTime, Patience } from "../../src/demo/patience.ts";
import { furnish, git, makeRepository, type Stage } from "../../src/demo/stage.ts";
import { SHOP } from "../../src/demo/story.ts";
import { Fault } from "../../src/errors.ts";
import { NOTICE } from "../../src/fleet/notice-desk.ts";
import { readNote } from "../../src/host/agent/life-file.ts";
import { parseEntry } from "../../src/pi/entry.ts";
import { shape, text } from "../../src/pi/shape.ts";
import type { ProcessId } from "../../src/world.ts";
import { gather, remoteOf, sessionsIn } from "../amnesiac/evidence.ts";
import { ORCHESTRATOR } from "../amnesiac/script.ts";
import { Chance } from "../sim/chance.ts";
import type { Hearing } from "../sim/rules.ts";
import { failuresOf, type History } from "./history.ts";

export interface ChaosOptions {
	readonly pi: Pi;
	readonly stage: Stage;
	readonly daemons: EnsureOptions;
	readonly model: Model;
	readonly signal: AbortSignal;
	readonly seed: number;
	/** Of work and faults; peace comes on top. */
	readonly ms: number;
	readonly rhythm: Rhythm;
	readonly crew: readonly string[];
	say(text: string): void;
}

export interface Rhythm {
	/** ms between two rounds of work, least and most. */
	readonly pause: readonly [number, number];
	/** Of a hundred rounds so many end with a fault. */
	readonly faults: number;
}

export const CHAOS: Rhythm = { pause: [500, 4_000], faults: 100 };

export const FAULTS = [
	...([
		"kill agent",
		"freeze agent",
		"kill host",
		"freeze host",
		"kill hub",
		"freeze hub",
		"replace orchestrator",
	] as const),
] as const;

/** ms that everything has to come to rest after the last fault. */
const PEACE = 120_000;
const SETTLES = 30_000;
/** A third death within ten minutes parks a lieutenant. */
const DEATHS = 2;

/** Each thing asked is a commit and an answer; nothing is ever logged. */
export const scriptOf = (crew: readonly string[]): Script => ({
	agents: { [ORCHESTRATOR]: { after: { text: "Noted." } } },
	rules: [
		{
			...{ model: ORCHESTRATOR, last: "Make a fleet." },
			toolCalls: crew.map((name) => ({
				name: "vers_lt_create",
				arguments: { name, role: "works", model: `fake/${name}` },
			})),
		},
		{ model: ORCHESTRATOR, text: "Noted." },
		{
			last: "/say-\\d+/",
			toolCalls: [{ name: "bash", arguments: { command: "sleep 0.3; git commit -q --allow-empty -m ${n}" } }],
		},
	],
	default: { text: "It is done, with a word or two of what was done.", chunkMs: 40 },
});

/** Notices in these sessions; what a killed pi had not written yet is in none of them. */
const hearingsIn = (folder: string): readonly Hearing[] =>
	sessionsIn(folder).flatMap(({ file, lines }) =>
		lines.flatMap((line) => {
			const entry = parseEntry(line);
			if (entry?.type !== "custom_message" || entry.customType !== NOTICE) return [];
			const notice = text(shape(entry.details).notice);
			return [{ conversation: file, notice, again: entry.text.startsWith("(again)") }];
		}),
	);

export class Chaos {
	readonly #options: ChaosOptions;
	readonly #hub: Client;
	readonly #host: HostClient;
	readonly #chance: Chance;
	readonly #acknowledged = new Map<string, string>();
	readonly #deaths = new Map<string, number>();
	#orchestrator: Orchestrator | undefined;
	#said = 0;

	constructor(options: ChaosOptions) {
		this.#options = options;
		this.#chance = new Chance(options.seed);
		const { world, home, env, speaks } = options.daemons;
		const given = () => ({ token: readAdminToken(world, home.hub) });
		this.#hub = createClient({ world, version: speaks.version, resolve: () => findHub({ world, home, env, given }) });
		this.#host = connectHost(options.daemons);
	}

	async play(): Promise<{ readonly failures: readonly string[]; readonly faults: number; readonly messages: number }> {
		const { daemons, signal, ms, rhythm, say } = this.#options;
		const { clock } = daemons.world;
		await this.#raise();
		const working: Promise<void>[] = [];
		let faults = 0;
		for (const end = clock.elapsed() + ms; clock.elapsed() < end; ) {
			signal.throwIfAborted();
			for (let n = this.#chance.between(1, 3); n > 0; n--) working.push(this.#work());
			await sleep(this.#chance.between(...rhythm.pause), undefined, { signal });
			if (this.#chance.between(1, 100) > rhythm.faults) continue;
			if (await this.#strike(this.#chance.pick(FAULTS))) faults += 1;
		}
		say("Peace.");
		await Promise.all(working);
		const failures = await this.#judged();
		return { failures, faults, messages: this.#acknowledged.size };
	}

	/** Number of the newest event of the feed; 0 while the hub is away. */
	async events(): Promise<number> {
		return (await this.#tried(feed.list, { limit: 1 }))?.at(-1)?.seq ?? 0;
	}

	close(): void {
		this.#host.close();
		this.#hub.close();
		this.#orchestrator?.kill();
	}

	async #judged(): Promise<readonly string[]> {
		const { daemons, signal } = this.#options;
		const patience = new Patience(daemons.world.clock, PEACE, signal);
		try {
			return await patience.until("no failure", async () => {
				const failures = await this.#failures();
				await sleep(1_000);
				return failures.length === 0 && failures;
			});
		} catch (thrown) {
			if (!(thrown instanceof OutOfTime)) throw thrown;
			return await this.#failures();
		}
	}

	/** A host that was killed a moment ago is not linked to the hub yet: that is a failure only if it stays so. */
	async #failures(): Promise<readonly string[]> {
		try {
			return failuresOf(await this.#history());
		} catch (thrown) {
			if (!(thrown instanceof Fault) || thrown.status < 500) throw thrown;
			return [`what happened cannot be read: ${thrown.message}`];
		}
	}

	async #raise(): Promise<void> {
		const { stage, model, crew, daemons, signal } = this.#options;
		const { world } = daemons;
		await makeRepository(world, stage, SHOP);
		await git(world, stage, "tag", "begin");
		await git(world, stage, "init", "--quiet", "--bare", remoteOf(stage));
		furnish(stage, model.url, [ORCHESTRATOR, ...crew], {});
		model.setScript(scriptOf(crew));
		this.#session("Make a fleet.");
		const patience = new Patience(world.clock, SETTLES * 3, signal);
		await patience.until("the fleet", async () => {
			this.#orchestrator?.check();
			const { lieutenants } = (await this.#tried(contract.status, {})) ?? { lieutenants: [] };
			return lieutenants.length === crew.length && lieutenants.every(({ state }) => state === "idle");
		});
	}

	#session(message: string): void {
		this.#orchestrator = new Orchestrator(this.#options.pi, this.#options.stage, () => undefined);
		this.#orchestrator.prompt(message);
	}

	/** One message; asked again under the same key until it is answered. */
	async #work(): Promise<void> {
		const name = this.#chance.pick(this.#options.crew as readonly [string, ...string[]]);
		const mode = this.#chance.pick(["prompt", "prompt", "followUp", "steer"] as const);
		const message = `say-${++this.#said}`;
		const key = crypto.randomUUID();
		for (;;) {
			this.#options.signal.throwIfAborted();
			try {
				const sent = await this.#host.call(contract.send, { name, message, mode }, { key });
				this.#acknowledged.set(message, sent.message.id);
				return;
			} catch (thrown) {
				if (!(thrown instanceof Fault)) throw thrown;
				if (thrown.code === "lieutenant_deaf") return;
				await sleep(200);
			}
		}
	}

	async #strike(kind: (typeof FAULTS)[number]): Promise<boolean> {
		const { daemons, say } = this.#options;
		const { world } = daemons;
		const [act = "", whom = ""] = kind.split(" ");
		if (whom === "orchestrator") {
			this.#orchestrator?.kill();
			this.#session("Go on.");
			say(kind);
			return true;
		}
		const victim = this.#victim(whom, act);
		if (victim === undefined) return false;
		say(`${kind} (process ${victim.pid})`);
		if (act === "kill") return world.spawn.kill(victim, "SIGKILL");
		process.kill(victim.pid, "SIGSTOP");
		await sleep(this.#chance.between(500, 5_000));
		if (world.spawn.alive(victim)) process.kill(victim.pid, "SIGCONT");
		return true;
	}

	#victim(whom: string, act: string): ProcessId | undefined {
		const { daemons } = this.#options;
		const { world, home } = daemons;
		const daemon = DAEMONS.find((name) => name === whom);
		if (daemon !== undefined) return livingDaemon(world, home, daemon);
		const ids = world.files.list(home.lieutenants);
		const id = ids[this.#chance.between(0, ids.length - 1)];
		if (id === undefined) return undefined;
		const found = readNote(world.files, lieutenantFolder(home, id))?.process;
		if (found === undefined || !world.spawn.alive(found) || act !== "kill") return found;
		const deaths = this.#deaths.get(id) ?? 0;
		if (deaths === DEATHS) return undefined;
		this.#deaths.set(id, deaths + 1);
		return found;
	}

	async #history(): Promise<History> {
		const { daemons, stage } = this.#options;
		const { world, home } = daemons;
		const evidence = await gather(world, stage, this.#hub);
		const fleet = await Promise.all(
			evidence.lieutenants.map(async (row) => {
				const living = readNote(world.files, lieutenantFolder(home, row.id))?.process;
				return {
					row,
					alive: living !== undefined && world.spawn.alive(living),
					entries: evidence.transcripts.find(({ agent }) => agent === row.name)?.entries ?? [],
					messages: (await this.#hub.call(contract.messages, { name: row.name, limit: 500 })).messages,
					commits: evidence.work.find(({ agent }) => agent === row.name)?.commits ?? [],
				};
			}),
		);
		return {
			...{ acknowledged: this.#acknowledged, fleet, entries: evidence.entries },
			notices: evidence.events.flatMap(({ type, detail }) => {
				const { notice, lieutenant } = shape(detail);
				if (typeof notice !== "string") return [];
				return [
					{
						id: notice,
						type: type.replace("lieutenant_", "") as "death",
						lieutenant: { id: text(lieutenant), name: "" },
					},
				];
			}),
			told: hearingsIn(join(stage.root, "agent", "sessions")),
		};
	}

	async #tried<I extends TSchema, O extends TSchema>(
		operation: Operation<I, O>,
		input: Static<I>,
	): Promise<Static<O> | undefined> {
		try {
			return await this.#hub.call(operation, input);
		} catch (thrown) {
			if (!(thrown instanceof Fault)) throw thrown;
			return undefined;
		}
	}
}
