/** Polls until something is there. Tests wait for facts, never for a fixed time. */
import { setTimeout as sleep } from "node:timers/promises";

const EVERY = 15;

/**
 * The first value of `look` that is neither undefined nor false; throws with `what` after `ms`. Failures of `look`
 * itself count as "not yet", and the last one is named at the end.
 */
export async function until<T>(
	look: () => T | undefined | false | Promise<T | undefined | false>,
	what: string,
	ms = 10_000,
): Promise<T> {
	const deadline = performance.now() + ms;
	let last = "";
	for (;;) {
		try {
			const value = await look();
			if (value !== undefined && value !== false) return value;
			last = "";
		} catch (thrown) {
			last = ` (${thrown instanceof Error ? thrown.message : String(thrown)})`;
		}
		if (performance.now() > deadline) throw new Error(`Waited ${ms} ms for ${what}${last}`);
		await sleep(EVERY);
	}
}
