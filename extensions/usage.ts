/** Tells the hub what this session has used: at the end of each run and of the session, never making a turn wait. */
import { createHash } from "node:crypto";
import type { ExtensionAPI, ExtensionContext } from "@earendil-works/pi-coding-agent";
import { reason } from "../src/errors.ts";
import { useRecords } from "../src/fleet/lazy-records.ts";
import { piVersion, tooOld } from "../src/fleet/pi-version.ts";
import type { Records } from "../src/gates/records.ts";
import { parseEntry } from "../src/pi/entry.ts";
import { loadOnce } from "../src/pi/once.ts";
import { EMPTY_TALLY, type Tally, tally } from "../src/pi/tally.ts";
import { ownEntries, sessionUsage } from "../src/pi/usage.ts";
import { holding } from "../src/world/hold.ts";

export interface UsageParts {
	/** `VERS_PARENT_AGENT`: who started this agent. */
	readonly parentAgent: string | undefined;
	records(ctx: ExtensionContext): Pick<Records, "recordUsage"> & { leave(): Promise<void> };
}

export function registerUsage(pi: ExtensionAPI, { parentAgent, records: open }: UsageParts): void {
	let records: ReturnType<UsageParts["records"]> | undefined;
	let counted = 0;
	let sum: Tally = EMPTY_TALLY;
	let told = "";
	let sending: Promise<void> = Promise.resolve();

	/** The entries since the last time; a session's entries are only ever appended to. */
	const count = (ctx: ExtensionContext): void => {
		const header = ctx.sessionManager.getHeader();
		const entries = ctx.sessionManager.getEntries();
		const fresh = entries.slice(counted).map(parseEntry);
		counted = entries.length;
		const forkedAt = header?.parentSession === undefined ? undefined : header.timestamp;
		sum = tally(
			ownEntries(
				fresh.filter((entry) => entry !== undefined),
				forkedAt,
			),
			sum,
		);
	};

	const tell = (ctx: ExtensionContext): Promise<void> => {
		count(ctx);
		const usage = sessionUsage(ctx.sessionManager.getSessionId(), sum);
		if (usage === undefined || records === undefined) return sending;
		const session = { ...usage, parentAgent: parentAgent ?? null };
		const key = `usage-${createHash("sha256").update(JSON.stringify(session)).digest("hex").slice(0, 32)}`;
		if (key === told) return sending;
		told = key;
		const to = records;
		// One after another: an older sum must not arrive after a newer one.
		sending = sending
			.then(() => to.recordUsage(session, key))
			.catch((thrown: unknown) => {
				told = "";
				// Told again, whole, with the next run; the host of a lieutenant counts from the session's file besides.
				if (ctx.hasUI) ctx.ui.notify(`Flagship: usage was not recorded: ${reason(thrown)}`, "warning");
			});
		return sending;
	};

	pi.on("session_start", (_event, ctx) => {
		[counted, sum, told] = [0, EMPTY_TALLY, ""];
		records = open(ctx);
	});
	pi.on("agent_settled", (_event, ctx) => {
		void tell(ctx);
	});
	pi.on("session_shutdown", async (_event, ctx) => {
		await holding(tell(ctx));
		await records?.leave();
		records = undefined;
	});
}

export default async function usage(pi: ExtensionAPI): Promise<void> {
	if (tooOld(await piVersion()) !== undefined || !loadOnce(pi, "usage")) return;
	registerUsage(pi, {
		parentAgent: process.env.VERS_PARENT_AGENT,
		records: (ctx) => useRecords(async () => (await import("../src/fleet/open-records.ts")).openRecords(ctx)),
	});
}
