/**
 * The schema that a model reads: the operation's own, without what only a server needs. Every byte of it is sent with
 * every request of every agent.
 */
import { isMutation, isRecord } from "../client/request.ts";
import type { AnyOperation } from "../contract/operation.ts";

/** Fields that mean who did it. The token says that: an agent that may name someone would get it wrong. */
const AUTHORS = new Set([
	"agent",
	"author",
	"createdBy",
	"reviewedBy",
	"approvedBy",
	"rejectedBy",
	"addedBy",
	"registeredBy",
	"publishedBy",
	"agentId",
]);

/** How the contract describes a field that code fills in, not an agent. */
const NOT_FOR_AGENTS = /^leave out\b/;

/** What a model can use. Lengths, patterns and bounds are left to the server, whose sentence says it better. */
const KEPT = new Set(["type", "enum", "const", "description"]);

/** Plain JSON schema. */
export function toolSchema(operation: AnyOperation): Record<string, unknown> {
	const hidden = isMutation(operation) ? AUTHORS : new Set<string>();
	return slim(operation.input, hidden);
}

function slim(schema: unknown, hidden: ReadonlySet<string>): Record<string, unknown> {
	const result: Record<string, unknown> = {};
	for (const [name, value] of Object.entries(isRecord(schema) ? schema : {})) {
		if (name === "properties" && isRecord(value)) {
			const shown = Object.entries(value).filter(([field, inner]) => !hidden.has(field) && isForAgents(inner));
			result.properties = Object.fromEntries(shown.map(([field, inner]) => [field, slim(inner, hidden)]));
		} else if (name === "required" && Array.isArray(value)) {
			const required = value.filter((field) => !hidden.has(String(field)));
			if (required.length > 0) result.required = required;
		} else if (name === "items" || name === "additionalProperties") {
			if (isRecord(value)) result[name] = slim(value, hidden);
		} else if (name === "anyOf" && Array.isArray(value)) {
			result.anyOf = value.map((inner) => slim(inner, hidden));
		} else if (KEPT.has(name)) result[name] = value;
	}
	return result;
}

const isForAgents = (field: unknown): boolean =>
	!(isRecord(field) && typeof field.description === "string" && NOT_FOR_AGENTS.test(field.description));

/**
 * A model's arguments without author fields. Old prompts still name an author, and pi lets unknown fields through: it
 * would be refused for a name that it need not give.
 */
export function withoutAuthors(operation: AnyOperation, input: unknown): unknown {
	return isMutation(operation) ? strip(input) : input;
}

function strip(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(strip);
	if (!isRecord(value)) return value;
	const own = Object.entries(value).filter(([field]) => !AUTHORS.has(field));
	return Object.fromEntries(own.map(([field, inner]) => [field, strip(inner)]));
}
