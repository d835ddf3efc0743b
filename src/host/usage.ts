/** What the hub keeps of a lieutenant's session, read from its file: the same however often, and by whom, it is read. */
import type { Static } from "@sinclair/typebox";
import type { append } from "../contract/log.ts";
import type { recordEstimate, recordSession } from "../contract/usage.ts";
import { fold, workEvents } from "../gates/ledger.ts";
import { owed } from "../gates/owed.ts";
import { type CutRequest, cutAnswers, cutByDeath, cutSummary, type Death } from "../pi/cut.ts";
import { sessionUsage } from "../pi/usage.ts";
import type { Look } from "./journal.ts";
import type { Standing } from "./store/roster.ts";

export interface Kept<Input> {
	readonly input: Input;
	readonly key: string;
}

export function usageRecord(standing: Standing, look: Look): Kept<Static<typeof recordSession.input>> | undefined {
	const { id, name } = standing.spec;
	const usage = sessionUsage(id, look.tally);
	if (usage === undefined) return undefined;
	// By the last entry, not the last answer: what came after that answer makes another record. So does another owner.
	const key = `usage ${id} ${look.entries.at(-1)?.id ?? ""} ${standing.owner}`;
	return { input: { ...usage, agent: name, ...countsFor(standing) }, key };
}

/** Whom and what its tokens are spent for. */
const countsFor = ({ owner, spec }: Standing): { readonly parentAgent: string; readonly task?: string } => ({
	parentAgent: owner,
	...(spec.task === undefined ? {} : { task: spec.task }),
});

/** A row for each request whose answer was cut off; with `death`, also for the one that this end has cut off. */
export function cutRecords(standing: Standing, look: Look, death?: Death): readonly CutRecord[] {
	const { model } = standing.spec;
	const died = death === undefined || model === undefined ? death : { ...death, model };
	const last = died === undefined ? undefined : cutByDeath(look.entries, died);
	return [...cutAnswers(look.entries), ...(last === undefined ? [] : [last])].map((cut) => cutRecord(standing, cut));
}

/** For a summary that was given up just now. */
export const summaryRecord = (standing: Standing, { entries }: Look, at: string): CutRecord =>
	cutRecord(standing, cutSummary(entries, "abort", at));

type CutRecord = Kept<Static<typeof recordEstimate.input>>;

function cutRecord(standing: Standing, cut: CutRequest): CutRecord {
	const { id, name } = standing.spec;
	return {
		input: { ...cut, sessionId: id, agent: name, ...countsFor(standing) },
		key: `cut ${id} ${cut.request} ${standing.owner}`,
	};
}

/**
 * Its process ended between its last words and the work log's gate: nothing would ever ask for the entry. True also
 * where the gate only warns; then it costs one more turn.
 */
export const unsettled = ({ ending, entries }: Look): boolean =>
	ending.type === "answered" && owed(fold(workEvents(entries))) !== undefined;

/** What an agent that has ended for good did and did not log. */
export function owedRecord(look: Look): Kept<Static<typeof append.input>> | undefined {
	const open = owed(fold(workEvents(look.entries)));
	if (open === undefined) return undefined;
	const { text, facts } = open.entry;
	return { input: { text, facts }, key: open.key };
}
