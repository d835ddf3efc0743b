/**
 * What the territory gate knows, kept in the session as custom entries: a pi that is started anew while the hub is away
 * goes by the hub's last answer, and tells nothing a second time.
 */
import type { Territory } from "../contract/task.ts";

/** `customType` of the entries. */
export const TERRITORY = "flagship.territory";

/** What held tasks own, as the hub said it at `told` (wall ms). */
export interface Answer {
	readonly territories: readonly Territory[];
	readonly told: number;
}

export type TerritoryEvent =
	| ({ readonly type: "held" } & Answer)
	/** Files of others that were seen changed, and that was told. */
	| { readonly type: "told"; readonly paths: readonly string[] };

export interface TerritoryMemory {
	readonly answer?: Answer;
	readonly told: ReadonlySet<string>;
}

/** Of a session's entries, oldest first; read defensively, for the file may be of another version of this package. */
export function territoryMemory(
	entries: readonly { readonly type: string; readonly customType?: unknown; readonly data?: unknown }[],
): TerritoryMemory {
	const data = entries.filter(({ type, customType }) => type === "custom" && customType === TERRITORY);
	const events = data.map((entry) => entry.data).filter(isEvent);
	const held = events.findLast((event) => event.type === "held");
	const told = events.flatMap((event) => (event.type === "told" ? event.paths : []));
	return { ...(held === undefined ? {} : { answer: held }), told: new Set(told) };
}

const texts = (value: unknown): boolean => Array.isArray(value) && value.every((item) => typeof item === "string");

function isTerritory(value: unknown): boolean {
	if (typeof value !== "object" || value === null) return false;
	const { task, title, owner, patterns } = value as Record<string, unknown>;
	return [task, title, owner].every((one) => typeof one === "string") && texts(patterns);
}

function isEvent(value: unknown): value is TerritoryEvent {
	if (typeof value !== "object" || value === null) return false;
	const { type, territories, told, paths } = value as Record<string, unknown>;
	if (type === "told") return texts(paths);
	return type === "held" && typeof told === "number" && Array.isArray(territories) && territories.every(isTerritory);
}
