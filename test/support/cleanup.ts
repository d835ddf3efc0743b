/** What a test file has to put away at its end, last made first. */
import { afterAll } from "vitest";

const kept: (() => void | Promise<void>)[] = [];

/** Also from inside a running test, where `afterAll` itself would be forgotten in silence. */
export function atEnd(run: () => void | Promise<void>): void {
	kept.push(run);
}

// Here, at the import, so that it belongs to the whole file and runs after every hook of its suites.
afterAll(async () => {
	for (let run = kept.pop(); run !== undefined; run = kept.pop()) await run();
});
