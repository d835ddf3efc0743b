/**
 * What of an operation pi must know before it is called, as plain data: kept in a file, written from the contract, so
 * that an agent's start reads one file where it would load, and build the schemas of, every service.
 */
import { type AnyOperation, type Role, verbOf } from "../contract/operation.ts";
import { toolSchema } from "./schema.ts";

export interface ToolCard extends Pick<AnyOperation, "name" | "at" | "summary" | "core"> {
	/** What a person would type: the tool's label. */
	readonly cli: string;
	readonly tool: string;
	readonly allow: readonly Role[];
	/** JSON schema, as the model reads it. */
	readonly parameters: Readonly<Record<string, unknown>>;
}

/** `npm run docs` writes it; a test compares it with the contract. */
export const cardsFile = new URL("tools.json", import.meta.url);

export const cardsIn = (text: string): readonly ToolCard[] => JSON.parse(text) as readonly ToolCard[];

/** The cards of all operations that some agent has as a tool. */
export const cardsOf = (operations: readonly AnyOperation[]): readonly ToolCard[] =>
	operations.flatMap((operation) => cardOf(operation) ?? []);

export function cardOf(operation: AnyOperation): ToolCard | undefined {
	const { name, at, summary, tool, allow, core } = operation;
	if (tool === undefined) return undefined;
	const cli = verbOf(operation) ?? tool;
	const parameters = toolSchema(operation);
	return { name, at, tool, cli, summary, allow, ...(core === undefined ? {} : { core }), parameters };
}
