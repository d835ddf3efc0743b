/** A file to be checked, and the form of what is found in it. */
import { posix } from "node:path";
import { mask } from "./mask.ts";

export interface Import {
	readonly specifier: string;
	/** A path from the root of the repository, when the specifier is relative. */
	readonly target: string | undefined;
	readonly line: number;
	/** `type` is gone at run time; `dynamic` is loaded only when it is reached. */
	readonly kind: "static" | "dynamic" | "type";
}

export interface Source {
	/** From the root of the repository, with slashes. */
	readonly path: string;
	readonly text: string;
	/** The text without the insides of comments and strings, at the same positions. */
	readonly code: string;
	readonly imports: readonly Import[];
}

export interface Problem {
	readonly path: string;
	readonly line: number;
	readonly message: string;
}

export type Rule = (sources: readonly Source[]) => readonly Problem[];

export const lineAt = (text: string, index: number): number => text.slice(0, index).split("\n").length;

// An import or export clause never holds a quote, a semicolon or an equals sign before its `from`.
const CLAUSE = /\b(?:import|export)\s+(?<clause>[^"'`;=()]*?)\bfrom\s*(?=["'])/g;
const BARE = /\bimport\s*(?=["'])/g;
const CALL = /\bimport\s*\(\s*(?=["'`])/g;
const TYPE_CALL = /(?<![\w$.)])(?:typeof\s+)import\s*\(\s*(?=["'`])/g;

/** `import type …`. With `{ type A }` alone the module is still loaded at run time, so that is no type import. */
const isTypeOnly = (clause: string): boolean => /^type\b(?!\s*(?:,|from\b))/.test(clause);

/** The string literal that begins at `index`. */
function literalAt(text: string, index: number): string {
	const quote = text.charAt(index);
	return text.slice(index + 1, text.indexOf(quote, index + 1));
}

function importsOf(path: string, text: string, code: string): Import[] {
	const found: Import[] = [];
	const add = (match: RegExpExecArray, kind: Import["kind"]): void => {
		const specifier = literalAt(text, match.index + match[0].length);
		const target = specifier.startsWith(".") ? posix.join(posix.dirname(path), specifier) : undefined;
		found.push({ specifier, target, line: lineAt(text, match.index), kind });
	};
	for (const match of code.matchAll(CLAUSE)) add(match, isTypeOnly(match.groups?.clause ?? "") ? "type" : "static");
	for (const match of code.matchAll(BARE)) add(match, "static");
	const types = [...code.matchAll(TYPE_CALL)];
	const typeEnds = new Set(types.map((match) => match.index + match[0].length));
	for (const match of types) add(match, "type");
	for (const match of code.matchAll(CALL)) if (!typeEnds.has(match.index + match[0].length)) add(match, "dynamic");
	return found;
}

export function sourceOf(path: string, text: string): Source {
	const code = mask(text);
	return { path, text, code, imports: importsOf(path, text, code) };
}
