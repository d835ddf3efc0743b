/** A call to the hub that may wait: declared `spool: true`, it is handed to the host of this machine while the hub is away. */
import type { Static, TSchema } from "@sinclair/typebox";
import type { Operation } from "../contract/operation.ts";
import { keep } from "../contract/spool.ts";
import { Fault } from "../errors.ts";
import type { World } from "../world.ts";
import { type CallOptions, type Client, newKey } from "./client.ts";
import type { HostClient } from "./host.ts";

export type Outcome<Output> =
	| { readonly type: "done"; readonly output: Output }
	/** On this machine's disk, not yet in the hub. */
	| { readonly type: "kept"; readonly waiting: number };

export interface SpoolingOptions {
	readonly world: World;
	readonly hub: Client;
	/** Asked only when something must be kept. */
	host(): Pick<HostClient, "call">;
}

/** Hub and host together answer within 3 s; the host has what the hub has left of it. */
const HUB_TIMEOUT = 1_500;
const TOGETHER = 2_900;

export type CallOrKeep = <I extends TSchema, O extends TSchema>(
	operation: Operation<I, O>,
	input: Static<I>,
	options?: CallOptions,
) => Promise<Outcome<Static<O>>>;

/** Throws the hub's refusal; `hub_away` when nobody took it, saying so. */
export const spooling =
	({ world, hub, host }: SpoolingOptions): CallOrKeep =>
	async (operation, input, options = {}) => {
		if (operation.spool !== true) return { type: "done", output: await hub.call(operation, input, options) };
		// One key for hub and host: an answer that was lost is not kept as a second record.
		const key = options.key ?? newKey(world);
		const began = world.clock.elapsed();
		try {
			return { type: "done", output: await hub.call(operation, input, { timeout: HUB_TIMEOUT, ...options, key }) };
		} catch (error) {
			if (!(error instanceof Fault) || error.code !== "hub_away") throw error;
			const left = Math.max(1_000, TOGETHER - (world.clock.elapsed() - began));
			return keepHere(host(), { operation: operation.name, input, key }, { ...options, timeout: left }, error);
		}
	};

async function keepHere(
	host: Pick<HostClient, "call">,
	record: Static<(typeof keep)["input"]>,
	options: CallOptions,
	away: Fault,
): Promise<{ readonly type: "kept"; readonly waiting: number }> {
	try {
		const { signal, timeout } = options;
		const { waiting } = await host.call(keep, record, { key: record.key, signal, timeout, patience: timeout });
		return { type: "kept", waiting };
	} catch (error) {
		if (!(error instanceof Fault)) throw error;
		const outcome = error.code === "host_silent" ? "" : " Nothing was kept.";
		throw new Fault("hub_away", `${away.message} ${error.message}${outcome}`, away.remedy);
	}
}
