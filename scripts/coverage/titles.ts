/** The titles of a test file's tests: what is run, not what a comment or a string mentions. */
import type { Source } from "../check/source.ts";

/** Left out by these: it shows nothing. Left out on some machines (`runIf`, `skipIf`) is said in the run's last line. */
const LEFT_OUT = new Set(["skip", "todo", "fails"]);

/** Every `test("…")` and `it("…")`, with `.each(…)` and the like between; none of a file whose suites are left out. */
export function titlesOf({ text, code }: Source): ReadonlySet<string> {
	if (/\bdescribe\s*\.\s*(?:skip|todo)\b/.test(code)) return new Set();
	const titles = new Set<string>();
	for (const { index, 0: word } of code.matchAll(/(?<![\w.$])(?:test|it)(?=\s*[.(])/g)) {
		const at = titleAt(code, index + word.length);
		const title = at === undefined ? undefined : literalAt(text, at);
		if (title !== undefined) titles.add(title);
	}
	return titles;
}

/** Where the first argument of the last call begins: `.each([…])("…` → at the quote. */
function titleAt(code: string, from: number): number | undefined {
	let at = from;
	for (;;) {
		at += /^\s*/.exec(code.slice(at))?.[0].length ?? 0;
		const [part, name = ""] = /^\.\s*(\w+)/.exec(code.slice(at)) ?? [];
		if (part !== undefined) {
			if (LEFT_OUT.has(name)) return undefined;
			at += part.length;
			continue;
		}
		if (code.charAt(at) !== "(") return undefined;
		const first = at + 1 + (/^\s*/.exec(code.slice(at + 1))?.[0].length ?? 0);
		if (/["'`]/.test(code.charAt(first))) return first;
		at = closing(code, at);
	}
}

/** After the bracket that closes the one at `open`. */
function closing(code: string, open: number): number {
	let depth = 0;
	for (let at = open; at < code.length; at++) {
		if ("([{".includes(code.charAt(at))) depth++;
		else if (")]}".includes(code.charAt(at)) && --depth === 0) return at + 1;
	}
	return code.length;
}

/** The text of the literal at `at`; a quote inside of it is escaped. */
function literalAt(text: string, at: number): string | undefined {
	const quote = text.charAt(at);
	const [, inside] = new RegExp(`^${quote}((?:\\\\.|[^\\\\])*?)${quote}`, "s").exec(text.slice(at)) ?? [];
	return inside?.replace(/\\(.)/g, "$1");
}
