/** `/fleet`: the fleet on the screen, one lieutenant watched live and typed to; as text where there is no screen. */
import type { ExtensionAPI, ExtensionCommandContext, ExtensionContext } from "@earendil-works/pi-coding-agent";
import type { HostClient } from "../src/client/host.ts";
import type { Lieutenant } from "../src/contract/lieutenants.ts";
import * as contract from "../src/contract/lieutenants.ts";
import { openFor } from "../src/fleet/open.ts";
import { fleetLines } from "../src/fleet/present.ts";
import type { Session } from "../src/fleet/session.ts";
import { loadOnce } from "../src/pi/once.ts";

/** ms between looks at the one that is watched. */
const LOOK = 400;
const TRANSCRIPT = 20_000;
const KEYS = {
	up: "tui.select.up",
	down: "tui.select.down",
	confirm: "tui.select.confirm",
	cancel: "tui.select.cancel",
} as const;

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
			const host = session?.host();
			if (host === undefined) return;
			if (ctx.mode === "tui") await show(host, ctx, args.trim());
			else
				ctx.ui.notify(
					fleetLines(living(host), Date.now(), { money: host.budget }).join("\n") ||
						"No lieutenants. vers_lt_create makes one.",
					"info",
				);
		},
	});
}

const living = (host: HostClient | undefined): readonly Lieutenant[] =>
	[...(host?.lieutenants.values() ?? [])].filter((row) => row.state !== "gone");

async function show(host: HostClient, ctx: ExtensionCommandContext, name: string): Promise<void> {
	const { FleetView } = await import("../src/fleet/view/view.ts");
	if (name !== "" && !living(host).some((row) => row.name === name)) {
		ctx.ui.notify(`There is no lieutenant '${name}'.`, "warning");
		return;
	}
	await ctx.ui.custom<void>((tui, theme, keybindings, done) => {
		const view = new FleetView(
			{
				rows: () => living(host),
				money: () => host.budget,
				read: (row) => read(host, row),
				send: (row, text) => send(host, row, text),
				key: (data, binding) => keybindings.matches(data, KEYS[binding]),
				redraw: () => tui.requestRender(),
				leave: () => done(),
				accent: (text) => theme.fg("accent", text),
				dim: (text) => theme.fg("dim", text),
				height: () => tui.terminal.rows,
				now: () => Date.now(),
			},
			name === "" ? undefined : name,
		);
		const looking = setInterval(() => void view.refresh(), LOOK);
		const stop = host.listen({ onLieutenants: () => tui.requestRender() });
		return Object.assign(view, {
			dispose() {
				clearInterval(looking);
				stop();
			},
		});
	});
}

async function read(host: HostClient, row: Lieutenant): Promise<string> {
	const { outputs } = await host.call(
		contract.read,
		{ name: row.name, tail: TRANSCRIPT, history: 3 },
		{ target: row.id },
	);
	return outputs.join("\n\n");
}

async function send(host: HostClient, row: Lieutenant, text: string): Promise<string> {
	const mode = row.state === "working" ? "steer" : "prompt";
	const { message } = await host.call(contract.send, { name: row.name, message: text, mode }, { target: row.id });
	return `${mode} ${message.receipt}`;
}
