/**
 * The real records: hub, or this machine's host while the hub is away. One per pi process for all extensions that write
 * by themselves, opened when first needed: pi gives each extension modules of its own, and a connection costs time.
 */
import type { CallOrKeep } from "../client/spool.ts";
import { publish } from "../contract/feed.ts";
import { append } from "../contract/log.ts";
import { recordSession } from "../contract/usage.ts";
import type { Records } from "../gates/records.ts";

export function recordsOf(call: CallOrKeep): Records {
	return {
		async append({ text, facts }, key) {
			await call(append, { text, facts }, { key });
		},
		async publish({ summary, metadata }, key) {
			await call(publish, { type: "custom", summary: summary.slice(0, 8_000), metadata }, { key });
		},
		async recordUsage(session, key) {
			await call(recordSession, session, { key });
		},
	};
}
