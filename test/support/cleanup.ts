/** What a test file has to put away at its end, last made first. */
import { afterAll } from "vitest";

const kept: (() => void | Promise<void>)[] = [];

/** Also from inside a running test, where `afterAll` itself would be forgotten in silence. */
export function atEnd(run: () => void | Promise<void>): void {
	kept.push(run);
}

export async function putAway(): Promise<void> {
	for (let run = kept.pop(); run !== undefined; run = kept.pop()) await run();
}

// Here, at the import, so that it belongs to the whole file and runs after every hook of its suites. The bench runs
// outside vitest, where there are no hooks, and puts away by itself.
if (process.env.VITEST !== undefined) afterAll(putAway);
