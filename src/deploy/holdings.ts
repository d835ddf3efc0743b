/** Whether a newer hub has all that the older one had. */
import { join } from "node:path";
import { countsOf } from "../backup/manifest.ts";
import type { Files } from "../world.ts";
import type { Holdings } from "./state.ts";

/** What goes by itself, or is made anew: keys and sessions that expire, indexes, who was seen when. */
const PASSING =
	/^(keys|login_links|browser_sessions|feed|feed_readers|share_accesses|token_uses|skill_agents|usage_gaps|undeleted|hosts|lieutenants|receipts|notices|\w*_words\w*|log_indexed)$/;

/** Undefined where there is no database. */
export function holdingsOf(files: Files, dataFolder: string): Holdings | undefined {
	const file = join(dataFolder, "hub.db");
	if (files.stat(file) === undefined) return undefined;
	const database = files.database(file);
	try {
		database.exec("pragma busy_timeout = 5000;");
		return countsOf(database);
	} finally {
		database.close();
	}
}

/** The first thing that is less than it was, as a sentence; events are counted by the last one's number. */
export function lossOf(before: Holdings, now: Holdings): string | undefined {
	if (now.seq < before.seq) return `the feed ends at ${now.seq}, and ended at ${before.seq}`;
	const lost = Object.entries(before.counts).find(
		([table, rows]) => !PASSING.test(table) && (now.counts[table] ?? 0) < rows,
	);
	if (lost === undefined) return undefined;
	const [table, rows] = lost;
	return `the table ${table} has ${now.counts[table] ?? 0} rows, and had ${rows}`;
}

const isSameSchema = ({ schemas: one }: Holdings, { schemas: other }: Holdings): boolean =>
	[...new Set([...Object.keys(one), ...Object.keys(other)])].every((service) => one[service] === other[service]);

/** No newer version has changed it: the old one can go on with it, also with what came since. */
export const isUntouched = (before: Holdings, now: Holdings): boolean =>
	isSameSchema(before, now) && lossOf(before, now) === undefined;
