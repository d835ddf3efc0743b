/** Where a stream begins: after the last event its reader has seen. */
import type { IncomingHttpHeaders } from "node:http";
import { fault } from "../../errors.ts";
import type { Feed } from "../feed/feed.ts";

/** `Last-Event-ID` is newer than the `since` of the address that a browser asks again. Undefined: from now on. */
export function beginOf(
	feed: Feed,
	{ since }: { readonly since?: string },
	headers: IncomingHttpHeaders,
): number | undefined {
	const last = headers["last-event-id"];
	const from = typeof last === "string" && last !== "" ? last : since;
	if (from === undefined) return undefined;
	const position = feed.position(from);
	if (position === undefined) throw fault("invalid_input", `invalid since: ${from.slice(0, 100)}`);
	// A place that no event has reached yet would leave the reader deaf to all that come before it.
	return Math.min(position, feed.head());
}
