/** A section of `settings.json` whose values are numbers within bounds. */

export interface NumberProperty {
	readonly type: "integer" | "number";
	readonly minimum: number;
	readonly maximum: number;
	readonly default: number;
	readonly description: string;
}

/** The JSON Schema of such a section. */
export interface NumberSchema {
	readonly properties: Readonly<Record<string, NumberProperty>>;
}

export type NumberSettings<S extends NumberSchema> = Readonly<Record<keyof S["properties"] & string, number>>;

export interface ReadNumbers<S extends NumberSchema> {
	readonly settings: NumberSettings<S>;
	readonly problems: readonly string[];
}

export const numberDefaults = <S extends NumberSchema>({ properties }: S): NumberSettings<S> =>
	Object.fromEntries(
		Object.entries(properties).map(([name, property]) => [name, property.default]),
	) as NumberSettings<S>;

/** `values` is the whole of `settings.json`. What cannot be read is named and the default holds: nothing is unbounded. */
export function numberSettings<S extends NumberSchema>(
	section: string,
	schema: S,
	values: Readonly<Record<string, unknown>>,
): ReadNumbers<S> {
	const defaults = numberDefaults(schema);
	const given = values[section];
	if (given === undefined) return { settings: defaults, problems: [] };
	if (typeof given !== "object" || given === null || Array.isArray(given))
		return { settings: defaults, problems: [`${section} must be an object; the defaults hold`] };
	const taken: Record<string, number> = {};
	const problems: string[] = [];
	for (const [name, value] of Object.entries(given)) {
		const property = Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
		if (property === undefined) problems.push(`there is no setting ${section}.${name}`);
		else if (fits(property, value)) taken[name] = value;
		else problems.push(`${section}.${name} must be a number ${rangeText(property)}`);
	}
	return { settings: { ...defaults, ...taken }, problems };
}

const rangeText = ({ minimum, maximum, default: usual }: NumberProperty): string =>
	`from ${minimum} to ${maximum}; it stays ${usual}`;

const fits = ({ type, minimum, maximum }: NumberProperty, value: unknown): value is number =>
	typeof value === "number" && value >= minimum && value <= maximum && (type === "number" || Number.isInteger(value));
