/**
 * What pi loads must stay light: every session pays for it, also one that never starts a fleet. From each extension all
 * static imports are followed; a heavy package may only be met behind `await import()`.
 */
import type { Import, Problem, Rule, Source } from "./source.ts";

const HEAVY = /^(?:execa|fastify|kysely|ws|croner|markdown-it|@fastify\/.*|node:sqlite|node:http2?|node:https)$/;

/** The one file that loads `node:http`, and says why nobody else may. */
const HTTP = "src/world/http.ts";

const isHeavy = ({ specifier, target }: Import): boolean => HEAVY.test(specifier) || target === HTTP;

interface Reached {
	readonly source: Source;
	readonly way: readonly string[];
}

function heavyFrom(entry: Source, byPath: ReadonlyMap<string, Source>): Problem[] {
	const problems: Problem[] = [];
	const seen = new Set([entry.path]);
	const queue: Reached[] = [{ source: entry, way: [entry.path] }];
	for (let reached = queue.shift(); reached !== undefined; reached = queue.shift()) {
		const { source, way } = reached;
		for (const made of source.imports.filter(({ kind }) => kind === "static")) {
			if (isHeavy(made)) {
				const message = `'${made.specifier}' is loaded with every pi session (${way.join(" → ")}); use await import()`;
				problems.push({ path: source.path, line: made.line, message });
			}
			const next = made.target === undefined ? undefined : byPath.get(made.target);
			if (next === undefined || seen.has(next.path)) continue;
			seen.add(next.path);
			queue.push({ source: next, way: [...way, next.path] });
		}
	}
	return problems;
}

export const lightExtensions: Rule = (sources) => {
	const byPath = new Map(sources.map((source) => [source.path, source]));
	const found = sources
		.filter((source) => source.path.startsWith("extensions/"))
		.flatMap((entry) => heavyFrom(entry, byPath));
	// One heavy import met from three extensions is one thing to mend.
	const first = new Map<string, Problem>();
	for (const problem of found) {
		const key = `${problem.path}:${problem.line}`;
		if (!first.has(key)) first.set(key, problem);
	}
	return [...first.values()];
};

/** `import` of `node:http` costs every process that does it 13 MB, wherever it stands. */
export const lightHttp: Rule = (sources) =>
	sources
		.filter(({ path }) => /^(?:src|extensions|bin)\//.test(path))
		.flatMap(({ path, imports }) =>
			imports
				.filter(({ kind, specifier }) => kind !== "type" && /^(?:node:)?http$/.test(specifier))
				.map(({ line }) => ({ path, line, message: `'node:http' loads all of fetch when imported; use ${HTTP}` })),
		);
