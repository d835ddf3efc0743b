/**
 * The tools that are not at hand, found by words and switched on. Newer versions of pi bring `tool_search` for it; on
 * an older one `fleet_tools` does it.
 */
import type { ExtensionAPI, ToolDefinition } from "@earendil-works/pi-coding-agent";
import { type TSchema, Type } from "@sinclair/typebox";
import type { ToolOperation } from "./tools.ts";

export const FINDER = "fleet_tools";
/** pi's own finder, from the version on that knows `exposure`. */
const PI_FINDER = "tool_search";

type Tools = Pick<ExtensionAPI, "registerTool" | "getActiveTools" | "getAllTools" | "setActiveTools">;

const parameters: TSchema = Type.Object({
	query: Type.String({ description: "words, or a tool's name; * lists all" }),
});

/** The finder's own definition; its bytes count, too. */
export const finderDescription = (deferred: readonly ToolOperation[]) => ({
	name: FINDER,
	description: `Find and switch on more fleet tools (${services(deferred).join(", ")}).`,
	parameters,
});

export function registerFinder(pi: Tools, deferred: readonly ToolOperation[]): void {
	const tool: ToolDefinition = {
		...finderDescription(deferred),
		label: "fleet tools",
		async execute(_id, params) {
			const { query } = params as { query: string };
			const found = search(deferred, query);
			pi.setActiveTools([...new Set([...pi.getActiveTools(), ...found.map((operation) => operation.tool)])]);
			return { content: [{ type: "text", text: tellFound(found, deferred) }], details: undefined };
		},
	};
	pi.registerTool(tool);
}

/** At session start: deferred tools are put away where pi does not do so itself, and one finder is at hand. */
export function putAway(pi: Tools, deferred: readonly ToolOperation[], exposure: boolean): void {
	const away = new Set(exposure ? [] : deferred.map((operation) => operation.tool));
	const piFinder = exposure && pi.getAllTools().some((tool) => tool.name === PI_FINDER);
	const active = new Set(pi.getActiveTools().filter((name) => !away.has(name)));
	// Where a person has chosen the tools (`--tools`), none is added to them.
	if (piFinder && active.delete(FINDER)) active.add(PI_FINDER);
	pi.setActiveTools([...active]);
}

/** Those that hold the most of the words, best first, at most eight; `*` is all. */
export function search(deferred: readonly ToolOperation[], query: string): readonly ToolOperation[] {
	if (query.trim() === "*") return deferred;
	const words = query.toLowerCase().match(/[a-z]+/g) ?? [];
	const hits = (operation: ToolOperation): number => {
		const text = `${operation.tool} ${operation.summary}`.toLowerCase();
		return words.filter((word) => text.includes(word.replace(/s$/, ""))).length;
	};
	return deferred
		.map((operation) => ({ operation, hits: hits(operation) }))
		.filter((scored) => scored.hits > 0)
		.sort((a, b) => b.hits - a.hits)
		.slice(0, 8)
		.map((scored) => scored.operation);
}

function tellFound(found: readonly ToolOperation[], deferred: readonly ToolOperation[]): string {
	if (found.length === 0) return `None fits. There are: ${deferred.map((operation) => operation.tool).join(", ")}.`;
	return `Switched on, from your next call:\n${found.map((operation) => `${operation.tool}: ${operation.summary}`).join("\n")}`;
}

const services = (operations: readonly ToolOperation[]): readonly string[] => [
	...new Set(operations.map((operation) => operation.name.split(".", 1)[0] ?? "")),
];
