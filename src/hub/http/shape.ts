/**
 * What a request says, checked against an operation's input. Bodies are taken as they are: coercion would turn `null`
 * into `""` and `5` into `"5"`. Path and query are text by nature, so there numbers and booleans are read out of it.
 */
import { type TSchema, Type } from "@sinclair/typebox";
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import type { AnyOperation } from "../../contract/operation.ts";
import { fault } from "../../errors.ts";
import { sentence } from "./sentence.ts";

type Fields = Record<string, unknown>;

export interface Shape {
	/** The operation's input. Throws `invalid_input` or `not_json`; `needed` is a field that this caller may not leave out. */
	read(params: Fields, query: Fields, body: unknown, needed?: string): Fields;
}

const options = { removeAdditional: false, useDefaults: false, strict: false, allErrors: true } as const;
const bodies = new Ajv({ ...options, coerceTypes: false });
const texts = new Ajv({ ...options, coerceTypes: true });

export function shapeOf(operation: AnyOperation): Shape {
	const fields: Readonly<Record<string, TSchema>> = operation.input.properties ?? {};
	const inPath = [...operation.path.matchAll(/:(\w+)/g)].map(([, name]) => name ?? "");
	const others = Object.keys(fields).filter((name) => !inPath.includes(name));
	const hasBody = operation.method === "POST" || operation.method === "PATCH";
	const params = compiled(texts, pick(fields, inPath));
	const rest = compiled(hasBody ? bodies : texts, pick(fields, others));

	const check = (validator: () => ValidateFunction, value: Fields, needed?: string): Fields => {
		const validate = validator();
		if (validate(value)) return value;
		const errors = [...(validate.errors as ErrorObject[]), ...lacking(value, needed)];
		throw fault("invalid_input", sentence(operation, errors, value));
	};
	return {
		read(inParams, query, body, needed) {
			const inRest = hasBody ? only(asObject(body), others) : only(query, others, (value) => value !== "");
			return { ...check(rest, inRest, needed), ...check(params, { ...inParams }) };
		},
	};
}

/** Old clients are told of the first field that is wrong, the author among them. */
const lacking = (value: Fields, needed: string | undefined): readonly ErrorObject[] =>
	needed === undefined || needed in value
		? []
		: [{ keyword: "required", instancePath: "", schemaPath: "", params: { missingProperty: needed } }];

/** At its first use: most hubs are never asked most operations, and all of them are a second of start and 15 MB. */
function compiled(ajv: Ajv, schema: TSchema): () => ValidateFunction {
	let validate: ValidateFunction | undefined;
	return () => {
		validate ??= ajv.compile(schema);
		return validate;
	};
}

const pick = (fields: Readonly<Record<string, TSchema>>, names: readonly string[]): TSchema =>
	Type.Object(
		Object.fromEntries(
			names.flatMap((name) => {
				const field = fields[name];
				return field === undefined ? [] : [[name, field]];
			}),
		),
	);

/** Declared fields alone: unknown ones are ignored, as the old API does. An empty query field means no filter. */
function only(value: Fields, names: readonly string[], wanted: (value: unknown) => boolean = () => true): Fields {
	const picked: Fields = {};
	for (const name of names) {
		if (Object.hasOwn(value, name) && value[name] !== undefined && wanted(value[name])) picked[name] = value[name];
	}
	return picked;
}

function asObject(body: unknown): Fields {
	if (typeof body !== "object" || body === null || Array.isArray(body)) throw fault("not_json");
	return body as Fields;
}
