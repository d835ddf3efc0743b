/**
 * What runs inside a lieutenant's pi. It drops deliveries that come twice, hides envelopes from the model, gives it its
 * role, notes the process groups of its commands, keeps its work within its cap, and lets only one pi work on its session
 * (`protocol.md` §6).
 */
import type { ExtensionAPI, ExtensionContext } from "@earendil-works/pi-coding-agent";
import type { World } from "../../world.ts";
import { envelopeOf } from "../envelope.ts";
import { Meter } from "./allowance.ts";
import { Groups } from "./groups.ts";
import { claimSession, type TakeLock } from "./lock.ts";
import { Deliveries } from "./memory.ts";
import { ROLE_FILE, ROLE_SECTION } from "./role.ts";
import type { Self } from "./self.ts";
import { withoutEnvelopes } from "./strip.ts";

export interface PackParts {
	readonly self: Self;
	readonly world: World;
	readonly takeLock: TakeLock;
	/** Flagship's own version, for `lock.json`. */
	readonly version: string;
}

/** Registers the handlers. `load` is called at the first `session_start`: nothing heavy is imported while pi loads. */
export function registerPack(pi: ExtensionAPI, self: Self, load: () => Promise<PackParts>): void {
	const deliveries = new Deliveries();
	let groups: Groups | undefined;
	let meter: Meter | undefined;
	let refused: string | undefined;

	pi.on("session_start", async (_event, ctx) => {
		const { world, takeLock, version } = await load();
		const claim = await claimSession(world, self, takeLock, version);
		if (claim.type === "refused") {
			refused = claim.because;
			leave(ctx, world, `Lieutenant ${self.name}: ${refused}. This pi ends; nothing was changed.`);
			return;
		}
		groups = new Groups(world, `${self.folder}/groups`);
		meter = new Meter(world.files, self.folder);
		deliveries.refill(ctx.sessionManager.getEntries());
	});

	pi.on("input", (event) => {
		if (refused !== undefined) return { action: "handled" };
		const envelope = envelopeOf(event.text);
		return envelope === undefined || deliveries.take(envelope) ? { action: "continue" } : { action: "handled" };
	});

	/** An aborted run makes no further request; the host hears of its end and reports it. */
	const keepWithin = (ctx: ExtensionContext): void => {
		if (meter?.usedUp(ctx.sessionManager.getEntries()) === true) ctx.abort();
	};

	// Tools have answered, and the next turn would begin; what waits in pi's queue is then not begun either.
	pi.on("turn_end", (event, ctx) => {
		if (event.toolResults.length > 0) keepWithin(ctx);
	});

	// Before every request: also of a run that a message, or an extension after an answer, begins.
	pi.on("context", (event, ctx) => {
		keepWithin(ctx);
		return { messages: [...withoutEnvelopes(event.messages)] };
	});

	pi.on("before_agent_start", async (event) => {
		const { world } = await load();
		const section = world.files.read(`${self.folder}/${ROLE_FILE}`);
		if (section !== undefined) event.systemPromptOptions.sections[ROLE_SECTION] = section;
	});

	pi.on("tool_call", (event) => {
		if (refused !== undefined) return { block: true, reason: refused };
		if (event.toolName === "bash") groups?.begin();
		return undefined;
	});

	pi.on("tool_execution_end", (event) => {
		if (event.toolName === "bash") groups?.finish();
	});
}

/** pi looks at a wish to end only after a command or a run; one that nobody speaks to is ended by its own signal. */
function leave(ctx: ExtensionContext, world: World, sentence: string): void {
	process.stderr.write(`${sentence}\n`);
	if (ctx.hasUI) ctx.ui.notify(sentence, "error");
	ctx.shutdown();
	world.clock.after(500, () => process.kill(process.pid, "SIGTERM"));
}
