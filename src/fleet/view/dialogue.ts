/** What a full view asks of the person: a line to type, a question with yes or no, and a word about how it went. */
import { Input } from "@earendil-works/pi-tui";
import { reason } from "../../errors.ts";
import { harmless } from "../harmless.ts";
import { meaningOf } from "./keys.ts";
import type { ScreenParts } from "./screen.ts";

type Parts = Pick<ScreenParts, "keys" | "own" | "redraw">;

interface Line {
	readonly label: string;
	/** Resolves to a word about what became of it. */
	done(text: string): Promise<string> | string;
}

interface Question {
	readonly text: string;
	yes(): Promise<string> | string;
	no(): void;
}

export class Dialogue {
	readonly #parts: Parts;
	readonly #input = new Input({ prompt: "› " });
	#line: Line | undefined;
	#question: Question | undefined;
	#word = "";

	constructor(parts: Parts) {
		this.#parts = parts;
		this.#input.onSubmit = (text) => this.#submit(text);
		this.#input.onEscape = () => this.close();
	}

	/** Takes every key meanwhile. */
	get open(): boolean {
		return this.#line !== undefined || this.#question !== undefined;
	}

	type(label: string, done: Line["done"], begin = ""): void {
		this.#input.setValue(begin);
		[this.#line, this.#question, this.#word] = [{ label, done }, undefined, ""];
	}

	ask(text: string, yes: Question["yes"], no: Question["no"] = () => this.say("Nothing was done.")): void {
		[this.#line, this.#question, this.#word] = [undefined, { text, yes, no }, ""];
	}

	say(word: string): void {
		this.#word = harmless(word);
		this.#parts.redraw();
	}

	/** Begins what takes a while, and says how it went. */
	run(work: () => Promise<string> | string): void {
		void (async () => work())().then(
			(word) => this.say(word),
			(thrown: unknown) => this.say(reason(thrown)),
		);
	}

	handle(data: string): void {
		const question = this.#question;
		if (question === undefined) {
			// Letters belong to the line, also those that leave a view.
			if (this.#parts.own(data, "tui.select.cancel")) this.close();
			else this.#input.handleInput(data);
			return;
		}
		this.#question = undefined;
		if (meaningOf(data, this.#parts.keys, this.#parts.own) === "yes") this.run(question.yes);
		else question.no();
	}

	/** Below the body: empty, or what is asked, or the last word. */
	lines(width: number, focused: boolean): readonly string[] {
		const yes = this.#parts.keys.yes[0] ?? "y";
		if (this.#question !== undefined) return [` ${this.#question.text} ${yes}: yes; other keys: no`];
		if (this.#line === undefined) return [this.#word === "" ? "" : ` ${this.#word}`];
		this.#input.focused = focused;
		return [this.#word === "" ? ` ${this.#line.label}` : ` ${this.#word}`, ...this.#input.render(width)];
	}

	invalidate(): void {
		this.#input.invalidate();
	}

	#submit(text: string): void {
		const line = this.#line;
		if (line === undefined || text.trim() === "") return;
		this.#input.setValue("");
		this.run(() => line.done(text));
	}

	/** What was typed is gone. */
	close(): void {
		[this.#line, this.#question, this.#word] = [undefined, undefined, ""];
		this.#input.setValue("");
		this.#parts.redraw();
	}
}
