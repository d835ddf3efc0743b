/**
 * What a session used, summed over all its entries (every branch, as pi's own statistics do): answers, model work of
 * tools, compactions, branch summaries. A fold, so that an incremental reader adds only what is new.
 */
import type { Entry } from "./entry.ts";
import { NO_USAGE, type Usage } from "./message.ts";

export interface Tally extends Usage {
	/** Assistant messages. */
	readonly turns: number;
	/** Tool calls by tool name. */
	readonly tools: Readonly<Record<string, number>>;
	/** Per `provider/model`, answers only; the rest of the sum has no model of its own. */
	readonly models: Readonly<Record<string, Usage>>;
	/** Times of the first and the last entry; absent while there is none. */
	readonly startedAt?: string;
	readonly endedAt?: string;
}

export const EMPTY_TALLY: Tally = { ...NO_USAGE, turns: 0, tools: {}, models: {} };

export const addUsage = (a: Usage, b: Usage): Usage => ({
	input: a.input + b.input,
	output: a.output + b.output,
	cacheRead: a.cacheRead + b.cacheRead,
	cacheWrite: a.cacheWrite + b.cacheWrite,
	totalTokens: a.totalTokens + b.totalTokens,
	cost: a.cost + b.cost,
	costs: {
		input: a.costs.input + b.costs.input,
		output: a.costs.output + b.costs.output,
		cacheRead: a.costs.cacheRead + b.costs.cacheRead,
		cacheWrite: a.costs.cacheWrite + b.costs.cacheWrite,
	},
});

/** The tally after these entries. */
export function tally(entries: readonly Entry[], before: Tally = EMPTY_TALLY): Tally {
	let total: Usage = before;
	let turns = before.turns;
	const tools = new Map(Object.entries(before.tools));
	const models = new Map(Object.entries(before.models));
	for (const entry of entries) {
		const usage = usageOf(entry);
		if (usage !== undefined) total = addUsage(total, usage);
		if (entry.type !== "message" || entry.message.role !== "assistant") continue;
		const { message } = entry;
		const model = `${message.provider}/${message.model}`;
		models.set(model, addUsage(models.get(model) ?? NO_USAGE, message.usage));
		for (const call of message.toolCalls) tools.set(call.name, (tools.get(call.name) ?? 0) + 1);
		turns += 1;
	}
	const { input, output, cacheRead, cacheWrite, totalTokens, cost, costs } = total;
	const startedAt = before.startedAt ?? entries[0]?.timestamp;
	const endedAt = entries.at(-1)?.timestamp ?? before.endedAt;
	return {
		...{ input, output, cacheRead, cacheWrite, totalTokens, cost, costs, turns },
		...(startedAt === undefined ? {} : { startedAt }),
		...(endedAt === undefined ? {} : { endedAt }),
		tools: Object.fromEntries(tools),
		models: Object.fromEntries(models),
	};
}

function usageOf(entry: Entry): Usage | undefined {
	switch (entry.type) {
		case "message":
			return entry.message.role === "assistant" || entry.message.role === "toolResult"
				? entry.message.usage
				: undefined;
		case "compaction":
		case "branch_summary":
		case "usage":
			return entry.usage;
		default:
			return undefined;
	}
}
