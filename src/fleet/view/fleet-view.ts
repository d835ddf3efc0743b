/**
 * `/fleet` on the whole screen: the rows, and one lieutenant's transcript as it grows. What is asked of the fleet goes out
 * by the parts that the view is given.
 */
import type { Component, Focusable } from "@earendil-works/pi-tui";
import type { Budget } from "../../contract/budgets.ts";
import type { Lieutenant } from "../../contract/lieutenants.ts";
import { reason } from "../../errors.ts";
import { harmless } from "../harmless.ts";
import { Dialogue } from "./dialogue.ts";
import { type FleetScene, fleetPage, fleetRoom, transcriptLines } from "./fleet-page.ts";
import { type Action, meaningOf } from "./keys.ts";
import type { ScreenParts } from "./screen.ts";
import { farthest } from "./transcript.ts";

export interface FleetParts extends ScreenParts {
	rows(): readonly Lieutenant[];
	/** The fleet's budget, where it has one. */
	money(): Budget | undefined;
	/** What it said, newest last. */
	read(row: Lieutenant): Promise<string>;
	/** These resolve to a word about what became of it. */
	send(row: Lieutenant, text: string): Promise<string>;
	stop(row: Lieutenant): Promise<string>;
	resume(row: Lieutenant): Promise<string>;
}

/** Those without a process have nothing to stop. */
const ENDED: ReadonlySet<Lieutenant["state"]> = new Set(["paused", "stopped", "failed", "gone"]);
const runs = ({ state }: Lieutenant): boolean => !ENDED.has(state);

export class FleetView implements Component, Focusable {
	readonly #parts: FleetParts;
	readonly #dialogue: Dialogue;
	/** By id: rows come and go under the person's finger. */
	#selected: string | undefined;
	#watched: string | undefined;
	#transcript = "";
	#back = 0;
	#width = 80;
	#reading = false;
	#help = false;
	focused = false;

	constructor(parts: FleetParts, watch?: string) {
		this.#parts = parts;
		this.#dialogue = new Dialogue(parts);
		const row = parts.rows().find(({ name }) => name === watch);
		if (row === undefined) return;
		this.#watch(row);
		this.#steer(row);
	}

	render(width: number): string[] {
		this.#width = width;
		return fleetPage(this.#scene(), width, this.#parts.height());
	}

	handleInput(data: string): void {
		if (this.#dialogue.open) this.#dialogue.handle(data);
		else this.#act(meaningOf(data, this.#parts.keys, this.#parts.own));
		this.#parts.redraw();
	}

	invalidate(): void {
		this.#dialogue.invalidate();
	}

	/** Reads what is new of the one that is watched; called again and again. */
	async refresh(): Promise<void> {
		const row = this.#row();
		if (row === undefined || this.#reading) return;
		this.#reading = true;
		try {
			const transcript = await this.#parts.read(row);
			if (this.#watched !== row.id || transcript === this.#transcript) return;
			this.#transcript = transcript;
			this.#parts.redraw();
		} catch (thrown) {
			this.#dialogue.say(reason(thrown));
		} finally {
			this.#reading = false;
		}
	}

	#scene(): FleetScene {
		const { keys, paint, rows, money, now } = this.#parts;
		return {
			...{ keys, paint, rows: rows(), money: money(), now: now() },
			...{ selected: this.#current()?.id, watched: this.#row(), transcript: this.#transcript },
			...{ back: this.#back, help: this.#help, asked: this.#dialogue.lines(this.#width, this.focused) },
		};
	}

	#row(): Lieutenant | undefined {
		return this.#watched === undefined ? undefined : this.#parts.rows().find(({ id }) => id === this.#watched);
	}

	/** The one that keys are about. */
	#current(): Lieutenant | undefined {
		const rows = this.#parts.rows();
		return this.#row() ?? rows.find(({ id }) => id === this.#selected) ?? rows[0];
	}

	#act(action: Action | undefined): void {
		const row = this.#current();
		if (this.#help) this.#help = false;
		else if (action === "help") this.#help = true;
		else if (action === "leave") this.#leave();
		else if (action === "stopAll") this.#stopAll();
		else if (row === undefined) return;
		else if (action === "open") this.#watch(row);
		else if (action === "steer") this.#steer(row);
		else if (action === "stop") this.#stop(row);
		else if (action === "resume") this.#dialogue.run(() => this.#parts.resume(row));
		else this.#move(action);
	}

	#leave(): void {
		if (this.#row() === undefined) this.#parts.leave();
		this.#watched = undefined;
	}

	#move(action: Action | undefined): void {
		const page = fleetRoom(this.#scene(), this.#width, this.#parts.height());
		const by = { up: -1, down: 1, pageUp: -page, pageDown: page }[String(action)];
		if (by === undefined) return;
		const rows = this.#parts.rows();
		if (this.#row() !== undefined) {
			const most = farthest(transcriptLines(this.#scene(), this.#width), page);
			this.#back = Math.max(0, Math.min(most, this.#back - by));
			return;
		}
		const at = rows.findIndex(({ id }) => id === this.#current()?.id);
		this.#selected = rows[Math.max(0, Math.min(rows.length - 1, at + by))]?.id;
	}

	#watch(row: Lieutenant): void {
		if (this.#watched === row.id) return;
		[this.#watched, this.#selected, this.#transcript, this.#back] = [row.id, row.id, "", 0];
		void this.refresh();
	}

	#steer(row: Lieutenant): void {
		const name = harmless(row.name);
		this.#dialogue.type(`To ${name}: enter sends, escape ends the line.`, async (text) => {
			const now = this.#parts.rows().find(({ id }) => id === row.id) ?? row;
			return `${name}: ${await this.#parts.send(now, text)}`;
		});
	}

	#stop(row: Lieutenant): void {
		const name = harmless(row.name);
		if (runs(row)) this.#dialogue.ask(`Stop ${name}? Its session is kept.`, () => this.#parts.stop(row));
		else this.#dialogue.say(`${name} is ${row.state}.`);
	}

	#stopAll(): void {
		const all = this.#parts.rows().filter(runs);
		if (all.length === 0) this.#dialogue.say("None runs.");
		else
			this.#dialogue.ask(`Stop all ${all.length}? Their sessions are kept.`, async () => {
				const ends = await Promise.allSettled(all.map((row) => this.#parts.stop(row)));
				const failed = ends.filter((end) => end.status === "rejected").map((end) => reason(end.reason));
				return `${all.length - failed.length} stopped.${failed.map((why) => ` Not stopped: ${why}`).join("")}`;
			});
	}
}
