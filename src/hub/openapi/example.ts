/** An input that a schema takes, for people who try an operation: what is required and no more. */

type Node = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && !Array.isArray(value);

/** What the texts of the contract look like, told by pattern or description; the first that fits is taken. */
const TEXTS = ["2026-01-31T12:00:00.000Z", "2026-01-31", "7d", "01KG1Y0000F1AGSH1PF1AGSH1P", "a".repeat(64)] as const;
const TIME = /ISO 8601/;

/** `name` is the field's own: the plainest text there is for it. */
export function example(schema: unknown, name = "text"): unknown {
	if (!isNode(schema)) return name;
	if ("const" in schema) return schema.const;
	if (Array.isArray(schema.enum)) return schema.enum[0];
	if (Array.isArray(schema.anyOf)) return example(schema.anyOf[0], name);
	switch (schema.type) {
		case "object":
			return exampleObject(schema);
		case "array":
			return [example(schema.items, name)];
		case "integer":
		case "number":
			return Math.max(1, numberOf(schema.minimum, 1));
		case "boolean":
			return true;
		case "null":
			return null;
		default:
			return exampleText(schema, name);
	}
}

function exampleObject({ properties, required }: Node): Node {
	const names = Array.isArray(required) ? required.map(String) : [];
	const fields = isNode(properties) ? properties : {};
	return Object.fromEntries(names.map((field) => [field, example(fields[field], field)]));
}

function exampleText({ pattern, minLength, maxLength, description }: Node, name: string): string {
	const form = typeof pattern === "string" ? new RegExp(pattern, "u") : /(?:)/;
	const fits = (text: string): boolean =>
		form.test(text) && text.length >= numberOf(minLength, 0) && text.length <= numberOf(maxLength, Infinity);
	const isTime = typeof description === "string" && TIME.test(description);
	return [...(isTime ? [] : [name]), ...TEXTS].find(fits) ?? name;
}

const numberOf = (value: unknown, otherwise: number): number => (typeof value === "number" ? value : otherwise);
