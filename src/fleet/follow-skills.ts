/**
 * A session whose person has chosen a hub: the host of this machine may be linked to another, or to none, so the session
 * itself keeps the shelf of that hub, over one stream. Lieutenants never do: they read the shelf of their host.
 */
import type { ExtensionContext } from "@earendil-works/pi-coding-agent";
import { pull } from "../client/skills/pull.ts";
import { stream } from "../contract/skillhub.ts";
import { Fault, reason } from "../errors.ts";
import { realWorld } from "../world/real.ts";
import { openFor } from "./open.ts";

export interface Following {
	leave(): void;
}

export async function followSkills(ctx: ExtensionContext, shelf: string): Promise<Following> {
	const session = await openFor(ctx);
	const world = realWorld();
	let due = false;
	let left = false;
	let last: Promise<unknown> = Promise.resolve();

	const complain = (what: string): void => {
		if (!left && ctx.hasUI) ctx.ui.notify(`Flagship: ${what}`, "warning");
	};
	/** One after another, and once for all that changed until then. */
	const nudge = (): void => {
		if (due || left) return;
		due = true;
		last = last
			.then(() => {
				due = false;
				return pull({ world, hub: session.hub, shelf, complain });
			})
			.then(({ refused }) => {
				if (refused.length > 0) complain(`skills not installed: ${refused.join("; ")}`);
			})
			.catch((thrown: unknown) => {
				// A hub that is away is asked when the stream stands again; every tool says that it is away.
				const said = thrown instanceof Fault && (thrown.code === "hub_away" || thrown.status < 500);
				if (!said) complain(`skills were not brought up to date: ${reason(thrown)}`);
			});
	};

	// A printed run is over before anything changes, and an open stream would keep it from ending.
	const printed = ctx.mode === "print";
	const following = printed
		? undefined
		: session.hub.subscribe(stream, {}, { onEvent: nudge, onState: (open) => open && nudge() });
	if (printed) nudge();
	return {
		leave() {
			left = true;
			following?.close();
			session.leave();
		},
	};
}
