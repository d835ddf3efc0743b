/**
 * `/fleet` on the screen: the rows, and one lieutenant watched live and typed to. Keys are pi's own bindings; printable
 * ones belong to the input line alone.
 */
import { type Component, type Focusable, Input, truncateToWidth, wrapTextWithAnsi } from "@earendil-works/pi-tui";
import type { Budget } from "../../contract/budgets.ts";
import type { Lieutenant } from "../../contract/lieutenants.ts";
import { fleetLines, MARKS } from "../present.ts";

/** What the view needs of the fleet and the terminal. */
export interface ViewOptions {
	rows(): readonly Lieutenant[];
	/** The fleet's budget, where it has one. */
	money(): Budget | undefined;
	/** What it said, newest last, at most so many characters. */
	read(row: Lieutenant): Promise<string>;
	/** Resolves to a sentence about what became of the message. */
	send(row: Lieutenant, text: string): Promise<string>;
	/** Does this key mean `tui.select.up`, …? */
	key(data: string, binding: "up" | "down" | "confirm" | "cancel"): boolean;
	redraw(): void;
	leave(): void;
	accent(text: string): string;
	dim(text: string): string;
	/** Lines that the view may fill. */
	height(): number;
	now(): number;
}

export class FleetView implements Component, Focusable {
	readonly #options: ViewOptions;
	readonly #input = new Input({ prompt: "› " });
	#selected = 0;
	#attached: string | undefined;
	#transcript = "";
	/** What became of the last message, or why reading failed. */
	#word = "";
	#reading = false;
	focused = false;

	constructor(options: ViewOptions, attach?: string) {
		this.#options = options;
		this.#attached = attach;
		this.#input.onSubmit = (text) => void this.#submit(text);
		this.#input.onEscape = () => this.#back();
	}

	render(width: number): string[] {
		const row = this.#row();
		const lines = row === undefined ? this.#list(width) : this.#one(row, width);
		return lines.map((line) => truncateToWidth(line, width));
	}

	handleInput(data: string): void {
		const { key } = this.#options;
		if (this.#attached !== undefined) {
			if (key(data, "cancel")) this.#back();
			else this.#input.handleInput(data);
		} else if (key(data, "cancel")) this.#options.leave();
		else if (key(data, "up")) this.#move(-1);
		else if (key(data, "down")) this.#move(1);
		else if (key(data, "confirm")) this.#attach(this.#options.rows()[this.#selected]);
		this.#options.redraw();
	}

	invalidate(): void {
		this.#input.invalidate();
	}

	/** Reads what is new of the one that is watched; called again and again. */
	async refresh(): Promise<void> {
		const row = this.#row();
		if (row === undefined || this.#reading) return;
		this.#reading = true;
		try {
			const transcript = await this.#options.read(row);
			if (this.#attached !== row.name || transcript === this.#transcript) return;
			this.#transcript = transcript;
			this.#options.redraw();
		} catch (error) {
			this.#say(error instanceof Error ? error.message : String(error));
		} finally {
			this.#reading = false;
		}
	}

	#row(): Lieutenant | undefined {
		return this.#options.rows().find((row) => row.name === this.#attached);
	}

	#list(width: number): string[] {
		const rows = this.#options.rows();
		const [head = " fleet  no lieutenants", ...lines] = fleetLines(rows, this.#options.now(), {
			width: width - 2,
			money: this.#options.money(),
		});
		const marked = lines.map((line, index) =>
			index === this.#selected ? this.#options.accent(`›${line}`) : ` ${line}`,
		);
		return [head, ...marked, "", this.#options.dim(" enter: watch and type to it · escape: leave")];
	}

	#one(row: Lieutenant, width: number): string[] {
		const { accent, dim, height } = this.#options;
		const doing = row.tool === undefined ? row.state : `${row.state}: ${row.tool}`;
		const head = accent(` ${MARKS[row.state]} ${row.name}  ${row.place}  ${doing}`);
		const body = this.#transcript.split("\n").flatMap((line) => wrapTextWithAnsi(line, Math.max(10, width - 2)));
		const room = Math.max(3, height() - 5);
		this.#input.focused = this.focused;
		const hint = this.#word === "" ? "enter: send (steers while it works) · escape: back to the fleet" : this.#word;
		return [
			head,
			"",
			...body.slice(-room).map((line) => ` ${line}`),
			"",
			...this.#input.render(width),
			dim(` ${hint}`),
		];
	}

	#move(by: number): void {
		const count = this.#options.rows().length;
		this.#selected = count === 0 ? 0 : (this.#selected + by + count) % count;
	}

	#attach(row: Lieutenant | undefined): void {
		if (row === undefined) return;
		this.#attached = row.name;
		this.#transcript = "";
		this.#word = "";
		void this.refresh();
	}

	#back(): void {
		this.#attached = undefined;
		this.#input.setValue("");
		this.#options.redraw();
	}

	async #submit(text: string): Promise<void> {
		const row = this.#row();
		if (row === undefined || text.trim() === "") return;
		this.#input.setValue("");
		try {
			this.#say(await this.#options.send(row, text));
		} catch (error) {
			this.#say(error instanceof Error ? error.message : String(error));
		}
	}

	#say(word: string): void {
		this.#word = word;
		this.#options.redraw();
	}
}
