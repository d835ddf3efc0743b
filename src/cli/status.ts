/** `flagship status`: what runs here. Starts nothing. */
import type { Static } from "@sinclair/typebox";
import { createHostClient } from "../client/host.ts";
import { status as fleet } from "../contract/lieutenants.ts";
import { findDaemon } from "../daemon/ensure.ts";
import { reason } from "../errors.ts";
import type { Context } from "./context.ts";
import { lineOf, onlyJson, standing } from "./daemons.ts";

export async function status(context: Context, args: readonly string[]): Promise<number> {
	const json = onlyJson(args);
	const { out, home } = context;
	const [hub, host] = [await standing(context, "hub"), await standing(context, "host")];
	const known = await fleetOf(context);
	if (json) out(JSON.stringify({ home: home.root, hub, host, ...known }, null, 2));
	else {
		out(`home  ${home.root}`);
		out(lineOf("hub", hub));
		out(lineOf("host", host));
		if (known !== undefined) out("unknown" in known ? `fleet ${known.unknown}` : fleet.tell(known, {}));
	}
	return 0;
}

/** The fleet as the host tells it, or why it is not known; nothing when no host runs. */
async function fleetOf(
	context: Context,
): Promise<Static<typeof fleet.output> | { readonly unknown: string } | undefined> {
	const host = await findDaemon("host", context);
	if (host === undefined) return undefined;
	const { world, speaks } = context;
	const client = createHostClient({
		...{ world, version: speaks.version, caller: { type: "command" } },
		findHost: async () => host.address,
	});
	client.connect();
	try {
		return await client.call(fleet, {}, { patience: 3_000, timeout: 5_000 });
	} catch (error) {
		// The rest of the status stands; this says what is missing in it.
		return { unknown: reason(error) };
	} finally {
		client.close();
	}
}
