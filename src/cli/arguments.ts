/**
 * The arguments of an operation's verb, read off its declaration: path parameters, then required fields, as positionals
 * in order; every field also as `--field`. A value `-` is read from standard input. Pure.
 */
import { parseArgs } from "node:util";
import { type AnyOperation, verbOf } from "../contract/operation.ts";
import { fault, reason } from "../errors.ts";

/** The part of JSON Schema that an input's fields use. */
interface Field {
	readonly type?: string;
	readonly enum?: readonly string[];
	readonly items?: Field;
	readonly properties?: Readonly<Record<string, Field>>;
	readonly anyOf?: readonly Field[];
	readonly description?: string;
}

export interface Parsed {
	readonly input: Readonly<Record<string, unknown>>;
	/** `--json`: the answer as it came. */
	readonly json: boolean;
	/** Names of the fields whose value was `-`. */
	readonly fromStdin: readonly string[];
}

const fieldsOf = (operation: AnyOperation): Readonly<Record<string, Field>> => operation.input.properties ?? {};

/** Path parameters first, then what else is required. */
export function positionalsOf(operation: AnyOperation): readonly string[] {
	const inPath = [...operation.path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? "");
	const required: readonly string[] = operation.input.required ?? [];
	return [...inPath, ...required.filter((name) => !inPath.includes(name))];
}

/** `createdBy` as people type flags. */
export const flagOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** One line: `lt send <name> <message> [--mode prompt|steer|followUp] [--hard]`. */
export function usageOf(operation: AnyOperation): string {
	const positionals = positionalsOf(operation);
	const optional = Object.entries(fieldsOf(operation)).filter(([name]) => !positionals.includes(name));
	const flags = optional.map(([name, field]) => `[--${flagOf(name)}${valueHint(field)}]`);
	return [verbOf(operation) ?? operation.name, ...positionals.map((name) => `<${name}>`), ...flags, "[--json]"].join(
		" ",
	);
}

function valueHint(field: Field): string {
	if (field.type === "boolean") return "";
	if (field.enum !== undefined) return ` ${field.enum.join("|")}`;
	return field.type === "integer" || field.type === "number" ? " <n>" : " <value>";
}

/** Throws `usage` for what does not fit the declaration. Whether values are good is for the hub or host to say. */
export function parseArguments(operation: AnyOperation, args: readonly string[]): Parsed {
	const fields = fieldsOf(operation);
	const { values, positionals } = parse(operation, args);
	const given = new Map<string, readonly string[] | boolean>();
	for (const [name, field] of Object.entries(fields)) {
		const value = values[flagOf(name)] ?? values[name];
		if (value === undefined) continue;
		given.set(name, field.type === "boolean" ? value === true : [value].flat().map(String));
	}
	for (const [i, text] of positionals.entries()) {
		const name = positionalsOf(operation).filter((one) => !(one in values) && !(flagOf(one) in values))[i];
		if (name === undefined) {
			throw usage(operation, `'${text}' is one word too many; a text with spaces goes in quotes.`);
		}
		given.set(name, [text]);
	}
	const missing = positionalsOf(operation).filter((name) => !given.has(name));
	if (missing.length > 0)
		throw usage(operation, `${missing.join(" and ")} ${missing.length > 1 ? "are" : "is"} missing.`);
	const input: Record<string, unknown> = {};
	for (const [name, texts] of given) {
		input[name] = typeof texts === "boolean" ? texts : valueFrom(operation, name, fields[name] ?? {}, texts);
	}
	const fromStdin = [...given].filter(([, texts]) => Array.isArray(texts) && texts[0] === "-").map(([name]) => name);
	return { input, json: values.json === true, fromStdin };
}

type Values = Record<string, string | boolean | (string | boolean)[] | undefined>;

function parse(operation: AnyOperation, args: readonly string[]): { values: Values; positionals: string[] } {
	const options: Record<string, { type: "boolean" | "string"; multiple: boolean }> = {};
	for (const [name, field] of Object.entries(fieldsOf(operation))) {
		const type = field.type === "boolean" ? "boolean" : "string";
		for (const flag of new Set([name, flagOf(name)])) options[flag] = { type, multiple: field.type === "array" };
	}
	options.json = { type: "boolean", multiple: false };
	try {
		return parseArgs({ args: [...args], options, allowPositionals: true, allowNegative: true, strict: true });
	} catch (error) {
		throw usage(operation, `${reason(error).split(". ", 1)[0] ?? ""}.`);
	}
}

const usage = (operation: AnyOperation, what: string) =>
	fault("usage", `${what}\nUsage: flagship ${usageOf(operation)}`);

function valueFrom(operation: AnyOperation, name: string, field: Field, texts: readonly string[]): unknown {
	const [text = ""] = texts;
	const json = (what: string): unknown => {
		try {
			return JSON.parse(text);
		} catch {
			throw usage(operation, `${name} must be ${what}, as JSON.`);
		}
	};
	switch (kindOf(field)) {
		case "number":
			if (text.trim() === "" || Number.isNaN(Number(text))) throw usage(operation, `${name} must be a number.`);
			return Number(text);
		case "array":
			if (text.startsWith("[")) return json("a list");
			return texts.map((one) => (field.items?.type === "object" ? objectFrom(operation, name, one) : one));
		case "object": {
			const only = soleField(field);
			return only === undefined || text.trimStart().startsWith("{") ? json("an object") : { [only]: text };
		}
		case "nullable":
			return text === "null" ? null : text;
		case "any":
			return /^[[{"]/.test(text) ? json("data") : text;
		default:
			return text;
	}
}

/** Of an object that holds one text and nothing else: people type the text. */
function soleField({ properties = {} }: Field): string | undefined {
	const [[name, field] = [], ...others] = Object.entries(properties);
	return others.length === 0 && field?.type === "string" ? name : undefined;
}

function objectFrom(operation: AnyOperation, name: string, text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		throw usage(operation, `each --${flagOf(name)} must be an object, as JSON.`);
	}
}

function kindOf(field: Field): "text" | "number" | "array" | "object" | "nullable" | "any" {
	if (field.type === "integer" || field.type === "number") return "number";
	if (field.type === "array" || field.type === "object") return field.type;
	if (field.anyOf?.some((one) => one.type === "null") === true) return "nullable";
	return field.type === undefined && field.enum === undefined ? "any" : "text";
}
