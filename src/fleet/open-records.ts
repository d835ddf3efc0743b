/** Opens the records of this pi process. Loaded only when something is to be written. */
import type { ExtensionContext } from "@earendil-works/pi-coding-agent";
import type { Opened } from "./lazy-records.ts";
import { openFor } from "./open.ts";
import { recordsOf } from "./records.ts";

export async function openRecords(ctx: ExtensionContext): Promise<Opened> {
	const session = await openFor(ctx);
	return { records: recordsOf(session.call), leave: () => session.leave() };
}
