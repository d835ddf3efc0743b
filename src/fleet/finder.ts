/**
 * The tools that are not at hand, found by words and switched on. Newer versions of pi bring `tool_search` for it; on
 * an older one `fleet_tools` does it.
 */
import type { ExtensionAPI, ToolDefinition } from "@earendil-works/pi-coding-agent";
import type { TSchema } from "@sinclair/typebox";
import type { ToolCard } from "./card.ts";

export const FINDER = "fleet_tools";
/** pi's own finder, from the version on that knows `exposure`. */
const PI_FINDER = "tool_search";

type Tools = Pick<ExtensionAPI, "registerTool" | "getActiveTools" | "getAllTools" | "setActiveTools">;

const parameters = {
	type: "object",
	required: ["query"],
	properties: { query: { type: "string", description: "words, or a tool's name; * lists all" } },
} as unknown as TSchema;

/** The finder's own definition; its bytes count, too. */
export const finderDescription = (deferred: readonly ToolCard[]) => ({
	name: FINDER,
	description: `Find and switch on tools: ${services(deferred).join(" ")}`,
	parameters,
});

export function registerFinder(pi: Tools, deferred: readonly ToolCard[]): void {
	const tool: ToolDefinition = {
		...finderDescription(deferred),
		label: "fleet tools",
		async execute(_id, params) {
			const { query } = params as { query: string };
			const found = search(deferred, query);
			pi.setActiveTools([...new Set([...pi.getActiveTools(), ...found.map((card) => card.tool)])]);
			return { content: [{ type: "text", text: tellFound(found, deferred) }], details: undefined };
		},
	};
	pi.registerTool(tool);
}

/** At session start: deferred tools are put away where pi does not do so itself, and one finder is at hand. */
export function putAway(pi: Tools, deferred: readonly ToolCard[], exposure: boolean): void {
	const away = new Set(exposure ? [] : deferred.map((card) => card.tool));
	const piFinder = exposure && pi.getAllTools().some((tool) => tool.name === PI_FINDER);
	const active = new Set(pi.getActiveTools().filter((name) => !away.has(name)));
	// Where a person has chosen the tools (`--tools`), none is added to them.
	if (piFinder && active.delete(FINDER)) active.add(PI_FINDER);
	pi.setActiveTools([...active]);
}

/** Those that hold the most of the words, best first, at most eight; `*` is all. */
export function search(deferred: readonly ToolCard[], query: string): readonly ToolCard[] {
	if (query.trim() === "*") return deferred;
	const words = query.toLowerCase().match(/[a-z]+/g) ?? [];
	const hits = (card: ToolCard): number => {
		const text = `${card.tool} ${card.summary}`.toLowerCase();
		return words.filter((word) => text.includes(word.replace(/s$/, ""))).length;
	};
	return deferred
		.map((card) => ({ card, hits: hits(card) }))
		.filter((scored) => scored.hits > 0)
		.sort((a, b) => b.hits - a.hits)
		.slice(0, 8)
		.map((scored) => scored.card);
}

function tellFound(found: readonly ToolCard[], deferred: readonly ToolCard[]): string {
	if (found.length === 0) return `None fits. There are: ${deferred.map((card) => card.tool).join(", ")}.`;
	return `Switched on, from your next call:\n${found.map((card) => `${card.tool}: ${card.summary}`).join("\n")}`;
}

const services = (cards: readonly ToolCard[]): readonly string[] => [
	...new Set(cards.map((card) => card.name.split(".", 1)[0] ?? "")),
];
