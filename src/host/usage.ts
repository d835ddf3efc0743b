/** What a lieutenant's session used, as its file tells: the record that the hub keeps, the same however often it is made. */

import type { Static } from "@sinclair/typebox";
import type { recordSession } from "../contract/usage.ts";
import type { Look } from "./journal.ts";
import type { Standing } from "./store/roster.ts";

export function sessionUsage(standing: Standing, look: Look): Static<typeof recordSession.input> | undefined {
	const { tally, entries } = look;
	const [first, last] = [entries.at(0), entries.at(-1)];
	if (first === undefined || last === undefined || tally.turns === 0) return undefined;
	const [model = standing.spec.model ?? "unknown"] = Object.keys(tally.models);
	const { input, output, cacheRead, cacheWrite, totalTokens, cost } = tally;
	return {
		sessionId: standing.spec.id,
		agent: standing.spec.name,
		parentAgent: standing.owner,
		model,
		tokens: { input, output, cacheRead, cacheWrite, total: totalTokens },
		cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: cost },
		turns: tally.turns,
		toolCalls: { ...tally.tools },
		startedAt: first.timestamp,
		endedAt: last.timestamp,
	};
}
