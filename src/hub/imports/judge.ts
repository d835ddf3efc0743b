/** Whether what was brought is a record of its kind, by today's rules. */
import { hash } from "node:crypto";
import { Ajv, type ValidateFunction } from "ajv";
import type { ImportKind } from "../../contract/imports.ts";
import { fault } from "../../errors.ts";
import { sentence } from "../http/sentence.ts";
import { moment } from "../window.ts";
import { shapeOfKind, TIME } from "./shapes.ts";

type Fields = Record<string, unknown>;

const ajv = new Ajv({ strict: false, allErrors: true });
const compiled = new Map<ImportKind, ValidateFunction>();

function validator(kind: ImportKind): ValidateFunction {
	const known = compiled.get(kind);
	if (known !== undefined) return known;
	const made = ajv.compile(shapeOfKind(kind));
	compiled.set(kind, made);
	return made;
}

export interface Judged {
	/** Of the kind's shape; its moments in the one notation that compares as text. */
	readonly record: Fields;
	/** Fields that no record of this kind has here. */
	readonly dropped: readonly string[];
}

/** Throws `invalid_input`, which names the field. */
export function judge(kind: ImportKind, brought: unknown): Judged {
	if (typeof brought !== "object" || brought === null || Array.isArray(brought))
		throw fault("invalid_input", "it is no object");
	const shape = shapeOfKind(kind);
	const { properties } = shape;
	const given = Object.entries(brought);
	const record: Fields = Object.fromEntries(given.filter(([field]) => Object.hasOwn(properties, field)));
	const validate = validator(kind);
	if (!validate(record)) throw fault("invalid_input", sentence({ input: shape }, validate.errors ?? [], record));
	for (const [field, schema] of Object.entries(properties)) {
		const value = record[field];
		if (isTime(schema) && typeof value === "string") record[field] = momentOf(field, value);
	}
	return { record, dropped: given.flatMap(([field]) => (Object.hasOwn(properties, field) ? [] : [field])) };
}

const isTime = (schema: { readonly [key: string]: unknown }): boolean =>
	schema[TIME] === true ||
	(Array.isArray(schema.anyOf) && schema.anyOf.some((one: { readonly [key: string]: unknown }) => one[TIME] === true));

/** Years before 0 and after 9999 are written with a sign and do not compare as text. */
function momentOf(field: string, text: string): string {
	const read = moment(text);
	if (read === undefined || !/^\d{4}-/.test(read)) throw fault("invalid_input", `invalid ${field}: ${text}`);
	return read;
}

export const fingerprint = (record: Fields): string => hash("sha256", JSON.stringify(record), "hex").slice(0, 32);
