/** `flagship hub query`: one query in a process of its own, so that what it takes is never the hub's. */
import { type Job, work } from "../hub/analytics/work.ts";
import type { Context } from "./context.ts";

export async function query({ world, input, out }: Context): Promise<number> {
	// The copy holds what the hub's own file holds, and is as private.
	process.umask(0o077);
	const job: Job = JSON.parse(await input());
	out(JSON.stringify(await work(world, job, () => import("@duckdb/node-api"))));
	return 0;
}
