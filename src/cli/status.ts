/** `flagship status`: what runs here. Starts nothing. */

import { createHostClient } from "../client/host.ts";
import { status as lieutenants } from "../contract/lieutenants.ts";
import { findDaemon } from "../daemon/ensure.ts";
import { DAEMONS } from "../daemon/home.ts";
import { reason } from "../errors.ts";
import type { Context } from "./context.ts";
import { noMore, standing } from "./daemons.ts";

export async function status(context: Context, args: readonly string[]): Promise<number> {
	noMore(args);
	context.out(`home  ${context.home.root}`);
	for (const daemon of DAEMONS) context.out((await standing(context, daemon)).line);
	const fleet = await fleetLines(context);
	if (fleet !== undefined) context.out(fleet);
	return 0;
}

async function fleetLines(context: Context): Promise<string | undefined> {
	const host = await findDaemon("host", context);
	if (host === undefined) return undefined;
	const { world, speaks } = context;
	const client = createHostClient({
		...{ world, version: speaks.version, caller: { type: "command" } },
		findHost: async () => host.address,
	});
	client.connect();
	try {
		const found = await client.call(lieutenants, {}, { patience: 3_000, timeout: 5_000 });
		return lieutenants.tell(found, {});
	} catch (error) {
		// The rest of the status stands; this line says what is missing in it.
		return `fleet ${reason(error)}`;
	} finally {
		client.close();
	}
}
