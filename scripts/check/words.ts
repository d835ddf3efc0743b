/** What a finished source does not hold: promises to finish it, and ways around the type checker. */
import { lineAt, type Problem, type Rule, type Source } from "./source.ts";

/** Put together here, so that this file passes its own check. */
const word = (...parts: string[]): string => parts.join("");

const inText: readonly (readonly [RegExp, string])[] = [
	[
		new RegExp(`\\b(?:${word("TO", "DO")}|${word("FIX", "ME")}|${word("X", "XX")}|${word("HA", "CK")})\\b`, "g"),
		"finish it, or say what is",
	],
	[new RegExp(word("@ts-", "(?:ignore|nocheck|expect-error)"), "g"), "mend the type"],
	[
		new RegExp(word("biome-", "ignore[^\\n]*(?:noExplicitAny|noNonNullAssertion|noEmptyBlockStatements)"), "g"),
		"mend the code",
	],
];

const inCode: readonly (readonly [RegExp, string])[] = [
	[/(?:\bas|[:<|&,]|=>)\s*any\b(?!\s*[(:=?.])|\bany\s*\[\]/g, "use unknown, and narrow it"],
	[/\b(?:enum|namespace)\s+[A-Z]\w*\s*\{/g, "only types that can be erased"],
];

function found(source: Source, text: string, rules: typeof inText): Problem[] {
	return rules.flatMap(([pattern, instead]) =>
		[...text.matchAll(pattern)].map((match) => ({
			path: source.path,
			line: lineAt(text, match.index),
			message: `'${match[0].trim()}': ${instead}`,
		})),
	);
}

export const wordRule: Rule = (sources) =>
	sources.flatMap((source) => [...found(source, source.text, inText), ...found(source, source.code, inCode)]);
