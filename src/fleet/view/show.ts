/** Full views on a person's screen: opened over pi's own, with keys as they are set, and closed without a trace. */
import type { ExtensionCommandContext, Theme } from "@earendil-works/pi-coding-agent";
import type { Component } from "@earendil-works/pi-tui";
import type { HostClient } from "../../client/host.ts";
import type { Lieutenant } from "../../contract/lieutenants.ts";
import * as contract from "../../contract/lieutenants.ts";
import type { Home } from "../../daemon/home.ts";
import { readSettings } from "../../daemon/settings.ts";
import { reason } from "../../errors.ts";
import { realWorld } from "../../world/real.ts";
import { FleetView } from "./fleet-view.ts";
import { type ChosenKeys, chosenKeys, DEFAULT_KEYS } from "./keys.ts";
import type { ScreenParts } from "./screen.ts";

/** ms between looks at the one that is watched. */
const LOOK = 400;
const TRANSCRIPT = 20_000;
export const { clock } = realWorld();
const WHOLE = { width: "100%", maxHeight: "100%", anchor: "top-left", margin: 0 } as const;

/** A view, and what ends with it. */
export interface Opened {
	readonly view: Component;
	dispose(): void;
}

/** Shows it until it leaves. */
export async function showWhole(
	ctx: ExtensionCommandContext,
	home: Home,
	open: (parts: ScreenParts) => Opened,
): Promise<void> {
	const { keys, problems } = keysOf(home);
	for (const problem of problems) ctx.ui.notify(`Flagship: ${problem}.`, "warning");
	await ctx.ui.custom<void>(
		(tui, theme, keybindings, done) => {
			const { view, dispose } = open({
				keys,
				own: (data, binding) => keybindings.matches(data, binding),
				paint: paintOf(theme),
				redraw: () => tui.requestRender(),
				leave: () => done(),
				height: () => tui.terminal.rows,
				now: () => clock.now(),
			});
			return Object.assign(view, { dispose });
		},
		{ overlay: true, overlayOptions: WHOLE },
	);
}

const paintOf = (theme: Theme): ScreenParts["paint"] => ({
	accent: (text) => theme.fg("accent", text),
	dim: (text) => theme.fg("dim", text),
});

function keysOf(home: Home): ChosenKeys {
	try {
		return chosenKeys(readSettings(home, process.env).values);
	} catch (thrown) {
		return { keys: DEFAULT_KEYS, problems: [reason(thrown)] };
	}
}

/** `/fleet` */
export async function showFleet(
	ctx: ExtensionCommandContext,
	home: Home,
	host: HostClient,
	watch: string | undefined,
): Promise<void> {
	await showWhole(ctx, home, (screen) => {
		const parts = {
			...screen,
			rows: () => living(host),
			money: () => host.budget,
			read: (row: Lieutenant) => read(host, row),
			send: (row: Lieutenant, text: string) => send(host, row, text),
			stop: (row: Lieutenant) => change(host, row, contract.pause),
			resume: (row: Lieutenant) => change(host, row, contract.resume),
		};
		const view = new FleetView(parts, watch);
		const looking = clock.every(LOOK, () => void view.refresh().then(screen.redraw));
		const unlisten = host.listen({ onLieutenants: screen.redraw, onBudget: screen.redraw });
		return {
			view,
			dispose() {
				looking.cancel();
				unlisten();
			},
		};
	});
}

/** In the order in which they were made. */
export const living = (host: HostClient): readonly Lieutenant[] =>
	[...host.lieutenants.values()].filter((row) => row.state !== "gone");

async function read(host: HostClient, row: Lieutenant): Promise<string> {
	const input = { name: row.name, tail: TRANSCRIPT, history: 3 };
	const { outputs } = await host.call(contract.read, input, { target: row.id });
	return outputs.join("\n\n");
}

async function send(host: HostClient, row: Lieutenant, text: string): Promise<string> {
	const mode = row.state === "working" ? "steer" : "prompt";
	const { message } = await host.call(contract.send, { name: row.name, message: text, mode }, { target: row.id });
	return `${mode} ${message.receipt}`;
}

async function change(
	host: HostClient,
	row: Lieutenant,
	operation: typeof contract.pause | typeof contract.resume,
): Promise<string> {
	const { name, state } = await host.call(operation, { name: row.name }, { target: row.id });
	return `${name} is ${state}.`;
}
