/** What the gates of this process are given at its launch. */
import { readdirSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import { homeOf } from "../../src/daemon/home.ts";
import { readSettings } from "../../src/daemon/settings.ts";
import { reason } from "../../src/errors.ts";
import { useRecords } from "../../src/fleet/lazy-records.ts";
import type { Agent } from "../../src/gates/guards.ts";
import { gitRoot } from "../../src/gates/observe.ts";
import { GATE_DEFAULTS, type GateSettings, gateSettings, PROJECT_FILE, tighten } from "../../src/gates/settings.ts";
import type { GateParts } from "./session.ts";

const SLOT = Symbol.for("flagship.gates");

/** Read once per process: a session that could change them on the way could switch its own gates off. */
async function launchSettings(): Promise<GateSettings> {
	const place = globalThis as { [SLOT]?: GateSettings };
	place[SLOT] ??= await settingsNow();
	return place[SLOT];
}

async function settingsNow(): Promise<GateSettings> {
	const { env } = process;
	const { files } = await import("../../src/world/files.ts");
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
		const { contractFolder, loadOperations } = await import("../../src/fleet/catalog.ts");
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

export const launchParts = async (): Promise<GateParts> => ({
	settings: await launchSettings(),
	agent: agentOf(process.env),
	world: async () => (await import("../../src/world/real.ts")).realWorld(),
	records: (ctx) => useRecords(async () => (await import("../../src/fleet/open-records.ts")).openRecords(ctx)),
	own: ownEffects(),
});
