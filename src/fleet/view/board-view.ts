/** `/board` on the whole screen: tasks by status, one of them with all that is known of it, and the verdict on what is in review. */
import type { Component, Focusable } from "@earendil-works/pi-tui";
import type { Task } from "../../contract/task.ts";
import { reason } from "../../errors.ts";
import { harmless } from "../harmless.ts";
import { inOrder, shortId, withWords } from "./board-order.ts";
import { type BoardScene, boardPage, boardRoom, textLines } from "./board-page.ts";
import { Dialogue } from "./dialogue.ts";
import { type Action, meaningOf } from "./keys.ts";
import type { ScreenParts } from "./screen.ts";

export interface BoardParts extends ScreenParts {
	tasks(): Promise<readonly Task[]>;
	/** All that is known of one: terms, notes, rounds, history. */
	read(task: Task): Promise<string>;
	/** These resolve to a word about what became of it. */
	approve(task: Task): Promise<string>;
	needsChanges(task: Task, words: string): Promise<string>;
}

export class BoardView implements Component, Focusable {
	readonly #parts: BoardParts;
	readonly #dialogue: Dialogue;
	#all: readonly Task[] | undefined;
	#filter: string;
	#columns = true;
	/** Ids: tasks change their place while they are looked at. */
	#selected: string | undefined;
	#reading: string | undefined;
	#text = "";
	#down = 0;
	#help = false;
	#width = 80;
	#asking = false;
	focused = false;

	constructor(parts: BoardParts, filter = "") {
		this.#parts = parts;
		this.#filter = filter;
		this.#dialogue = new Dialogue(parts);
	}

	render(width: number): string[] {
		this.#width = width;
		return boardPage(this.#scene(), width, this.#parts.height());
	}

	handleInput(data: string): void {
		if (this.#dialogue.open) this.#dialogue.handle(data);
		else this.#act(meaningOf(data, this.#parts.keys, this.#parts.own));
		this.#parts.redraw();
	}

	invalidate(): void {
		this.#dialogue.invalidate();
	}

	/** Asks the hub anew; called again and again. */
	async refresh(): Promise<void> {
		if (this.#asking) return;
		this.#asking = true;
		try {
			this.#all = inOrder(await this.#parts.tasks());
			const task = this.#task();
			if (task !== undefined) await this.#read(task);
		} catch (thrown) {
			this.#dialogue.say(reason(thrown));
		} finally {
			this.#asking = false;
			this.#parts.redraw();
		}
	}

	async #read(task: Task): Promise<void> {
		const text = await this.#parts.read(task);
		if (this.#reading === task.id) this.#text = text;
	}

	#scene(): BoardScene {
		const { keys, paint } = this.#parts;
		return {
			...{ keys, paint, tasks: this.#all && this.#shown(), all: this.#all?.length ?? 0, filter: this.#filter },
			...{ selected: this.#current()?.id, columns: this.#columns, task: this.#task(), text: this.#text },
			...{ down: this.#down, help: this.#help, asked: this.#dialogue.lines(this.#width, this.focused) },
		};
	}

	#shown(): readonly Task[] {
		return withWords(this.#all ?? [], this.#filter);
	}

	#task(): Task | undefined {
		return this.#reading === undefined ? undefined : this.#all?.find(({ id }) => id === this.#reading);
	}

	/** The one that keys are about. */
	#current(): Task | undefined {
		const shown = this.#shown();
		return this.#task() ?? shown.find(({ id }) => id === this.#selected) ?? shown[0];
	}

	#act(action: Action | undefined): void {
		const task = this.#current();
		if (this.#help) this.#help = false;
		else if (action === "help") this.#help = true;
		else if (action === "leave") this.#leave();
		else if (action === "filter") this.#askFilter();
		else if (action === "columns") this.#columns = !this.#columns;
		else if (task === undefined) return;
		else if (action === "open") this.#open(task);
		else if (action === "approve") this.#approve(task);
		else if (action === "needsChanges") this.#needsChanges(task);
		else this.#move(action);
	}

	#leave(): void {
		if (this.#task() !== undefined) this.#reading = undefined;
		else if (this.#filter !== "") this.#filter = "";
		else this.#parts.leave();
	}

	#askFilter(): void {
		this.#reading = undefined;
		this.#dialogue.type(
			"Only tasks with these words:",
			(words) => {
				this.#filter = words.trim();
				this.#dialogue.close();
				return "";
			},
			this.#filter,
		);
	}

	#open(task: Task): void {
		if (this.#reading === task.id) return;
		[this.#reading, this.#selected, this.#text, this.#down] = [task.id, task.id, "", 0];
		this.#dialogue.run(async () => {
			await this.#read(task);
			return "";
		});
	}

	#move(action: Action | undefined): void {
		const page = boardRoom(this.#scene(), this.#width, this.#parts.height());
		const by = { up: -1, down: 1, pageUp: -page, pageDown: page }[String(action)];
		if (this.#task() !== undefined) {
			const most = Math.max(0, textLines(this.#scene(), this.#width).length - page);
			this.#down = Math.max(0, Math.min(most, this.#down + (by ?? 0)));
			return;
		}
		const shown = this.#shown();
		const at = shown.findIndex(({ id }) => id === this.#current()?.id);
		if (by !== undefined) this.#selected = shown[Math.max(0, Math.min(shown.length - 1, at + by))]?.id;
		else if (action === "left" || action === "right") this.#selected = beside(shown, at, action)?.id ?? this.#selected;
	}

	#waits(task: Task): boolean {
		if (task.status === "in_review") return true;
		this.#dialogue.say(`${shortId(task)} is ${task.status.replace("_", " ")}: nothing of it waits for review.`);
		return false;
	}

	#approve(task: Task): void {
		if (!this.#waits(task)) return;
		this.#dialogue.ask(`Approve ${shortId(task)} ${harmless(task.title)}?`, () =>
			this.#judged(this.#parts.approve(task)),
		);
	}

	#needsChanges(task: Task, begin = ""): void {
		if (!this.#waits(task)) return;
		this.#dialogue.type(
			`What has to change in ${shortId(task)}; enter goes on, escape ends it.`,
			(words) => {
				const yes = () => this.#judged(this.#parts.needsChanges(task, words.trim()));
				// What was typed is not lost by a no.
				this.#dialogue.ask(`Send ${shortId(task)} back with these words?`, yes, () => this.#needsChanges(task, words));
				return "";
			},
			begin,
		);
	}

	async #judged(verdict: Promise<string>): Promise<string> {
		const word = await verdict;
		await this.refresh();
		return word;
	}
}

/** The first of the column before or after, among columns that have any. */
function beside(shown: readonly Task[], at: number, way: "left" | "right"): Task | undefined {
	const own = shown[at]?.status;
	if (way === "right") return shown.slice(at).find(({ status }) => status !== own);
	const before = shown
		.slice(0, at)
		.reverse()
		.find(({ status }) => status !== own);
	return shown.find(({ status }) => status === before?.status);
}
