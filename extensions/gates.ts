/** The gates in pi: they hear tools and the end of runs, and put a refusal before the model. */
import type { ExtensionAPI } from "@earendil-works/pi-coding-agent";
import { piVersion, tooOld } from "../src/fleet/pi-version.ts";
import { loadOnce } from "../src/pi/once.ts";
import type { GateParts, GateSession } from "./gates/session.ts";

export interface GateOptions {
	/**
	 * `start`: with the session, as a person should hear at once of settings that are wrong. `work`: at the first prompt,
	 * before anything is done; a lieutenant is ready the sooner.
	 */
	readonly from: "start" | "work";
	/** Called once per session, when it begins. */
	parts(): Promise<GateParts>;
}

export function registerGates(pi: ExtensionAPI, { from, parts }: GateOptions): void {
	/** The gates of the session that is open; what begins them is done once. */
	let session: () => Promise<GateSession | undefined> = async () => undefined;
	let begun = false;

	pi.on("session_start", async (event, ctx) => {
		let opened: Promise<GateSession> | undefined;
		begun = false;
		session = () => {
			begun = true;
			opened ??= Promise.all([import("./gates/session.ts"), parts()]).then(([module, given]) =>
				module.GateSession.begin(pi, given, event, ctx),
			);
			return opened;
		};
		if (from === "start") await session();
	});

	pi.registerCommand("gates", {
		description: "Which gates are on, what they refused, and why",
		async handler(_args, ctx) {
			const text = await (await session())?.report();
			if (text === undefined) return;
			if (ctx.hasUI) ctx.ui.notify(text, "info");
			else process.stdout.write(`${text}\n`);
		},
	});

	pi.on("before_agent_start", async (event) => (await session())?.prompted(event));
	pi.on("context_with_system", async (event) => (await session())?.context(event));
	pi.on("agent_start", async () => (await session())?.started());
	pi.on("turn_end", async () => (await session())?.turned());
	// Where the gates cannot be loaded this throws, and pi does not run the tool.
	pi.on("tool_call", async (event) => (await session())?.called(event));
	pi.on("tool_result", async (event) => (await session())?.answered(event));
	pi.on("tool_execution_end", async (event) => (await session())?.executed(event));
	pi.on("agent_before_settle", async (event) => (await session())?.settling(event));
	pi.on("agent_settled", async () => (await session())?.settled());

	pi.on("session_shutdown", async (event) => {
		const open = begun ? await session() : undefined;
		session = async () => undefined;
		await open?.end(event);
	});
}

export default async function gates(pi: ExtensionAPI): Promise<void> {
	if (tooOld(await piVersion()) !== undefined || !loadOnce(pi, "gates")) return;
	registerGates(pi, {
		from: (process.env.FLAGSHIP_LIEUTENANT ?? "") === "" ? "start" : "work",
		parts: async () => (await import("./gates/launch.ts")).launchParts(),
	});
}
