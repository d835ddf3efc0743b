/** The hub's operations as tools of this session's role. An orchestrator also finds or starts the hub of its machine. */
import { readdirSync, readFileSync } from "node:fs";
import type { ExtensionAPI, ExtensionContext } from "@earendil-works/pi-coding-agent";
import type { Role } from "../src/contract/operation.ts";
import { fault } from "../src/errors.ts";
import { cardsFile, cardsIn } from "../src/fleet/card.ts";
import { contractFolder, operationsIn } from "../src/fleet/catalog.ts";
import { putAway, registerFinder } from "../src/fleet/finder.ts";
import { openFor } from "../src/fleet/open.ts";
import { knowsExposure, piVersion, tooOld } from "../src/fleet/pi-version.ts";
import type { Session } from "../src/fleet/session.ts";
import { registerOperationTool, sentence, type ToolCall, toolsFor } from "../src/fleet/tools.ts";
import { loadOnce } from "../src/pi/once.ts";
import { holding } from "../src/world/hold.ts";

export default async function hub(pi: ExtensionAPI): Promise<void> {
	if (!loadOnce(pi, "hub")) return;
	const version = await piVersion();
	const refusal = tooOld(version);
	if (refusal !== undefined) {
		pi.on("session_start", (_event, ctx) => notify(ctx, sentence(refusal), "error"));
		return;
	}

	const role: Role = (process.env.FLAGSHIP_LIEUTENANT ?? "") === "" ? "orchestrator" : "lieutenant";
	const all = toolsFor(role, cardsIn(readFileSync(cardsFile, "utf8")));
	const find = operationsIn(() => readdirSync(contractFolder));
	// What an orchestrator asks of its host is made by `lieutenants.ts`, which a lieutenant does not have.
	const tools = all.filter((card) => card.at === "hub" || role === "lieutenant");
	// All of them: one finder finds them.
	const deferred = all.filter((card) => card.core !== true);
	const exposure = knowsExposure(version);
	let open: (() => Promise<Session>) | undefined;
	let session: Promise<Session> | undefined;

	const call: ToolCall = async (operation, input, options) => {
		if (open === undefined) throw fault("hub_away", "");
		session ??= open();
		const opened = await session;
		if (operation.at === "hub") return await holding(opened.call(operation, input, options));
		return { type: "done", output: await holding(opened.host().call(operation, input, options)) };
	};
	const newKey = () => crypto.randomUUID();
	for (const card of tools) {
		registerOperationTool(pi, card, find, call, { newKey, deferred: exposure && card.core !== true });
	}
	registerFinder(pi, deferred);

	pi.on("session_start", async (_event, ctx) => {
		putAway(pi, deferred, exposure);
		open = () => openFor(ctx);
		// A lieutenant starts nothing: it loads the client when it first has something to ask.
		if (role === "lieutenant") return;
		const opened = open();
		session = opened;
		// In the background: the person may type while the daemons start. Said once; later each tool says it.
		(await opened).begin().catch((error: unknown) => {
			// A context outlives its session only to throw.
			if (session === opened) notify(ctx, sentence(error), "warning");
		});
	});
	pi.on("session_shutdown", async () => {
		const left = session;
		[open, session] = [undefined, undefined];
		(await left)?.leave();
	});
}

function notify(ctx: ExtensionContext, text: string, how: "warning" | "error"): void {
	const named = text.startsWith("Flagship") ? text : `Flagship: ${text}`;
	if (ctx.hasUI) ctx.ui.notify(named, how);
	else process.stderr.write(`${named}\n`);
}
