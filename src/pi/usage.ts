/**
 * What a session has used, as the hub records it. Made from a tally of the session's entries by pi's extension and by
 * the host alike, so that what a live session told and what a host reads from its file agree to the last digit.
 */
import type { Entry } from "./entry.ts";
import type { Tally, UsagePart } from "./tally.ts";

export interface Five {
	readonly input: number;
	readonly output: number;
	readonly cacheRead: number;
	readonly cacheWrite: number;
	readonly total: number;
}

export interface SessionUsage {
	readonly sessionId: string;
	readonly model: string;
	readonly tokens: Five;
	/** US dollars. */
	readonly cost: Five;
	readonly turns: number;
	readonly toolCalls: Record<string, number>;
	/** The same tokens and cost by day and model. */
	readonly parts: UsagePart[];
	readonly startedAt: string;
	readonly endedAt: string;
}

/** Days and models of one session that are told apart; of a longer one the newest. */
const PARTS_MAX = 2_000;

/** `undefined` while the session has used nothing. */
export function sessionUsage(sessionId: string, tally: Tally): SessionUsage | undefined {
	const { startedAt, endedAt, input, output, cacheRead, cacheWrite, totalTokens, cost, costs } = tally;
	if (startedAt === undefined || endedAt === undefined) return undefined;
	if (tally.turns === 0 && totalTokens === 0) return undefined;
	return {
		sessionId,
		model: mainModel(tally),
		tokens: { input, output, cacheRead, cacheWrite, total: totalTokens },
		cost: { ...costs, total: cost },
		turns: tally.turns,
		toolCalls: { ...tally.tools },
		parts: Object.values(tally.parts).slice(-PARTS_MAX),
		startedAt,
		endedAt,
	};
}

/** The model that answered most, by tokens; a session may have used several. */
function mainModel({ models }: Tally): string {
	const [first] = Object.entries(models).sort(([, a], [, b]) => b.totalTokens - a.totalTokens);
	return first?.[0] ?? "unknown";
}

/**
 * The entries that a session made itself. A fork begins with copies of its parent's entries, which the parent has
 * counted: they are older than the fork's own header.
 */
export const ownEntries = (entries: readonly Entry[], forkedAt: string | undefined): readonly Entry[] =>
	forkedAt === undefined ? entries : entries.filter((entry) => entry.timestamp >= forkedAt);
