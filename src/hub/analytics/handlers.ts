/** SQL over a copy of the records: each query is a process of its own, one after another. */
import { dirname, join } from "node:path";
import { query as contract } from "../../contract/analytics.ts";
import { entryFile } from "../../daemon/version.ts";
import { fault } from "../../errors.ts";
import type { World } from "../../world.ts";
import type { Connection } from "../database/connection.ts";
import { read } from "../handle.ts";
import { environment } from "../own-process.ts";
import type { Done, Job } from "./work.ts";

const ROWS = 100;
const MEMORY = 256;
const WITHIN = 10_000;
/** ms for the process as a whole: a first copy of a large hub takes most of it. */
const PROCESS_WITHIN = 75_000;
const OUTPUT_MAX = 4 * 1_048_576;
/** Queries that wait for the one that runs; each takes seconds, and a caller does not wait for ever. */
const WAITING_MAX = 3;

let waiting = 0;
let last: Promise<unknown> = Promise.resolve();

export const query = read(contract, async ({ input, hub }) => {
	if (waiting > WAITING_MAX) throw fault("conflict", "Other queries are being answered.");
	const file = fileOf(hub.database.reader);
	const { sql, limit: rows = ROWS } = input;
	const job = { file, copy: join(dirname(file), "analytics.duckdb"), sql, rows, memory: MEMORY, within: WITHIN };
	waiting += 1;
	const mine = last.then(() => done(hub.world, job, hub.complain));
	// The next one does not care how this one ends.
	last = mine.catch(() => undefined);
	try {
		return answered(await mine);
	} finally {
		waiting -= 1;
	}
});

const fileOf = (reader: Connection): string =>
	reader.all<{ name: string; file: string }>("pragma database_list").find(({ name }) => name === "main")?.file ?? "";

async function done({ spawn }: World, job: Job, complain: (what: string) => void): Promise<Done> {
	const ran = await spawn.run(process.execPath, [entryFile, "hub", "query"], {
		...{
			input: JSON.stringify(job),
			env: environment(),
			timeout: PROCESS_WITHIN,
			maxOutput: OUTPUT_MAX,
			endsGroup: true,
		},
	});
	if (ran.timedOut) return { type: "cut", limit: "time" };
	if (ran.code === 0) return JSON.parse(ran.stdout);
	complain(`a query's process ended with ${ran.code}: ${ran.stderr.slice(0, 500)}`);
	return { type: "refused", why: "its process did not come to its end." };
}

/** Throws `query_refused`, `query_cut` or `analytics_missing`. */
export function answered(found: Done) {
	switch (found.type) {
		case "rows": {
			const { columns, rows, truncated, seq } = found;
			return { columns: [...columns], rows: rows.map((row) => [...row]), count: rows.length, truncated, seq };
		}
		case "refused":
			throw fault("query_refused", found.why);
		case "cut":
			throw fault("query_cut", found.limit === "time" ? `${WITHIN / 1_000} seconds` : `${MEMORY} MB`);
		case "absent":
			throw fault("analytics_missing");
	}
}
