/** The settings of bounded work: `bounds` in `FLAGSHIP_HOME/settings.json`, read when a host starts. */

/** JSON Schema of `bounds`. `docs/bounds.md` shows the same names, values and defaults. */
export const boundsSchema = {
	type: "object",
	additionalProperties: false,
	properties: {
		turns: {
			type: "integer",
			minimum: 1,
			maximum: 1_000,
			default: 30,
			description: "Turns that work may take when no cap is named.",
		},
		usd: {
			type: "number",
			minimum: 0.01,
			maximum: 1_000,
			default: 2,
			description: "US dollars that work may cost when no cap is named.",
		},
		quietTurns: {
			type: "integer",
			minimum: 1,
			maximum: 1_000,
			default: 15,
			description: "Turns without a write after which the reminder comes.",
		},
		rungTurns: {
			type: "integer",
			minimum: 1,
			maximum: 100,
			default: 3,
			description: "Turns from one rung to the next: reminder, steer, hard steer, stop.",
		},
		steerSeconds: {
			type: "integer",
			minimum: 1,
			maximum: 3_600,
			default: 10,
			description: "Seconds in which a steer is consumed, before it is made hard and before the stop.",
		},
		checkSeconds: {
			type: "integer",
			minimum: 1,
			maximum: 3_600,
			default: 120,
			description: "Seconds after which a check (`command:…`) is ended.",
		},
	},
} as const;

type Name = keyof typeof boundsSchema.properties;
export type BoundSettings = Readonly<Record<Name, number>>;

const ENTRIES = Object.entries(boundsSchema.properties) as readonly (readonly [
	Name,
	(typeof boundsSchema.properties)[Name],
])[];

export const BOUND_DEFAULTS = Object.fromEntries(
	ENTRIES.map(([name, property]) => [name, property.default]),
) as BoundSettings;

/** `values` is the whole of `settings.json`. What cannot be read is named and the default holds: nothing is unbounded. */
export function boundSettings(values: Readonly<Record<string, unknown>>): {
	readonly settings: BoundSettings;
	readonly problems: readonly string[];
} {
	const { bounds } = values;
	if (bounds === undefined) return { settings: BOUND_DEFAULTS, problems: [] };
	if (typeof bounds !== "object" || bounds === null || Array.isArray(bounds))
		return { settings: BOUND_DEFAULTS, problems: ["bounds must be an object; the defaults hold"] };
	const given = new Map<string, unknown>(Object.entries(bounds));
	const fits = (name: Name): boolean => {
		const { type, minimum, maximum } = boundsSchema.properties[name];
		const value = given.get(name);
		if (typeof value !== "number" || !(value >= minimum && value <= maximum)) return false;
		return type === "number" || Number.isInteger(value);
	};
	const known = new Set<string>(ENTRIES.map(([name]) => name));
	const taken = ENTRIES.filter(([name]) => given.has(name) && fits(name)).map(([name]) => [name, given.get(name)]);
	return {
		settings: { ...BOUND_DEFAULTS, ...(Object.fromEntries(taken) as Partial<BoundSettings>) },
		problems: [
			...[...given.keys()].filter((name) => !known.has(name)).map((name) => `there is no setting bounds.${name}`),
			...ENTRIES.filter(([name]) => given.has(name) && !fits(name)).map(
				([name, { minimum, maximum, default: usual }]) =>
					`bounds.${name} must be a number from ${minimum} to ${maximum}; it stays ${usual}`,
			),
		],
	};
}
