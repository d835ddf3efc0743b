/** One plain sentence for what is wrong with an input: that of the first field, in the order of the declaration. */
import type { ErrorObject } from "ajv";
import type { AnyOperation } from "../../contract/operation.ts";

/** Characters of a wrong value that are worth repeating. */
const SHOWN = 100;

/** What the sentence is made with: an operation, or a mere shape. */
export type Asked = Pick<AnyOperation, "input" | "sentences" | "author">;

export function sentence(operation: Asked, errors: readonly ErrorObject[], value: unknown): string {
	const order = Object.keys(operation.input.properties ?? {});
	const rank = (error: ErrorObject): number => order.indexOf(pathOf(error)[0] ?? "");
	const first = errors.reduce<ErrorObject | undefined>(
		(best, error) => (best === undefined || rank(error) < rank(best) ? error : best),
		undefined,
	);
	if (first === undefined) return "invalid input";
	const path = pathOf(first);
	const named = path.filter((part) => !/^\d+$/.test(part)).join(".");
	const sent = at(value, path);
	const own = operation.sentences?.[named];
	return own === undefined
		? usual(first, named, sent, isNeeded(operation, path))
		: own.replace("{value}", () => show(sent));
}

/** Path of the field that is wrong, list positions included. */
function pathOf({ instancePath, keyword, params }: ErrorObject): string[] {
	const path = instancePath
		.split("/")
		.slice(1)
		.map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
	return keyword === "required" ? [...path, String(params.missingProperty)] : path;
}

function usual({ keyword, params }: ErrorObject, named: string, sent: unknown, needed: boolean): string {
	const missing = keyword === "required" || keyword === "minLength" || keyword === "pattern" || keyword === "type";
	if (missing && needed && (typeof sent !== "string" || sent.trim() === "")) return `${named} is required`;
	if (keyword === "maxLength") return `${named} is longer than ${params.limit} characters`;
	if (keyword === "maxItems") return `${named} has more than ${params.limit} items`;
	return `invalid ${named}: ${show(sent)}`;
}

/** True when the declaration requires the field, or the author must be named in it. */
function isNeeded(operation: Asked, path: readonly string[]): boolean {
	let schema: unknown = operation.input;
	let needed = false;
	for (const part of path) {
		if (/^\d+$/.test(part)) {
			schema = get(schema, "items");
			continue;
		}
		const required = get(schema, "required");
		needed = Array.isArray(required) && required.includes(part);
		schema = get(get(schema, "properties"), part);
	}
	return needed || (path.length === 1 && operation.author?.needed === true && operation.author.field === path[0]);
}

const get = (value: unknown, key: string): unknown =>
	typeof value === "object" && value !== null && Object.hasOwn(value, key)
		? (value as Record<string, unknown>)[key]
		: undefined;

const at = (value: unknown, path: readonly string[]): unknown => path.reduce(get, value);

function show(value: unknown): string {
	const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "undefined");
	return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
