/** A pi session inside this process, with a scripted provider, the gate, and records in memory. */
import { join } from "node:path";
import {
	type AssistantMessage,
	fauxAssistantMessage,
	fauxProvider,
	fauxToolCall,
	type JsonObject,
} from "@earendil-works/pi-ai";
import {
	type AgentSession,
	createAgentSession,
	DefaultResourceLoader,
	type ExtensionAPI,
	ModelRuntime,
	SessionManager,
	SettingsManager,
} from "@earendil-works/pi-coding-agent";
import { Type } from "@sinclair/typebox";
import type { GateParts } from "../../extensions/gates/session.ts";
import { registerGates } from "../../extensions/gates.ts";
import type { WorkEvent } from "../../src/gates/ledger.ts";
import { workEvents } from "../../src/gates/ledger.ts";
import type { GateEntry, GateEvent } from "../../src/gates/records.ts";
import { GATE_DEFAULTS, type GateSettings } from "../../src/gates/settings.ts";
import { realWorld } from "../../src/world/real.ts";
import type { World } from "../../src/world.ts";
import { makeFolder } from "../support/folder.ts";

export interface Step {
	readonly text?: string;
	readonly calls?: readonly { readonly name: string; readonly input: JsonObject }[];
}

export const say = (text: string): Step => ({ text });
export const call = (name: string, input: JsonObject): Step => ({ calls: [{ name, input }] });
export const bash = (command: string): Step => call("bash", { command });
export const log = (text: string): Step => call("log_append", { text });

/** What `log_append` sent, and what the gate wrote by itself. */
export interface Logged {
	readonly text: string;
	readonly facts?: GateEntry["facts"];
	readonly by: "model" | "gate";
}

export interface FauxOptions {
	readonly cwd: string;
	readonly settings?: Partial<GateSettings>;
	readonly sessions?: SessionManager;
	/** The hub refuses what the gate writes. */
	readonly away?: () => boolean;
	readonly world?: World;
}

export interface Faux {
	readonly session: AgentSession;
	readonly logged: Logged[];
	readonly events: GateEvent[];
	/** Commands that the gate ran. */
	readonly spawned: string[];
	/** Prompts, lets the model take these steps and whatever `then` says after them, and waits until it settles. */
	run(prompt: string, steps: readonly Step[]): Promise<void>;
	/** What the gate put before the model, oldest first. */
	refusals(): readonly string[];
	/** Texts of tool results that are errors. */
	errors(): readonly string[];
	work(): readonly WorkEvent[];
	/** How often the model was asked. */
	asked(): number;
	end(): Promise<void>;
}

const messageOf = ({ text, calls = [] }: Step): AssistantMessage =>
	calls.length === 0
		? fauxAssistantMessage(text ?? "done")
		: fauxAssistantMessage(
				calls.map(({ name, input }) => fauxToolCall(name, input)),
				{ stopReason: "toolUse" },
			);

export async function makeFaux({
	cwd,
	settings,
	sessions,
	away = () => false,
	world = realWorld(),
}: FauxOptions): Promise<Faux> {
	const agentDir = makeFolder();
	const logged: Logged[] = [];
	const events: GateEvent[] = [];
	const spawned: string[] = [];
	const watched: World = {
		...world,
		spawn: {
			...world.spawn,
			run: (command, args, options) => {
				spawned.push(`${command} ${args.join(" ")}`);
				return world.spawn.run(command, args, options);
			},
		},
	};
	const extension = (pi: ExtensionAPI): void => {
		pi.registerTool({
			name: "log_append",
			label: "log",
			description: "log",
			parameters: Type.Object({ text: Type.String() }),
			async execute(_id, input) {
				logged.push({ ...(input as { text: string; facts?: GateEntry["facts"] }), by: "model" });
				return { content: [{ type: "text" as const, text: "Logged." }], details: undefined };
			},
		});
		for (const name of ["ours", "ours_reading", "foreign", "quiet"]) {
			pi.registerTool({
				name,
				label: name,
				description: name,
				parameters: Type.Object({}),
				async execute() {
					return { content: [{ type: "text" as const, text: "ok" }], details: undefined };
				},
			});
		}
		const parts: GateParts = {
			agent: { type: "orchestrator" },
			settings: { ...GATE_DEFAULTS, ...settings },
			world: async () => watched,
			records: () => ({
				async append(entry) {
					if (away()) throw new Error("the hub is away");
					logged.push({ ...entry, by: "gate" });
				},
				async publish(event) {
					events.push(event);
				},
				fired: async () => [],
				holdsTask: async () => true,
				territories: async () => [],
				noteTask: async () => undefined,
				wayBack: async () => undefined,
				beginTask: async () => "01TASK",
				leave: async () => undefined,
			}),
			own: async (tool) =>
				tool === "ours" ? { effect: "created lieutenant docs" } : tool === "ours_reading" ? {} : undefined,
		};
		registerGates(pi, { from: "start", parts: async () => parts });
	};
	const faux = fauxProvider({ models: [{ id: "m1" }] });
	const modelRuntime = await ModelRuntime.create({
		authPath: join(agentDir, "auth.json"),
		modelsPath: join(agentDir, "models.json"),
	});
	modelRuntime.registerNativeProvider(faux.provider);
	const settingsManager = SettingsManager.inMemory();
	const resourceLoader = new DefaultResourceLoader({ cwd, agentDir, settingsManager, extensionFactories: [extension] });
	await resourceLoader.reload();
	const { session } = await createAgentSession({
		cwd,
		agentDir,
		model: faux.getModel(),
		modelRuntime,
		resourceLoader,
		settingsManager,
		sessionManager: sessions ?? SessionManager.inMemory(cwd),
	});
	const faults: string[] = [];
	await session.bindExtensions({ mode: "print", onError: (error) => faults.push(error.error) });

	const results = () =>
		session.sessionManager.getEntries().flatMap((entry) => (entry.type === "message" ? [entry.message] : []));
	return {
		session,
		logged,
		events,
		spawned,
		async run(prompt, steps) {
			faux.setResponses([...steps.map(messageOf), ...Array.from({ length: 6 }, () => fauxAssistantMessage("no."))]);
			await session.prompt(prompt);
			if (faults.length > 0) throw new Error(faults.join("; "));
		},
		refusals: () =>
			session.sessionManager
				.getEntries()
				.flatMap((entry) =>
					entry.type === "custom_message" && entry.customType === "flagship.gate" ? [String(entry.content)] : [],
				),
		errors: () =>
			results().flatMap((message) =>
				message.role === "toolResult" && message.isError
					? [message.content.map((block) => (block.type === "text" ? block.text : "")).join("")]
					: [],
			),
		work: () => workEvents(session.sessionManager.getEntries()),
		asked: () => faux.state.callCount,
		async end() {
			await session.extensionRunner?.emit({ type: "session_shutdown", reason: "quit" });
			session.dispose();
		},
	};
}
