/**
 * The entry that a session still owes the work log. The gate writes it at the end of a run; a host writes it for an
 * agent that has ended for good, from the session's file.
 */
import { createHash } from "node:crypto";
import { attach, isNothing, union } from "./facts.ts";
import { type Ledger, unlogged } from "./ledger.ts";
import type { GateEntry } from "./records.ts";
import { autoEntry } from "./settle.ts";

export interface Owed {
	readonly entry: GateEntry;
	/** Idempotency key: the same changes give the same key, so that nobody writes them twice. */
	readonly key: string;
	/** The changes that the entry covers. */
	readonly ids: readonly string[];
}

/** Test results seen since the last entry, as they are attached to the next one. */
export const testResults = (ledger: Ledger): readonly string[] =>
	ledger.freshTests.map((count) => `${count} tests passed`);

/** `undefined` when everything is covered. */
export function owed(ledger: Ledger): Owed | undefined {
	const open = unlogged(ledger);
	const facts = union(open);
	if (isNothing(facts)) return undefined;
	const ids = open.map((change) => change.id);
	return {
		entry: { text: autoEntry(facts), facts: attach(facts, testResults(ledger), "auto") },
		key: `auto-${createHash("sha256").update(ids.join()).digest("hex").slice(0, 32)}`,
		ids,
	};
}
