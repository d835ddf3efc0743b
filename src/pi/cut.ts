/**
 * Requests whose answer was cut off, and what they probably took. No provider tells: pi writes an aborted answer with
 * zero tokens, and one that a kill has cut off not at all. An estimate counts four characters as a token, beginning at
 * the last count that a provider gave.
 */
import type { Entry } from "./entry.ts";
import type { AssistantMessage } from "./message.ts";
import { endingOf, pathTo } from "./transcript.ts";
import type { Five } from "./usage.ts";

export interface CutRequest {
	/** Names it within its session, the same whenever it is found again. */
	readonly request: string;
	readonly model: string;
	readonly tokens: Five;
	/** US dollars, at what the session's other tokens have cost. */
	readonly cost: Five;
	readonly cutBy: "kill" | "abort" | "failure";
	/** ISO 8601. */
	readonly at: string;
}

/** How a process ended that may have waited for an answer. */
export interface Death {
	readonly life: number;
	/** Characters of the answer that had come. */
	readonly heard: number;
	/** Characters of what it was asked before there was a session file; undefined when nobody had asked. */
	readonly asked: number | undefined;
	readonly at: string;
	/** Of the session, where no answer has named one yet. */
	readonly model?: string;
	/** pi was having its conversation summarized: an answer of which no entry tells. */
	readonly summing?: boolean;
}

const tokensOf = (characters: number): number => Math.ceil(characters / 4);

/**
 * Answers in the transcript that were cut off. An abort before the first byte is one too; an abort inside a tool is
 * none, because nothing had been asked then, nor is a refusal of the provider, which costs nothing.
 */
export function cutAnswers(entries: readonly Entry[]): readonly CutRequest[] {
	return entries.flatMap((entry) => {
		if (entry.type !== "message" || entry.message.role !== "assistant") return [];
		const { message } = entry;
		const cutBy = cutOf(message);
		if (cutBy === undefined) return [];
		const before = pathTo(entries, entry.parentId ?? entry.id).filter(({ id }) => id !== entry.id);
		const model = `${message.provider}/${message.model}`;
		return [{ request: entry.id, ...estimate(entries, before, writtenIn(message), model), cutBy, at: entry.timestamp }];
	});
}

/** The request that was under way when its process ended; undefined when there was none. */
export function cutByDeath(entries: readonly Entry[], death: Death): CutRequest | undefined {
	const path = pathTo(entries);
	// One that stands at the end came whole, and only the word of it did not.
	if (death.summing === true)
		return path.at(-1)?.type === "compaction" ? undefined : cutSummary(entries, "kill", death.at);
	const { type } = endingOf(path);
	if (type !== "unanswered" && !(type === "empty" && death.asked !== undefined)) return undefined;
	const model = answersIn(entries).length === 0 ? death.model : undefined;
	const guessed = estimate(entries, path, death.heard, model, death.asked ?? 0);
	return { request: `life ${death.life}`, ...guessed, cutBy: "kill", at: death.at };
}

/**
 * A summary that was given up: pi writes an entry of one that is whole, and of no other. It was asked about what has been
 * said since the one before it. What had come of it nobody hears.
 */
export function cutSummary(entries: readonly Entry[], cutBy: "kill" | "abort", at: string): CutRequest {
	const path = pathTo(entries);
	const since = path.slice(path.findLastIndex(({ type }) => type === "compaction") + 1);
	const asked = since.reduce((sum, entry) => sum + lengthOf(entry), 0);
	return {
		request: `summary after ${entries.at(-1)?.id ?? "nothing"}`,
		...guess(entries, tokensOf(asked), 0),
		cutBy,
		at,
	};
}

function cutOf(message: AssistantMessage): CutRequest["cutBy"] | undefined {
	if (message.usage.totalTokens > 0) return undefined;
	const asked = /^Request (?:was )?aborted\b/i.test(message.error ?? "");
	if (asked || (message.stopReason === "aborted" && writtenIn(message) > 0)) return "abort";
	return message.stopReason === "error" && writtenIn(message) > 0 ? "failure" : undefined;
}

const writtenIn = ({ text, toolCalls }: AssistantMessage): number =>
	text.length + toolCalls.reduce((sum, call) => sum + JSON.stringify(call.input ?? {}).length, 0);

/** `before`: what the model was sent. */
function estimate(
	entries: readonly Entry[],
	before: readonly Entry[],
	written: number,
	model: string | undefined,
	more = 0,
): Pick<CutRequest, "model" | "tokens" | "cost"> {
	const counted = before.findLastIndex((entry) => countedIn(entry) > 0 || entry.type === "compaction");
	const known = counted === -1 ? 0 : countedIn(before[counted]);
	const since = before.slice(counted + 1).reduce((sum, entry) => sum + lengthOf(entry), more);
	return { ...guess(entries, known + tokensOf(since), tokensOf(written)), ...(model === undefined ? {} : { model }) };
}

/** So many tokens, at what the session's others have cost. */
function guess(
	entries: readonly Entry[],
	input: number,
	output: number,
): Pick<CutRequest, "model" | "tokens" | "cost"> {
	const price = pricesIn(entries);
	const cost = { input: input * price.input, output: output * price.output, cacheRead: 0, cacheWrite: 0 };
	return {
		model: modelOf(entries),
		tokens: { input, output, cacheRead: 0, cacheWrite: 0, total: input + output },
		cost: { ...cost, total: cost.input + cost.output },
	};
}

/** Tokens of the conversation up to this answer, as its provider has counted them. */
const countedIn = (entry: Entry | undefined): number =>
	entry?.type === "message" && entry.message.role === "assistant" ? entry.message.usage.totalTokens : 0;

function lengthOf(entry: Entry): number {
	if (entry.type === "custom_message") return entry.text.length;
	if (entry.type !== "message") return 0;
	const { message } = entry;
	if (message.role === "other") return 0;
	return message.role === "assistant" ? writtenIn(message) : message.text.length;
}

const answersIn = (entries: readonly Entry[]): readonly AssistantMessage[] =>
	entries.flatMap((entry) =>
		entry.type === "message" && entry.message.role === "assistant" && entry.message.usage.totalTokens > 0
			? [entry.message]
			: [],
	);

const modelOf = (entries: readonly Entry[]): string => {
	const last = answersIn(entries).at(-1);
	return last === undefined ? "unknown" : `${last.provider}/${last.model}`;
};

/** Dollars per token in this session; 0 where nothing was counted yet. */
function pricesIn(entries: readonly Entry[]): { readonly input: number; readonly output: number } {
	const all = answersIn(entries).map(({ usage }) => usage);
	const per = (kind: "input" | "output"): number => {
		const tokens = all.reduce((sum, usage) => sum + usage[kind], 0);
		return tokens === 0 ? 0 : all.reduce((sum, usage) => sum + usage.costs[kind], 0) / tokens;
	};
	return { input: per("input"), output: per("output") };
}
