/**
 * A source with the insides of comments, strings, templates and regular expressions blanked, at the same length: what
 * is left can be searched without being fooled by prose. Not a parser; it knows just enough of the language for that.
 */

/** After one of these a slash begins a regular expression; after anything else it divides. */
const BEFORE_REGEX = new Set([..."(,=:[!&|?{};+-*%<>~^\n"]);
const WORD_BEFORE_REGEX = /\b(?:return|typeof|case|in|of|do|else|void|delete|throw|await|yield)$/;

class Masking {
	readonly #text: string;
	#at = 0;
	#out = "";
	/** Depth of braces at which each open `${` ends. */
	readonly #templates: number[] = [];
	#depth = 0;

	constructor(text: string) {
		this.#text = text;
	}

	run(): string {
		while (this.#at < this.#text.length) this.#step();
		return this.#out;
	}

	#step(): void {
		const rest = this.#text.slice(this.#at, this.#at + 2);
		const character = rest.charAt(0);
		if (rest === "//") this.#blankUntil("\n", 0);
		else if (rest === "/*") this.#blankUntil("*/", 2);
		else if (character === '"' || character === "'") this.#quoted(character);
		else if (character === "`") this.#openTemplate();
		else if (character === "/" && this.#regexMayBegin()) this.#regex();
		else if (character === "}" && this.#templates.at(-1) === this.#depth) this.#resumeTemplate();
		else this.#plain(character);
	}

	#plain(character: string): void {
		if (character === "{") this.#depth++;
		if (character === "}") this.#depth--;
		this.#keep(1);
	}

	#keep(count: number): void {
		this.#out += this.#text.slice(this.#at, this.#at + count);
		this.#at += count;
	}

	#blank(count: number): void {
		this.#out += this.#text.slice(this.#at, this.#at + count).replace(/[^\n]/g, " ");
		this.#at += count;
	}

	#blankUntil(end: string, extra: number): void {
		const found = this.#text.indexOf(end, this.#at + extra);
		this.#blank((found < 0 ? this.#text.length : found + extra) - this.#at);
	}

	/** Blanks up to `end` on this level, steps over what is escaped, and stops where `stop` says so. */
	#inside(end: string, stop: (rest: string) => boolean = () => false): void {
		while (this.#at < this.#text.length) {
			const rest = this.#text.slice(this.#at, this.#at + 2);
			if (rest.charAt(0) === end || stop(rest)) return;
			this.#blank(rest.charAt(0) === "\\" ? 2 : 1);
		}
	}

	#quoted(quote: string): void {
		this.#keep(1);
		this.#inside(quote, (rest) => rest.charAt(0) === "\n");
		this.#keep(1);
	}

	#openTemplate(): void {
		this.#keep(1);
		this.#templateText();
	}

	#templateText(): void {
		this.#inside("`", (rest) => rest === "${");
		if (this.#text.charAt(this.#at) === "`") {
			this.#keep(1);
			return;
		}
		this.#keep(2);
		this.#depth++;
		this.#templates.push(this.#depth);
	}

	#resumeTemplate(): void {
		this.#templates.pop();
		this.#depth--;
		this.#keep(1);
		this.#templateText();
	}

	#regexMayBegin(): boolean {
		const before = this.#out.replace(/[ \t]+$/, "");
		return before === "" || BEFORE_REGEX.has(before.charAt(before.length - 1)) || WORD_BEFORE_REGEX.test(before);
	}

	#regex(): void {
		this.#keep(1);
		let inClass = false;
		while (this.#at < this.#text.length) {
			const character = this.#text.charAt(this.#at);
			if (character === "\n" || (character === "/" && !inClass)) break;
			if (character === "[") inClass = true;
			if (character === "]") inClass = false;
			this.#blank(character === "\\" ? 2 : 1);
		}
		this.#keep(1);
	}
}

export const mask = (text: string): string => new Masking(text).run();
