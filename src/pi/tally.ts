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
	/** The same sum by the day of use and by model; work that has no model of its own is the last answer's. */
	readonly parts: Readonly<Record<string, UsagePart>>;
	/** The model of the last answer. */
	readonly lately?: string;
	/** Times of the first and the last entry; absent while there is none. */
	readonly startedAt?: string;
	readonly endedAt?: string;
}

/** What was used on one day with one model. */
export interface UsagePart {
	/** `2026-03-10`, UTC. */
	readonly day: string;
	/** `provider/model`. */
	readonly model: string;
	readonly tokens: number;
	/** US dollars. */
	readonly cost: number;
}

export const EMPTY_TALLY: Tally = { ...NO_USAGE, turns: 0, tools: {}, models: {}, parts: {} };

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
	const parts = new Map(Object.entries(before.parts));
	let lately = before.lately;
	for (const entry of entries) {
		const usage = usageOf(entry);
		lately = modelOf(entry) ?? lately;
		if (usage !== undefined) {
			total = addUsage(total, usage);
			addPart(parts, entry.timestamp, lately ?? UNKNOWN, usage);
		}
		if (entry.type !== "message" || entry.message.role !== "assistant") continue;
		const { message } = entry;
		const model = lately ?? UNKNOWN;
		models.set(model, addUsage(models.get(model) ?? NO_USAGE, message.usage));
		for (const call of message.toolCalls) tools.set(call.name, (tools.get(call.name) ?? 0) + 1);
		turns += 1;
	}
	const { input, output, cacheRead, cacheWrite, totalTokens, cost, costs } = total;
	const startedAt = before.startedAt ?? entries[0]?.timestamp;
	const endedAt = entries.at(-1)?.timestamp ?? before.endedAt;
	return {
		...{ input, output, cacheRead, cacheWrite, totalTokens, cost, costs, turns },
		...(lately === undefined ? {} : { lately }),
		...(startedAt === undefined ? {} : { startedAt }),
		...(endedAt === undefined ? {} : { endedAt }),
		tools: Object.fromEntries(tools),
		models: Object.fromEntries(models),
		parts: Object.fromEntries(parts),
	};
}

const UNKNOWN = "unknown";

const modelOf = (entry: Entry): string | undefined =>
	entry.type === "message" && entry.message.role === "assistant"
		? `${entry.message.provider}/${entry.message.model}`
		: undefined;

/** What has no readable time is in no part; the hub counts it where the session began. */
function addPart(parts: Map<string, UsagePart>, timestamp: string, model: string, usage: Usage): void {
	const day = /^\d{4}-\d\d-\d\d(?=T)/.exec(timestamp)?.[0];
	if (day === undefined || (usage.totalTokens === 0 && usage.cost === 0)) return;
	const key = `${day} ${model}`;
	const { tokens, cost } = parts.get(key) ?? { tokens: 0, cost: 0 };
	parts.set(key, { day, model, tokens: tokens + usage.totalTokens, cost: cost + usage.cost });
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
