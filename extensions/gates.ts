/** The gates in pi: they hear tools and the end of runs, and put a refusal before the model. */
import { readdirSync, realpathSync } from "node:fs";
import { homedir, tmpdir, userInfo } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import type { ExtensionAPI, ExtensionContext } from "@earendil-works/pi-coding-agent";
import { homeOf } from "../src/daemon/home.ts";
import { readSettings } from "../src/daemon/settings.ts";
import { reason } from "../src/errors.ts";
import { useRecords } from "../src/fleet/lazy-records.ts";
import { piVersion, tooOld } from "../src/fleet/pi-version.ts";
import { type Agent, type GuardOptions, Guards } from "../src/gates/guards.ts";
import { WORK, workEvents } from "../src/gates/ledger.ts";
import { gitRoot } from "../src/gates/observe.ts";
import { zonesOf } from "../src/gates/paths.ts";
import type { Records } from "../src/gates/records.ts";
import { gateLines } from "../src/gates/report.ts";
import { RULES, RULES_SECTION, withRules } from "../src/gates/rules.ts";
import { GATE_DEFAULTS, type GateSettings, gateSettings, PROJECT_FILE, tighten } from "../src/gates/settings.ts";
import { WorkLog } from "../src/gates/work-log.ts";
import { unwrap } from "../src/pi/envelope.ts";
import { loadOnce } from "../src/pi/once.ts";
import { readSession } from "../src/pi/session.ts";
import { holding } from "../src/world/hold.ts";
import type { Files, World } from "../src/world.ts";

/** `customType` of the message that refuses to settle. */
const REFUSAL = "flagship.gate";

/** Folders for passing things. */
const SCRATCH: readonly string[] = [...new Set([tmpdir(), "/tmp", "/var/tmp"])];

export interface GateParts {
	readonly settings: GateSettings;
	readonly agent: Agent;
	world(): Promise<World>;
	records(
		ctx: ExtensionContext,
	): Pick<Records, "append" | "publish" | "holdsTask" | "beginTask" | "fired"> & { leave(): Promise<void> };
	/** The effect of one of our own tools. */
	own(tool: string, input: unknown): Promise<{ readonly effect?: string } | undefined>;
}

export function registerGates(pi: ExtensionAPI, parts: GateParts): void {
	const { settings } = parts;
	let gate: WorkLog | undefined;
	let guards: Guards | undefined;
	let fired: Records["fired"] = async () => [];
	let leave: () => Promise<void> = async () => undefined;

	pi.on("session_start", async (event, ctx) => {
		const world = await parts.world();
		const records = parts.records(ctx);
		leave = () => records.leave();
		fired = () => records.fired();
		guards = new Guards({
			settings,
			tools: { own: parts.own, quiet: settings.quietTools },
			agent: parts.agent,
			random: world.random,
			...groundOf(world.files, ctx.cwd, parts.agent),
			records,
			tell: (text) => notify(ctx, text),
		});
		gate = new WorkLog({
			world,
			records,
			mode: settings.workLog,
			cwd: ctx.cwd,
			scratch: SCRATCH,
			tools: { own: parts.own, quiet: settings.quietTools },
			keep: (kept) => pi.appendEntry(WORK, kept),
			tell: (text) => notify(ctx, text),
		});
		for (const problem of settings.problems) notify(ctx, problem);
		const copiedFrom = ctx.sessionManager.getHeader()?.parentSession ?? previous(event);
		const parent = copiedFrom === undefined ? [] : workEvents(readSession(world.files, copiedFrom).entries);
		await gate.restore(workEvents(ctx.sessionManager.getEntries()), parent, event.reason === "reload");
	});

	pi.registerCommand("gates", {
		description: "Which gates are on, what they refused, and why",
		async handler(_args, ctx) {
			// What is on can be told without the hub; the report says that it did not answer.
			const events = await holding(fired().catch(() => undefined));
			const text = gateLines(settings, events).join("\n");
			if (ctx.hasUI) ctx.ui.notify(text, "info");
			else process.stdout.write(`${text}\n`);
		},
	});

	pi.on("before_agent_start", (event) => {
		guards?.begin(unwrap(event.prompt).text);
		if (settings.workLog === "off") return undefined;
		event.systemPromptOptions.sections[RULES_SECTION] = RULES;
		const content = gate?.reminder();
		return content === undefined ? undefined : { message: { customType: REFUSAL, content, display: true } };
	});

	pi.on("context_with_system", (event) =>
		settings.workLog === "off" ? undefined : { messages: withRules(event.messages) },
	);

	pi.on("turn_end", () => guards?.turned());

	pi.on("agent_start", () => gate?.begin());

	pi.on("tool_call", async (event) => {
		const call = { id: event.toolCallId, tool: event.toolName, input: event.input };
		const refused = await guards?.before(call);
		if (refused !== undefined) return { block: true, reason: refused };
		const verdict = await gate?.before(call);
		if (verdict?.type === "block") return { block: true, reason: verdict.reason };
		if (verdict?.type === "entry") {
			// Facts are what was seen, never what the caller says was seen.
			Reflect.deleteProperty(event.input, "facts");
			if (verdict.facts !== undefined) Reflect.set(event.input, "facts", verdict.facts);
		}
		return undefined;
	});

	pi.on("tool_result", async (event) => {
		const text = event.content.map((block) => (block.type === "text" ? block.text : "")).join("\n");
		const call = { id: event.toolCallId, tool: event.toolName, input: event.input };
		await gate?.after(call, { isError: event.isError, text });
		const seen = guards?.after(call);
		return seen === undefined ? undefined : { content: [...event.content, { type: "text" as const, text: seen }] };
	});

	pi.on("tool_execution_end", async (event) => {
		await gate?.ended({ id: event.toolCallId, tool: event.toolName, input: undefined });
	});

	pi.on("agent_before_settle", async (event) => {
		if (gate === undefined) return undefined;
		try {
			const verdict = await holding(gate.settle(event.outcome));
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
			await holding(gate.giveUp(thrown));
			return undefined;
		}
	});

	pi.on("agent_settled", async () => {
		await gate?.settled();
	});

	pi.on("session_shutdown", async (event) => {
		await holding(gate?.shutdown(event.reason) ?? Promise.resolve());
		gate = undefined;
		await holding(guards?.close() ?? Promise.resolve());
		guards = undefined;
		await leave();
	});
}

/** What this session's tools may not change. */
function groundOf(
	files: Files,
	cwd: string,
	agent: Agent,
): Pick<GuardOptions, "ground" | "watched" | "stamp" | "place"> {
	const { env } = process;
	const home = resolve(env.FLAGSHIP_HOME || join(homedir(), ".flagship"));
	const pi = env.PI_CODING_AGENT_DIR ?? join(homedir(), ".pi", "agent");
	const lieutenant = agent.type === "lieutenant";
	const temporary = lieutenant && env.TMPDIR !== undefined ? { temporary: env.TMPDIR } : {};
	const top = gitRoot({ files }, cwd) ?? cwd;
	const zones = zonesOf({ home, pi, cwd, top, ...temporary }, lieutenant);
	const own = env.FLAGSHIP_LIEUTENANT_FOLDER;
	return {
		place: { cwd, root: top, git: true, scratch: SCRATCH },
		ground: {
			zones: zones.map((zone) => ({ ...zone, path: realPath(zone.path) })),
			cwd,
			variables: { ...env, HOME: homedir(), FLAGSHIP_HOME: home, PI_CODING_AGENT_DIR: pi, PWD: cwd },
			real: realPath,
		},
		watched: [
			join(home, "settings.json"),
			...(own === undefined ? [] : [join(own, "hooks", "pre-push"), join(own, "push-policy.json")]),
		],
		stamp(path) {
			const stat = files.stat(path);
			return stat === undefined ? "" : `${stat.size}:${stat.changed}`;
		},
	};
}

/** Links resolved as far as the path exists: a link to a protected file is that file. */
function realPath(path: string): string {
	try {
		return realpathSync(path);
	} catch {
		// Not there, or not to be looked into: what is above it decides.
		return dirname(path) === path ? path : join(realPath(dirname(path)), basename(path));
	}
}

const previous = (event: { readonly reason: string; readonly previousSessionFile?: string }): string | undefined =>
	event.reason === "fork" ? event.previousSessionFile : undefined;

function notify(ctx: ExtensionContext, text: string): void {
	if (ctx.hasUI) ctx.ui.notify(`Flagship: ${text}`, "warning");
	else process.stderr.write(`Flagship: ${text}\n`);
}

const SLOT = Symbol.for("flagship.gates");

/** Read once per process: a session that could change them on the way could switch its own gates off. */
async function launchSettings(): Promise<GateSettings> {
	const place = globalThis as { [SLOT]?: GateSettings };
	place[SLOT] ??= await settingsNow();
	return place[SLOT];
}

async function settingsNow(): Promise<GateSettings> {
	const { env } = process;
	const { files } = await import("../src/world/files.ts");
	const cwd = process.cwd();
	const project = (settings: GateSettings): GateSettings =>
		[...new Set([gitRoot({ files }, cwd) ?? cwd, cwd])].reduce(
			(so, folder) => tighten(so, files.read(join(folder, PROJECT_FILE))),
			settings,
		);
	try {
		const home = homeOf(env, { uid: userInfo().uid, folder: homedir() });
		return project(gateSettings(readSettings(home, env).values, env));
	} catch (thrown) {
		const fallback = gateSettings({}, env);
		return { ...fallback, problems: [...GATE_DEFAULTS.problems, ...fallback.problems, reason(thrown)] };
	}
}

function agentOf({ FLAGSHIP_LIEUTENANT: id = "", VERS_AGENT_NAME: name }: NodeJS.ProcessEnv): Agent {
	return id === "" ? { type: "orchestrator" } : { type: "lieutenant", name: name ?? id };
}

/** Our tools' effects, out of the contract; loaded when a tool that is not pi's own is first called. */
function ownEffects(): GateParts["own"] {
	let loaded: Promise<ReadonlyMap<string, (input: unknown) => string | undefined>> | undefined;
	const load = async () => {
		const { contractFolder, loadOperations } = await import("../src/fleet/catalog.ts");
		const operations = await loadOperations(readdirSync(contractFolder));
		return new Map(
			operations.flatMap((operation) =>
				operation.tool === undefined ? [] : [[operation.tool, (input: unknown) => operation.effect?.(input)] as const],
			),
		);
	};
	return async (tool, input) => {
		loaded ??= load();
		const effectOf = (await loaded).get(tool);
		if (effectOf === undefined) return undefined;
		const effect = effectOf(input);
		return effect === undefined ? {} : { effect };
	};
}

export default async function gates(pi: ExtensionAPI): Promise<void> {
	if (tooOld(await piVersion()) !== undefined || !loadOnce(pi, "gates")) return;
	registerGates(pi, {
		settings: await launchSettings(),
		agent: agentOf(process.env),
		world: async () => (await import("../src/world/real.ts")).realWorld(),
		records: (ctx) => useRecords(async () => (await import("../src/fleet/open-records.ts")).openRecords(ctx)),
		own: ownEffects(),
	});
}
