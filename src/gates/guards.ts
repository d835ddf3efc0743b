/**
 * The gates that stand before a tool call, in one place: each looks at the call and says why it may not be, or nothing.
 * What a gate decides is in its own file; here a verdict becomes a refusal, a warning, and an event of the feed.
 */
import { reason } from "../errors.ts";
import type { Clock, Random } from "../world.ts";
import { autoTitle, BOARD_REFUSAL, type BoardState, boardVerdict, changesHolding, FRESH } from "./board.ts";
import type { Place } from "./commands.ts";
import { deployCommand, deployRefusal } from "./deploy.ts";
import type { Found } from "./facts.ts";
import { Holdings } from "./holdings.ts";
import { commandTrespass, fileTrespass, type Ground, trespassText } from "./paths.ts";
import { refusedPush } from "./push.ts";
import { aroundText, pushSpelling } from "./push-spelling.ts";
import type { GateEvent, Records } from "./records.ts";
import type { Gate, GateSettings } from "./settings.ts";
import { factText } from "./territory.ts";
import { type Finding, TerritoryGuard, type TerritoryOptions } from "./territory-guard.ts";
import type { TerritoryEvent, TerritoryMemory } from "./territory-memory.ts";
import { inputText, type Known, touch } from "./tools.ts";
import type { Call } from "./work-log.ts";

/** Whose session this is. */
export type Agent = { readonly type: "lieutenant"; readonly name: string } | { readonly type: "orchestrator" };

export interface GuardOptions {
	readonly settings: GateSettings;
	readonly agent: Agent;
	readonly random: Random;
	readonly clock: Pick<Clock, "elapsed" | "now">;
	readonly ground: Ground;
	readonly files: TerritoryOptions["files"];
	readonly differing: TerritoryOptions["differing"];
	/** Files whose change by a command is told, since a spelling may hide it; size and time of each. */
	readonly watched: readonly string[];
	stamp(path: string): string;
	readonly records: Pick<Records, "publish" | "holdsTask" | "beginTask" | "territories" | "noteTask" | "wayBack">;
	/** What this session's pis knew of territories before this one, and where it is kept for the next. */
	readonly memory: TerritoryMemory;
	remember(event: TerritoryEvent): void;
	readonly tools: Known;
	/** Where commands start, for judging what they may leave behind. */
	readonly place: Place;
	/** Tells the person; the model does not see it. */
	tell(text: string): void;
}

interface Objection {
	readonly gate: Gate;
	readonly text: string;
	readonly metadata?: Readonly<Record<string, unknown>>;
}

export class Guards {
	readonly #options: GuardOptions;
	#run: BoardState = FRESH;
	#prompt = "";
	/** Calls of one step come side by side, and one of them asks the hub. */
	#asking: Promise<void> = Promise.resolve();
	#telling: Promise<unknown> = Promise.resolve();
	readonly #untold: { readonly event: GateEvent; readonly key: string }[] = [];
	readonly #stamps = new Map<string, readonly string[]>();
	readonly #holdings: Holdings;
	/** None for a person's own session: it may change what it likes. */
	readonly #territory: TerritoryGuard | undefined;

	constructor(options: GuardOptions) {
		this.#options = options;
		const { agent, clock, records, tell, settings, memory, remember } = options;
		this.#holdings = new Holdings({
			...{ clock, tell, answer: memory.answer },
			ask: () => records.territories(),
			keep: (answer) => remember({ type: "held", ...answer }),
		});
		if (agent.type !== "lieutenant" || settings.territory === "off") return;
		const keepTold = (paths: readonly string[]): void => remember({ type: "told", paths });
		this.#territory = new TerritoryGuard({
			...{ ...options, agent: agent.name, holdings: this.#holdings, told: memory.told, keepTold },
		});
	}

	/** At the session's end: what was said to the feed has arrived or was complained of. */
	async close(): Promise<void> {
		await this.#telling;
		for (const { event, key } of this.#untold.splice(0)) {
			await this.#options.records.publish(event, key).catch((thrown: unknown) => {
				this.#options.tell(`The feed could not be told: ${reason(thrown)}`);
			});
		}
	}

	/** A prompt begins a run. */
	begin(prompt: string): void {
		this.#run = FRESH;
		this.#prompt = prompt;
	}

	/** A step is over: what was refused in it has been read. */
	turned(): void {
		this.#run = { ...this.#run, heard: this.#run.refused };
	}

	/** Why the call may not be; `undefined` when it may. */
	async before(call: Call): Promise<string | undefined> {
		// One after the other: a call that is refused makes no task.
		const asks: readonly (() => Objection | undefined | Promise<Objection | undefined>)[] = [
			() => this.#push(call),
			() => this.#deploy(call),
			() => this.#path(call),
			() => this.#foreign(call),
			() => this.#board(call),
		];
		for (const ask of asks) {
			const objection = await ask();
			if (objection !== undefined && this.#settings[objection.gate] !== "off") {
				const refused = this.#settings[objection.gate] === "enforce";
				this.#publish(objection, refused ? "refused" : "warned");
				if (refused) return objection.text;
				this.#options.tell(`${objection.text} (gates.${objection.gate} is set to warn.)`);
			}
		}
		this.#watch(call);
		return undefined;
	}

	#watch({ id, tool, vm }: Call): void {
		if (tool !== "bash" || vm !== undefined || this.#settings.protectedPaths === "off") return;
		this.#stamps.set(id, this.#options.watched.map(this.#options.stamp));
	}

	/** After a command: what it changed that is not its agent's to change, in sentences for the model. */
	async after(call: Call, found: Found): Promise<string | undefined> {
		const judged = call.tool === "write" || call.tool === "edit";
		const foreign = judged ? [] : ((await this.#territory?.after(found)) ?? []);
		for (const one of foreign) {
			this.#publish(objectionOf(one), "seen");
			this.#noteFact(one);
		}
		const said = [this.#watched(call), ...foreign.map(({ text }) => text)].filter((text) => text !== undefined);
		return said.length === 0 ? undefined : said.join("\n");
	}

	/** On the task that owns the file: its owner reads that, and not what another's model is told. */
	#noteFact({ foreign }: Finding): void {
		const { agent, records, tell } = this.#options;
		const name = agent.type === "lieutenant" ? agent.name : "The orchestrator";
		const noted = records.noteTask(foreign.by.task, factText(foreign, name), this.#key()).catch((thrown: unknown) => {
			tell(`Task ${foreign.by.task} could not be told that ${foreign.path} was changed: ${reason(thrown)}`);
		});
		this.#telling = Promise.all([this.#telling, noted]);
	}

	#watched({ id }: Call): string | undefined {
		const before = this.#stamps.get(id);
		this.#stamps.delete(id);
		if (before === undefined) return undefined;
		const { watched, stamp, tell } = this.#options;
		const changed = watched.filter((path, index) => stamp(path) !== before[index]);
		if (changed.length === 0) return undefined;
		const text = `${changed.join(", ")} changed while this command ran. Agents do not change that; a person is told.`;
		this.#publish({ gate: "protectedPaths", text, metadata: { files: changed } }, "seen");
		tell(text);
		return text;
	}

	async #foreign(call: Call): Promise<Objection | undefined> {
		if (changesHolding(call.tool)) this.#holdings.forget();
		const foreign = call.vm === undefined ? await this.#territory?.before(call) : undefined;
		return foreign === undefined ? undefined : objectionOf(foreign);
	}

	get #settings(): GateSettings {
		return this.#options.settings;
	}

	#board(call: Call): Promise<Objection | undefined> {
		const judged = this.#asking.then(() => this.#task(call));
		this.#asking = judged.then(() => undefined);
		return judged;
	}

	async #task({ tool, input }: Call): Promise<Objection | undefined> {
		const { agent, tools, place } = this.#options;
		if (agent.type !== "lieutenant" || this.#settings.board === "off") return undefined;
		if (changesHolding(tool)) this.#run = { ...this.#run, holding: "unknown" };
		const kind = await touch(tool, input, place, tools);
		if (kind.type === "none" || kind.type === "log") return undefined;
		if (this.#run.holding === "unknown") this.#run = { ...this.#run, holding: await this.#holding(agent.name) };
		const verdict = boardVerdict(this.#run);
		if (verdict === "pass") return undefined;
		if (verdict === "make") return await this.#makeTask();
		// Only to be warned of: once is enough.
		const holding = this.#settings.board === "warn" ? "held" : "none";
		this.#run = { ...this.#run, refused: true, holding };
		return { gate: "board", text: BOARD_REFUSAL };
	}

	async #holding(name: string): Promise<BoardState["holding"]> {
		try {
			return (await this.#options.records.holdsTask(name)) ? "held" : "none";
		} catch (thrown) {
			this.#options.tell(`The board could not be asked whether ${name} holds a task: ${reason(thrown)}`);
			return "held";
		}
	}

	async #makeTask(): Promise<undefined> {
		const title = autoTitle(this.#prompt);
		try {
			const task = await this.#options.records.beginTask(title, this.#key());
			this.#publish(
				{ gate: "board", text: `Task ${task} was made for work without one: ${title}`, metadata: { task } },
				"auto",
			);
		} catch (thrown) {
			this.#options.tell(`A task for work without one could not be made: ${reason(thrown)}`);
		}
		this.#run = { ...this.#run, holding: "held" };
		return undefined;
	}

	#key(): string {
		return Buffer.from(this.#options.random.bytes(8)).toString("hex");
	}

	#path({ tool, input, vm }: Call): Objection | undefined {
		// A VM has none of what is protected here.
		if (this.#settings.protectedPaths === "off" || vm !== undefined) return undefined;
		const { ground } = this.#options;
		const found =
			tool === "bash"
				? commandTrespass(ground, inputText(input, "command"))
				: tool === "write" || tool === "edit"
					? fileTrespass(ground, inputText(input, "path"))
					: tool === "vers_vm_copy" && !inputText(input, "to").startsWith("vm:")
						? fileTrespass(ground, inputText(input, "to"))
						: undefined;
		if (found === undefined) return undefined;
		return { gate: "protectedPaths", text: trespassText(found), metadata: { path: found.path } };
	}

	#push({ tool, input }: Call): Objection | undefined {
		const { agent } = this.#options;
		if (agent.type !== "lieutenant" || tool !== "bash") return undefined;
		const spelled = pushSpelling(inputText(input, "command"), this.#settings.protectedBranches);
		if (spelled === undefined) return undefined;
		if (spelled.type === "around")
			return { gate: "pushToMain", text: aroundText(spelled.what), metadata: { around: spelled.what } };
		// Granted, or only to be warned of: the hook says so when it happens.
		if (this.#settings.pushGrants.includes(agent.name) || this.#settings.pushToMain === "warn") return undefined;
		return {
			gate: "pushToMain",
			text: refusedPush(spelled.branch, agent.name),
			metadata: { branches: [spelled.branch] },
		};
	}

	async #deploy({ tool, input }: Call): Promise<Objection | undefined> {
		const { deploy, deployCommands, deployMinutes: minutes } = this.#settings;
		if (tool !== "bash" || deploy === "off") return undefined;
		const command = deployCommand(inputText(input, "command"), deployCommands);
		if (command === undefined) return undefined;
		const known = await this.#options.records.wayBack().catch((thrown: unknown) => ({ unknown: reason(thrown) }));
		const text = deployRefusal(command, known, { now: this.#options.clock.now(), minutes });
		return text === undefined ? undefined : { gate: "deploy", text, metadata: { command } };
	}

	#publish({ gate, text, metadata }: Objection, verdict: string): void {
		const event = { summary: text, metadata: { gate, verdict, ...metadata } };
		const untold = { event, key: this.#key() };
		// Not waited for until the session ends: the feed tells the story, it decides nothing.
		const told = this.#options.records.publish(event, untold.key).catch(() => {
			// A session's first moments come before the hub knows its token: asked again at the end, under the same key.
			this.#untold.push(untold);
		});
		this.#telling = Promise.all([this.#telling, told]);
	}
}

const objectionOf = ({ text, foreign: { path, by } }: Finding): Objection => ({
	gate: "territory",
	text,
	metadata: { path, task: by.task, owner: by.owner },
});
