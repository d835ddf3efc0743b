/**
 * Reads a shell command as far as it takes to know which programs it runs and where its output goes. What it does not
 * understand is `undefined`, and what is not understood counts as work: this reader may be narrow, never wrong.
 */

export interface Word {
	readonly text: string;
	/** Holds a variable, a substitution or a glob of the shell: what it becomes is not known here. */
	readonly expands: boolean;
}

export interface Simple {
	readonly words: readonly Word[];
	/** Targets of output redirections. */
	readonly writes: readonly Word[];
	/** Ended by `&`: it may go on after the tool has answered. */
	readonly background: boolean;
}

class NotUnderstood extends Error {}

/** All simple commands in a command line, those inside of substitutions and subshells included. */
export function parseShell(source: string): readonly Simple[] | undefined {
	try {
		const reader = new Reader(source);
		reader.list(undefined);
		return reader.found;
	} catch (thrown) {
		if (thrown instanceof NotUnderstood) return undefined;
		throw thrown;
	}
}

const OPENERS = new Set(["if", "then", "elif", "else", "while", "until", "do", "!", "{", "time"]);
const CLOSERS = new Set(["fi", "done", "}"]);
const UNREADABLE = new Set(["case", "function", "select", "coproc", "eval", "source", "."]);

interface Heredoc {
	readonly end: string;
	readonly literal: boolean;
	readonly tabs: boolean;
}

class Reader {
	readonly found: Simple[] = [];
	private readonly source: string;
	private at = 0;
	private heredocs: Heredoc[] = [];

	constructor(source: string) {
		this.source = source;
	}

	private looking(text: string): boolean {
		return this.source.startsWith(text, this.at);
	}

	/** Commands up to `close`, or to the end. */
	list(close: ")" | undefined): void {
		let words: Word[] = [];
		let writes: Word[] = [];
		let grouped = false;
		const end = (background: boolean): void => {
			this.keep(words, writes, background, grouped);
			words = [];
			writes = [];
			grouped = false;
		};
		for (;;) {
			const char = this.source[this.at];
			if (char === undefined) {
				if (close !== undefined) throw new NotUnderstood();
				end(false);
				return;
			}
			if (char === ")") {
				if (close === undefined) throw new NotUnderstood();
				this.at += 1;
				end(false);
				return;
			}
			if (char === " " || char === "\t" || this.looking("\\\n")) this.at += char === "\\" ? 2 : 1;
			else if (char === "#") this.skipTo("\n");
			else if (char === "\n") {
				this.at += 1;
				end(false);
				this.skipHeredocs();
			} else if (char === ";") {
				if (this.looking(";;")) throw new NotUnderstood();
				this.at += 1;
				end(false);
			} else if (this.looking("&>")) {
				this.at += this.looking("&>>") ? 3 : 2;
				writes.push(this.target());
			} else if (char === "&") {
				const both = this.looking("&&");
				this.at += both ? 2 : 1;
				end(!both);
			} else if (char === "|") {
				this.at += this.looking("||") || this.looking("|&") ? 2 : 1;
				end(false);
			} else if (char === "(") {
				if (words.length > 0 || this.looking("((")) throw new NotUnderstood();
				this.at += 1;
				this.list(")");
				grouped = true;
			} else if (char === "<" || char === ">") this.redirection(words, writes);
			else if (/^\d+[<>]/.test(this.source.slice(this.at, this.at + 4))) {
				while (/\d/.test(this.source[this.at] ?? "")) this.at += 1;
			} else {
				const word = this.word();
				if (word.text === "[[" && words.every((before) => OPENERS.has(before.text))) this.condition();
				else words.push(word);
			}
		}
	}

	private keep(words: readonly Word[], writes: readonly Word[], background: boolean, grouped: boolean): void {
		let rest = words;
		while (rest[0] !== undefined && (OPENERS.has(rest[0].text) || CLOSERS.has(rest[0].text))) rest = rest.slice(1);
		if (rest[0] !== undefined && UNREADABLE.has(rest[0].text)) throw new NotUnderstood();
		if (rest[0]?.text === "for") rest = [];
		if (rest.length > 0 || writes.length > 0 || (grouped && background)) {
			this.found.push({ words: rest, writes, background });
		}
	}

	private redirection(words: Word[], writes: Word[]): void {
		if (this.looking("<(") || this.looking(">(")) {
			this.at += 2;
			this.list(")");
			words.push({ text: "", expands: true });
			return;
		}
		if (this.looking("<<<")) {
			this.at += 3;
			this.target();
			return;
		}
		if (this.looking("<<")) {
			const tabs = this.looking("<<-");
			this.at += tabs ? 3 : 2;
			this.blanks();
			const from = this.at;
			const end = this.word().text;
			this.heredocs.push({ end, literal: /['"\\]/.test(this.source.slice(from, this.at)), tabs });
			return;
		}
		const output = this.source[this.at] === ">" || this.looking("<>");
		this.at += [">>", ">|", ">&", "<&", "<>"].some((two) => this.looking(two)) ? 2 : 1;
		const target = this.target();
		if (output && !/^(\d+|-)$/.test(target.text)) writes.push(target);
	}

	private target(): Word {
		this.blanks();
		const word = this.word();
		if (word.text === "" && !word.expands) throw new NotUnderstood();
		return word;
	}

	private blanks(): void {
		while (this.source[this.at] === " " || this.source[this.at] === "\t") this.at += 1;
	}

	private word(): Word {
		let text = "";
		let expands = false;
		for (;;) {
			const char = this.source[this.at];
			if (char === undefined || " \t\n;&|<>()".includes(char)) return { text, expands };
			if (char === "\\") {
				text += this.looking("\\\n") ? "" : (this.source[this.at + 1] ?? "");
				this.at += 2;
			} else if (char === "'") text += this.single();
			else if (char === '"') {
				const quoted = this.double();
				text += quoted.text;
				expands ||= quoted.expands;
			} else if (char === "$" || char === "`") {
				expands = this.expansion(false) || expands;
				text += "$";
			} else {
				expands ||= char === "*" || char === "?" || char === "{";
				text += char;
				this.at += 1;
			}
		}
	}

	private single(): string {
		const from = this.at + 1;
		this.at = from;
		this.skipTo("'");
		const text = this.source.slice(from, this.at);
		this.at += 1;
		return text;
	}

	private double(): Word {
		let text = "";
		let expands = false;
		this.at += 1;
		for (;;) {
			const char = this.source[this.at];
			if (char === undefined) throw new NotUnderstood();
			if (char === '"') {
				this.at += 1;
				return { text, expands };
			}
			if (char === "\\") {
				text += this.source[this.at + 1] ?? "";
				this.at += 2;
			} else if (char === "$" || char === "`") {
				expands = this.expansion(true) || expands;
				text += "$";
			} else {
				text += char;
				this.at += 1;
			}
		}
	}

	/** Past a `$…` or backquotes; what runs inside is found too. True when something is put in its place. */
	private expansion(quoted: boolean): boolean {
		if (this.source[this.at] === "`") {
			const inner = new Reader(this.backquoted(quoted));
			inner.list(undefined);
			this.found.push(...inner.found);
			return true;
		}
		if (this.looking("$((")) {
			const from = this.at;
			this.skipTo("))");
			this.at += 2;
			// A subshell in a substitution begins in the same way: only what can be nothing but arithmetic is passed over.
			const sum = this.source.slice(from + 3, this.at - 2);
			if (!/^[\w\s+*/%<>=!&|^~?:,()$-]*$/.test(sum) || /\w\s+[A-Za-z_]/.test(sum)) throw new NotUnderstood();
			return true;
		}
		if (this.looking("$(")) {
			this.at += 2;
			this.list(")");
			return true;
		}
		if (this.looking("${")) {
			const from = this.at;
			this.skipTo("}");
			this.at += 1;
			if (/`|\$\(|\$\{.*\$\{/.test(this.source.slice(from, this.at))) throw new NotUnderstood();
			return true;
		}
		this.at += 1;
		return /[\w@*#?$!-]/.test(this.source[this.at] ?? "");
	}

	/**
	 * Past backquotes: the command that runs, as the shell reads it. They end at the first backquote that is not escaped,
	 * and a backslash is taken off only before `$`, a backquote and a backslash (inside of double quotes, before `"` too).
	 */
	private backquoted(quoted: boolean): string {
		const escapable = quoted ? '$`\\"' : "$`\\";
		let text = "";
		for (this.at += 1; ; this.at += 1) {
			const char = this.source[this.at];
			if (char === undefined) throw new NotUnderstood();
			if (char === "`") break;
			const next = this.source[this.at + 1];
			if (char === "\\" && next !== undefined) {
				text += escapable.includes(next) ? next : char + next;
				this.at += 1;
			} else text += char;
		}
		this.at += 1;
		return text;
	}

	/** `[[ … ]]` only looks, but what it substitutes may run. */
	private condition(): void {
		const from = this.at;
		this.skipTo("]]");
		this.at += 2;
		if (/`|\$\(/.test(this.source.slice(from, this.at))) throw new NotUnderstood();
	}

	private skipHeredocs(): void {
		for (const { end, literal, tabs } of this.heredocs.splice(0)) {
			for (;;) {
				if (this.at >= this.source.length) throw new NotUnderstood();
				const stop = this.source.indexOf("\n", this.at);
				const line = this.source.slice(this.at, stop === -1 ? undefined : stop);
				this.at = stop === -1 ? this.source.length : stop + 1;
				if ((tabs ? line.replace(/^\t+/, "") : line) === end) break;
				if (!literal && /`|\$\(/.test(line)) throw new NotUnderstood();
			}
		}
	}

	private skipTo(text: string): void {
		const found = this.source.indexOf(text, this.at);
		if (found === -1 && text !== "\n") throw new NotUnderstood();
		this.at = found === -1 ? this.source.length : found;
	}
}
