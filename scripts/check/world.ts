/** The seam to the machine: where a seeded simulation runs the real code, nothing may reach past `World`. */
import { lineAt, type Problem, type Rule, type Source } from "./source.ts";

const SEALED = /^src\/(?:hub|host|client|fleet|gates)\//;

const forbidden: readonly (readonly [pattern: RegExp, instead: string])[] = [
	[/\bDate\s*\.\s*now\b/g, "clock.now()"],
	[/\bnew\s+Date\s*(?:\(\s*\)|(?![\s\w$(.]))/g, "new Date(clock.now())"],
	[/\b(?:performance\s*\.\s*now|process\s*\.\s*hrtime)\b/g, "clock.elapsed()"],
	[/\bsetTimeout\b|\bAbortSignal\s*\.\s*timeout\b/g, "clock.after()"],
	[/\bsetInterval\b/g, "clock.every()"],
	[/\bsetImmediate\b/g, "clock.soon()"],
	[/\bMath\s*\.\s*random\b/g, "random.fraction()"],
	[/\bgetBuiltinModule\b|\bcreateRequire\b/g, "a plain import, or World"],
];

const MODULES = /^(?:node:)?(?:fs|net|child_process|timers)(?:\/|$)/;

function reached(source: Source): Problem[] {
	const used = forbidden.flatMap(([pattern, instead]) =>
		[...source.code.matchAll(pattern)].map((match) => ({
			path: source.path,
			line: lineAt(source.code, match.index),
			message: `'${match[0].trim()}' reaches past World; use ${instead}`,
		})),
	);
	const imported = source.imports
		.filter((made) => made.kind !== "type" && MODULES.test(made.specifier))
		.map(({ line, specifier }) => ({
			path: source.path,
			line,
			message: `'${specifier}' reaches past World (src/world.ts)`,
		}));
	return [...used, ...imported];
}

export const worldRule: Rule = (sources) => sources.filter((source) => SEALED.test(source.path)).flatMap(reached);
