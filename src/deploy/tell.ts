/** A deploy in the feed and the work log of the hub that it was about; told again after a kill it stands there once. */
import { publish } from "../contract/feed.ts";
import { append } from "../contract/log.ts";
import { livingDaemon } from "../daemon/run-file.ts";
import { type Here, hubClient } from "./rehearse.ts";
import type { State } from "./state.ts";

const AGENT = "deploy";

/** Does nothing where no hub runs; throws what the hub refuses. */
export async function tellHub(
	here: Here,
	{ id, from, to, by, backup, why }: State,
	{ text, outcome }: { readonly text: string; readonly outcome: string },
): Promise<void> {
	const running = livingDaemon(here.world, here.home, "hub");
	if (running === undefined) return;
	const client = hubClient(here, running.address);
	const deploy = { id, outcome, from: from?.version, to: to.version, by, backup, why };
	try {
		await client.call(append, { agent: AGENT, text: text.slice(0, 4_000) }, { key: `deploy-${id}-${outcome}-log` });
		const event = { agent: AGENT, type: "custom", summary: text.slice(0, 4_000), metadata: { deploy } } as const;
		await client.call(publish, event, { key: `deploy-${id}-${outcome}-feed` });
	} finally {
		client.close();
	}
}
