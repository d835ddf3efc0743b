/** Schemas of the contract in the document: what it exports by name is written once and referred to. */

type Node = Record<string, unknown>;

export interface Schemas {
	/** The schema, with references to what has a name. */
	of(schema: unknown): unknown;
	/** What was referred to so far, by name. */
	named(): Node;
}

/** `names` is keyed by identity: TypeBox puts a schema into another as it is. */
export function createSchemas(names: ReadonlyMap<unknown, string>): Schemas {
	const written = new Map<string, unknown>();

	const inside = (schema: object): unknown =>
		Array.isArray(schema)
			? schema.map(of)
			: Object.fromEntries(Object.entries(schema).map(([word, value]) => [word, of(value)]));

	const of = (schema: unknown): unknown => {
		if (typeof schema !== "object" || schema === null) return schema;
		const name = names.get(schema);
		if (name === undefined) return inside(schema);
		if (!written.has(name)) {
			// Kept first: a schema that holds itself would be written without end.
			written.set(name, undefined);
			written.set(name, inside(schema));
		}
		return { $ref: `#/components/schemas/${name}` };
	};
	return { of, named: () => Object.fromEntries([...written].sort(([a], [b]) => (a < b ? -1 : 1))) };
}
