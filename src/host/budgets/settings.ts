/**
 * The settings of budgets: `budgets` in `FLAGSHIP_HOME/settings.json`, read when hub and host start. A limit that cannot
 * be read ends the start instead of leaving a fleet unlimited that somebody meant to limit.
 */
import { fault } from "../../errors.ts";

/** JSON Schema of `budgets`. `docs/budgets.md` shows the same names, values and defaults. */
export const budgetsSchema = {
	type: "object",
	additionalProperties: false,
	properties: {
		fleetUsd: {
			type: "number",
			minimum: 0.01,
			maximum: 100_000,
			description: "US dollars that each fleet may spend, until a limit of its own is set.",
		},
		warnPercent: {
			type: "integer",
			minimum: 1,
			maximum: 100,
			default: 80,
			description: "Part of a limit at which its orchestrator is warned, once.",
		},
	},
} as const;

export interface BudgetSettings {
	/** US dollars; undefined: no limit until one is set. */
	readonly fleetUsd: number | undefined;
	readonly warnPercent: number;
}

/** `values` is the whole of `settings.json`, `path` names it. Throws `home_unusable`. */
export function budgetSettings(values: Readonly<Record<string, unknown>>, path: string): BudgetSettings {
	const { budgets = {} } = values;
	if (typeof budgets !== "object" || budgets === null || Array.isArray(budgets))
		throw fault("home_unusable", path, "budgets must be an object");
	const { properties } = budgetsSchema;
	const given = new Map<string, unknown>(Object.entries(budgets));
	for (const name of given.keys())
		if (!Object.hasOwn(properties, name)) throw fault("home_unusable", path, `there is no setting budgets.${name}`);
	const read = (name: keyof typeof properties): number | undefined => {
		const value = given.get(name);
		const { type, minimum, maximum } = properties[name];
		if (value === undefined) return undefined;
		const fits = typeof value === "number" && value >= minimum && value <= maximum;
		if (fits && (type === "number" || Number.isInteger(value))) return value;
		throw fault("home_unusable", path, `budgets.${name} must be a number from ${minimum} to ${maximum}`);
	};
	return { fleetUsd: read("fleetUsd"), warnPercent: read("warnPercent") ?? properties.warnPercent.default };
}
