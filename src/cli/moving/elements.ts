/**
 * The elements of the lists in a JSON document, each with its text and line, also of a document that was cut off: what
 * stands whole before the tear is found, where a parser would give up all of it.
 */

export interface Element {
	/** Of the list: `tasks`. */
	readonly key: string;
	readonly line: number;
	readonly text: string;
	/** False for one that the file's end cuts off. */
	readonly whole: boolean;
}

/** Throws a `SyntaxError` for what is no object with lists in it. Nothing is thrown for what is cut off. */
export function* elementsOf(text: string): Generator<Element> {
	const line = lineCounter(text);
	let at = after(text, 0);
	if (text[at] !== "{") throw new SyntaxError("it is no JSON object");
	at = after(text, at + 1);
	while (at < text.length && text[at] !== "}") {
		const end = endOf(text, at);
		if (text[at] !== '"' || end === undefined) return;
		const key: string = JSON.parse(text.slice(at, end));
		at = after(text, end);
		if (text[at] !== ":") return;
		at = after(text, at + 1);
		const isList = text[at] === "[";
		at = isList ? yield* listed(text, at, key, line) : (endOf(text, at) ?? text.length);
		at = after(text, at);
		if (text[at] === ",") at = after(text, at + 1);
	}
}

function* listed(text: string, from: number, key: string, line: (at: number) => number): Generator<Element, number> {
	let at = after(text, from + 1);
	while (at < text.length && text[at] !== "]") {
		const end = endOf(text, at);
		yield { key, line: line(at), text: text.slice(at, end), whole: end !== undefined };
		if (end === undefined) return text.length;
		at = after(text, end);
		if (text[at] === ",") at = after(text, at + 1);
	}
	return at + 1;
}

const SPACE = /\s*/y;

/** Where the next thing stands. */
function after(text: string, at: number): number {
	SPACE.lastIndex = at;
	SPACE.test(text);
	return SPACE.lastIndex;
}

const STRING = /"(?:[^"\\]|\\[\s\S])*"/y;
const PLAIN = /[^,\]}\s]+/y;
const NEXT = /["[\]{}]/g;

/** Behind the value that begins at `at`; undefined when the text ends within it. */
function endOf(text: string, at: number): number | undefined {
	const first = text[at];
	if (first === '"') return matched(STRING, text, at);
	if (first !== "{" && first !== "[") return matched(PLAIN, text, at) ?? (at < text.length ? at + 1 : undefined);
	let depth = 0;
	NEXT.lastIndex = at;
	for (let found = NEXT.exec(text); found !== null; found = NEXT.exec(text)) {
		if (found[0] === '"') {
			const end = matched(STRING, text, found.index);
			if (end === undefined) return undefined;
			NEXT.lastIndex = end;
			continue;
		}
		depth += found[0] === "{" || found[0] === "[" ? 1 : -1;
		if (depth === 0) return found.index + 1;
	}
	return undefined;
}

function matched(pattern: RegExp, text: string, at: number): number | undefined {
	pattern.lastIndex = at;
	return pattern.test(text) ? pattern.lastIndex : undefined;
}

/** Asked with places that only grow. */
function lineCounter(text: string): (at: number) => number {
	let line = 1;
	let seen = 0;
	return (at) => {
		for (let next = text.indexOf("\n", seen); next !== -1 && next < at; next = text.indexOf("\n", seen)) {
			line++;
			seen = next + 1;
		}
		return line;
	};
}
