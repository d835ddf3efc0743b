/** The gates of one pi session: what each event of pi means to them, and how a refusal is put before the model. */
import type {
	AgentBeforeSettleEvent,
	AgentBeforeSettleEventResult,
	BeforeAgentStartEvent,
	BeforeAgentStartEventResult,
	ContextWithSystemEvent,
	ExtensionAPI,
	ExtensionContext,
	SessionShutdownEvent,
	SessionStartEvent,
	ToolCallEvent,
	ToolCallEventResult,
	ToolExecutionEndEvent,
	ToolResultEvent,
	ToolResultEventResult,
} from "@earendil-works/pi-coding-agent";
import { reason } from "../../src/errors.ts";
import { type Agent, Guards } from "../../src/gates/guards.ts";
import { WORK, workEvents } from "../../src/gates/ledger.ts";
import { differing } from "../../src/gates/observe.ts";
import type { Records } from "../../src/gates/records.ts";
import { gateLines } from "../../src/gates/report.ts";
import { RULES, RULES_SECTION, withRules } from "../../src/gates/rules.ts";
import type { GateSettings } from "../../src/gates/settings.ts";
import { TERRITORY, territoryMemory } from "../../src/gates/territory-memory.ts";
import { WorkLog } from "../../src/gates/work-log.ts";
import { unwrap } from "../../src/pi/envelope.ts";
import { ROUTED, routeOf, routes } from "../../src/pi/route.ts";
import { readSession } from "../../src/pi/session.ts";
import { breathe } from "../../src/world/breath.ts";
import { holding } from "../../src/world/hold.ts";
import type { World } from "../../src/world.ts";
import { groundOf, SCRATCH } from "./ground.ts";

/** `customType` of the message that refuses to settle. */
const REFUSAL = "flagship.gate";

type SessionRecords = Omit<Records, "recordUsage"> & { leave(): Promise<void> };

export interface GateParts {
	readonly settings: GateSettings;
	readonly agent: Agent;
	world(): Promise<World>;
	records(ctx: ExtensionContext): SessionRecords;
	/** The effect of one of our own tools. */
	own(tool: string, input: unknown): Promise<{ readonly effect?: string } | undefined>;
}

export class GateSession {
	readonly #settings: GateSettings;
	readonly #records: SessionRecords;
	readonly #guards: Guards;
	readonly #gate: WorkLog;

	private constructor(settings: GateSettings, records: SessionRecords, guards: Guards, gate: WorkLog) {
		this.#settings = settings;
		this.#records = records;
		this.#guards = guards;
		this.#gate = gate;
	}

	/** `event` is the session's start; it may have been some time ago. */
	static async begin(
		pi: Pick<ExtensionAPI, "appendEntry">,
		parts: GateParts,
		event: SessionStartEvent,
		ctx: ExtensionContext,
	): Promise<GateSession> {
		const { settings, agent, own } = parts;
		const world = await parts.world();
		const records = parts.records(ctx);
		const tools = { own, quiet: settings.quietTools };
		const tell = (text: string): void => notify(ctx, text);
		const guards = new Guards({
			...{ settings, tools, agent, records, tell },
			...{ random: world.random, clock: world.clock, files: world.files },
			differing: (paths) => differing(world, ctx.cwd, paths),
			memory: territoryMemory(ctx.sessionManager.getEntries()),
			remember: (event) => pi.appendEntry(TERRITORY, event),
			...groundOf(world.files, ctx.cwd, agent),
		});
		const gate = new WorkLog({
			...{ world, records, tools, tell },
			mode: settings.workLog,
			cwd: ctx.cwd,
			scratch: SCRATCH,
			keep: (kept) => pi.appendEntry(WORK, kept),
		});
		for (const problem of settings.problems) tell(problem);
		const copiedFrom = ctx.sessionManager.getHeader()?.parentSession ?? previous(event);
		const parent = copiedFrom === undefined ? [] : workEvents(readSession(world.files, copiedFrom).entries);
		await gate.restore(workEvents(ctx.sessionManager.getEntries()), parent, event.reason === "reload");
		return new GateSession(settings, records, guards, gate);
	}

	/** What `/gates` says. What is on can be told without the hub; the report says why the rest is not there. */
	async report(): Promise<string> {
		const heard = this.#records.fired().catch((thrown: unknown) => ({ unknown: reason(thrown) }));
		return gateLines(this.#settings, await holding(heard)).join("\n");
	}

	prompted(event: BeforeAgentStartEvent): BeforeAgentStartEventResult | undefined {
		this.#guards.begin(unwrap(event.prompt).text);
		if (this.#settings.workLog === "off") return undefined;
		event.systemPromptOptions.sections[RULES_SECTION] = RULES;
		const content = this.#gate.reminder();
		return content === undefined ? undefined : { message: { customType: REFUSAL, content, display: true } };
	}

	context(event: ContextWithSystemEvent): { messages: ContextWithSystemEvent["messages"] } | undefined {
		return this.#settings.workLog === "off" ? undefined : { messages: withRules(event.messages) };
	}

	started(): void {
		this.#gate.begin();
	}

	turned(): void {
		this.#guards.turned();
	}

	async called(event: ToolCallEvent): Promise<ToolCallEventResult | undefined> {
		// Fifty calls of one answer come one after another without a pause, and a person may be typing.
		await breathe();
		const vm = ROUTED.has(event.toolName) ? routeOf(routes(), event.toolCallId)?.vm : undefined;
		const call = { id: event.toolCallId, tool: event.toolName, input: event.input, vm };
		const refused = await this.#guards.before(call);
		if (refused !== undefined) return { block: true, reason: refused };
		const verdict = await this.#gate.before(call);
		if (verdict?.type === "block") return { block: true, reason: verdict.reason };
		if (verdict?.type === "entry") {
			// Facts are what was seen, never what the caller says was seen.
			Reflect.deleteProperty(event.input, "facts");
			if (verdict.facts !== undefined) Reflect.set(event.input, "facts", verdict.facts);
		}
		return undefined;
	}

	async answered(event: ToolResultEvent): Promise<ToolResultEventResult | undefined> {
		const text = event.content.map((block) => (block.type === "text" ? block.text : "")).join("\n");
		const call = { id: event.toolCallId, tool: event.toolName, input: event.input };
		const found = await this.#gate.after(call, { isError: event.isError, text });
		const seen = await this.#guards.after(call, found);
		return seen === undefined ? undefined : { content: [...event.content, { type: "text" as const, text: seen }] };
	}

	async executed(event: ToolExecutionEndEvent): Promise<void> {
		await this.#gate.ended({ id: event.toolCallId, tool: event.toolName, input: undefined });
	}

	async settling(event: AgentBeforeSettleEvent): Promise<AgentBeforeSettleEventResult | undefined> {
		try {
			const verdict = await holding(this.#gate.settle(event.outcome));
			if (verdict.type !== "refuse") return undefined;
			const message = {
				type: "custom_message" as const,
				customType: REFUSAL,
				content: verdict.text,
				display: true,
				details: { refusal: verdict.refusal },
			};
			return { entries: [...event.entries, message], continue: true };
		} catch (thrown) {
			// pi takes a handler that throws for one that agrees.
			await holding(this.#gate.giveUp(thrown));
			return undefined;
		}
	}

	async settled(): Promise<void> {
		await this.#gate.settled();
	}

	async end(event: SessionShutdownEvent): Promise<void> {
		await holding(this.#gate.shutdown(event.reason));
		await holding(this.#guards.close());
		await this.#records.leave();
	}
}

const previous = (event: { readonly reason: string; readonly previousSessionFile?: string }): string | undefined =>
	event.reason === "fork" ? event.previousSessionFile : undefined;

function notify(ctx: ExtensionContext, text: string): void {
	if (ctx.hasUI) ctx.ui.notify(`Flagship: ${text}`, "warning");
	else process.stderr.write(`Flagship: ${text}\n`);
}
