import type { TSchema } from "@sinclair/typebox";
import { describe, expect, test } from "vitest";
import { loadModules } from "../../src/hub/modules.ts";
import { realWorld } from "../../src/world/real.ts";

const { operations } = await loadModules(realWorld());
const fieldsOf = (input: TSchema): string[] => Object.keys(input.properties ?? {});

/** JSON Schema words that TypeBox 0.34 and 1.x make alike, and that Ajv and models understand. */
const WORDS = new Set([
	...["type", "properties", "required", "items", "enum", "const", "anyOf", "description", "patternProperties"],
	...["minLength", "maxLength", "pattern", "minimum", "maximum", "minItems", "maxItems", "additionalProperties"],
]);

function wordsOf(schema: unknown): string[] {
	if (typeof schema !== "object" || schema === null) return [];
	if (Array.isArray(schema)) return schema.flatMap(wordsOf);
	return Object.entries(schema).flatMap(([word, value]) => [
		word,
		...(word === "properties" || word === "patternProperties" ? Object.values(value as object).flatMap(wordsOf) : []),
		...(word === "items" || word === "anyOf" ? wordsOf(value) : []),
	]);
}

describe.each(operations.map((operation) => [operation.name, operation] as const))("%s", (_name, operation) => {
	test("declares each parameter of its paths, and names only fields that it has", () => {
		const fields = fieldsOf(operation.input);
		const params = [operation.path, ...(operation.aliases ?? [])].flatMap((path) =>
			[...path.matchAll(/:(\w+)/g)].map(([, name]) => name),
		);
		const required: unknown[] = operation.input.required ?? [];
		for (const param of params) expect(required).toContain(param);
		for (const path of Object.keys(operation.sentences ?? {})) expect(fields).toContain(path.split(".")[0]);
		if (operation.author !== undefined) expect(fields).toContain(operation.author.field);
	});

	test("uses only schema words that every side understands", () => {
		expect(wordsOf([operation.input, operation.output]).filter((word) => !WORDS.has(word))).toEqual([]);
	});

	test("spools only what is decided nowhere else, and lets no viewer change anything", () => {
		const isMutation = operation.method !== "GET";
		if (operation.spool === true) expect(isMutation).toBe(true);
		if (isMutation) expect(operation.allow).not.toContain("viewer");
	});
});

test("claims, reviews and reads are never kept for a hub that is away", () => {
	const spooled = operations.filter((operation) => operation.spool === true).map(({ name }) => name);
	expect(spooled.filter((name) => name.startsWith("board."))).toEqual([]);
});
