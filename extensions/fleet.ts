/** `/fleet` and `/board`: fleet and tasks on the whole screen; as text where there is none. */
import type { ExtensionAPI, ExtensionCommandContext, ExtensionContext } from "@earendil-works/pi-coding-agent";
import type { HostClient } from "../src/client/host.ts";
import type { Lieutenant } from "../src/contract/lieutenants.ts";
import * as contract from "../src/contract/lieutenants.ts";
import { openFor } from "../src/fleet/open.ts";
import { fleetLines } from "../src/fleet/present.ts";
import type { Session } from "../src/fleet/session.ts";
import { sentence } from "../src/fleet/tools.ts";
import { loadOnce } from "../src/pi/once.ts";
import { holding } from "../src/world/hold.ts";

/** ms that a printed `/fleet` waits for a host that is being started. */
const PATIENCE = 20_000;

export default function fleet(pi: ExtensionAPI): void {
	if ((process.env.FLAGSHIP_LIEUTENANT ?? "") !== "" || !loadOnce(pi, "fleet")) return;
	let session: Session | undefined;
	pi.on("session_start", async (_event, ctx: ExtensionContext) => {
		session = await openFor(ctx);
	});
	pi.on("session_shutdown", () => {
		session?.leave();
		session = undefined;
	});
	pi.registerCommand("fleet", {
		description: "The fleet: who does what; /fleet <name> watches one and types to it",
		getArgumentCompletions: (prefix) =>
			living(session?.host())
				// A whole name is no question: completing it would take the enter that is meant for the command.
				.filter((row) => row.name.startsWith(prefix) && row.name !== prefix)
				.map((row) => ({ value: row.name, label: row.name })),
		async handler(args, ctx) {
			if (session === undefined) return;
			if (ctx.mode === "tui") await show(session, ctx, args.trim());
			else say(ctx, await fleetText(session.host()));
		},
	});
	pi.registerCommand("board", {
		description:
			"The board: tasks by status, one with its history, approve what waits in review; /board <words> filters",
		async handler(args, ctx) {
			const opened = session;
			if (opened === undefined) return;
			const { boardAsText, showBoard } = await import("../src/fleet/view/show-board.ts");
			if (ctx.mode === "tui") await showBoard(ctx, opened.home, opened.hub, args.trim());
			// A printed run begins with this: the hub may have to be started.
			else say(ctx, await told(opened.begin().then(() => boardAsText(opened.hub, args))));
		},
	});
}

const living = (host: HostClient | undefined): readonly Lieutenant[] =>
	[...(host?.lieutenants.values() ?? [])].filter((row) => row.state !== "gone");

async function show(session: Session, ctx: ExtensionCommandContext, name: string): Promise<void> {
	const host = session.host();
	if (name !== "" && !living(host).some((row) => row.name === name)) {
		ctx.ui.notify(`There is no lieutenant '${name}'.`, "warning");
		return;
	}
	const { showFleet } = await import("../src/fleet/view/show.ts");
	await showFleet(ctx, session.home, host, name === "" ? undefined : name);
}

/** Asked, and not what was pushed: a printed run begins with this. */
const fleetText = (host: HostClient): Promise<string> =>
	told(
		host.call(contract.status, {}, { patience: PATIENCE }).then(({ lieutenants }) => {
			const lines = fleetLines(lieutenants, Date.now(), { money: host.budget });
			return lines.join("\n") || "No lieutenants. vers_lt_create makes one.";
		}),
	);

/** What is asked of a daemon keeps no printed run alive by itself. */
const told = (text: Promise<string>): Promise<string> =>
	holding(text).catch((thrown: unknown) => `Flagship: ${sentence(thrown)}`);

function say(ctx: ExtensionContext, words: string): void {
	if (ctx.hasUI) ctx.ui.notify(words, "info");
	else process.stdout.write(`${words}\n`);
}
