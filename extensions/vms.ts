/** VMs in this session: one at hand, in whose place read, bash, edit and write act, and `/vers` to choose one. */
import type { ExtensionAPI, ExtensionContext } from "@earendil-works/pi-coding-agent";
import type { Way } from "../src/contract/vm-use.ts";
import { openFor } from "../src/fleet/open.ts";
import { piVersion, tooOld } from "../src/fleet/pi-version.ts";
import type { Session } from "../src/fleet/session.ts";
import { loadOnce } from "../src/pi/once.ts";
import { ROUTED, routeOf, routes } from "../src/pi/route.ts";
import type { Desk } from "./vms/desk.ts";

/** `customType` of what a session keeps of the VM at hand. */
const KEPT = "flagship.vm";

export default async function vms(pi: ExtensionAPI): Promise<void> {
	if ((process.env.FLAGSHIP_LIEUTENANT ?? "") !== "" || !loadOnce(pi, "vms")) return;
	if (tooOld(await piVersion()) !== undefined) return; // `hub.ts` says so, once

	const all = routes();
	let session: Session | undefined;
	let context: ExtensionContext | undefined;
	let opened: Promise<Desk> | undefined;
	/** What few sessions need is loaded when one does. */
	const desk = (): Promise<Desk> => {
		opened ??= import("./vms/desk.ts").then(
			(module) =>
				new module.Desk(pi, all, {
					keep: (kept) => pi.appendEntry(KEPT, kept),
					context: () => context,
					host: () => session?.host(),
				}),
		);
		return opened;
	};

	pi.on("session_start", async (_event, ctx) => {
		context = ctx;
		all.current = undefined;
		all.settled.clear();
		session = await openFor(ctx);
		const kept = lastKept(ctx);
		if (kept !== undefined) (await desk()).restore(kept);
	});
	pi.on("tool_call", async (event, ctx) => {
		if (event.toolName === "vers_vm_copy") Reflect.set(event.input, "cwd", ctx.cwd);
		if (!ROUTED.has(event.toolName) || routeOf(all, event.toolCallId) === undefined) return undefined;
		const foreign = (await desk()).foreign(event.toolName);
		return foreign === undefined ? undefined : { block: true, reason: foreign };
	});
	pi.on("tool_result", async (event) => {
		if (event.toolName !== "vers_vm_use" || event.isError) return;
		const { output } = (event.details ?? {}) as { output?: Way };
		if (output !== undefined) (await desk()).take(output);
	});
	pi.on("tool_execution_end", (event) => void all.settled.delete(event.toolCallId));
	pi.on("user_bash", async () => {
		const route = all.current;
		return route === undefined ? undefined : { operations: (await desk()).shell(route) };
	});
	pi.on("before_agent_start", (event) => {
		const { current } = all;
		if (current !== undefined)
			event.systemPromptOptions.sections["flagship-vm"] =
				`read, bash, edit and write act on VM ${current.vm}, in ${current.folder} there; all other tools act here. vers_vm_local brings them back.`;
	});
	pi.registerCommand("vers", {
		description: "VMs: choose one to work on, pause, snapshot, branch or delete it; /vers local comes back",
		handler: async (args, ctx) => (await desk()).command(args.trim(), ctx),
	});
	pi.on("session_shutdown", () => {
		all.current = undefined;
		all.settled.clear();
		opened = undefined;
		context = undefined;
		session?.leave();
		session = undefined;
	});
}

/** What the session says last; a fork or a branch has its own. */
function lastKept(ctx: ExtensionContext): unknown {
	const entries = ctx.sessionManager.getBranch() as readonly { type: string; customType?: string; data?: unknown }[];
	return entries.findLast((entry) => entry.type === "custom" && entry.customType === KEPT)?.data;
}
