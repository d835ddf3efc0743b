/**
 * Watches over one lieutenant's pi: is there proof of life, and does its run move? Silence alone is no proof of anything;
 * what it is a sign of, the process table and a probe tell (`docs/liveness.md`).
 */
import type { Cause } from "../contract/cause.ts";
import type { World } from "../world.ts";
import type { Life } from "./agent/life.ts";
import type { LivenessSettings } from "./liveness/settings.ts";

/** A probe unanswered for so long is worth a look at the process table; on macOS that look is a process of its own. */
const LOOK_MS = 5_000;
/** A tool that says nothing for so long is shown as silent. */
const SILENT_TOOL_MS = 60_000;

/** What a vigil needs of its lieutenant. */
export interface VigilParts {
	readonly world: World;
	readonly settings: LivenessSettings;
	life(): Life | undefined;
	/** It is in the middle of a run and no tool runs: something has to come from the model. */
	expecting(): boolean;
	/** A tool runs. */
	inTool(): boolean;
	stalled(): boolean;
	stall(cause: Cause): void;
	/** It was stalled and moves again. */
	recovered(streaming: boolean): void;
	/** Ends the stream that hangs and asks anew. */
	cut(seconds: number): void;
	/** What people see of it changed. */
	show(): void;
}

export class Vigil {
	readonly #parts: VigilParts;
	/** Of the monotonic clock: when pi last said something by itself. */
	#progress = 0;
	/** The same by the wall, for people. */
	#progressAt = 0;
	#probing = false;
	#shown = false;
	/** The silence under way was cut once. */
	#cut = false;

	constructor(parts: VigilParts) {
		this.#parts = parts;
	}

	/** pi said something by itself, or is given `grace` ms in which it need not. */
	heard(grace = 0): void {
		this.#begin(grace);
		const { stalled, recovered, expecting, inTool } = this.#parts;
		if (stalled()) recovered(expecting() || inTool());
	}

	#begin(grace: number): void {
		const { clock } = this.#parts.world;
		// A pause that pi has named counts from its end, and a record that comes in it ends it.
		this.#progress = clock.elapsed() + grace;
		this.#progressAt = clock.now();
		this.#cut = false;
		this.#shown = false;
	}

	/** This process stood still for a while (a sleep, a frozen host): what was silent meanwhile had no chance to speak. */
	woke(): void {
		this.#begin(0);
		const life = this.#parts.life();
		if (life !== undefined && !this.#probing) void this.#probe(life);
	}

	/** Its tool has said nothing for long; its process answers. */
	get silentTool(): Cause | undefined {
		if (!this.#shown || !this.#parts.inTool()) return undefined;
		return { type: "silent-tool", since: new Date(this.#progressAt).toISOString() };
	}

	/** Looked at every few seconds, while its pi should run. */
	tick(life: Life): void {
		const { settings, world, inTool, show, cut, stall } = this.#parts;
		const quiet = world.clock.elapsed() - life.heard;
		if (quiet >= settings.probeSeconds * 1_000 && !this.#probing) void this.#probe(life);
		if (!this.#shown && inTool() && this.#silence >= SILENT_TOOL_MS && quiet < SILENT_TOOL_MS) {
			this.#shown = true;
			show();
		}
		if (!this.#mute()) return;
		stall({ type: "silent-stream", seconds: settings.streamSeconds });
		if (this.#cut || this.#silence < settings.cutSeconds * 1_000) return;
		this.#cut = true;
		cut(settings.cutSeconds);
	}

	get #silence(): number {
		return this.#parts.world.clock.elapsed() - this.#progress;
	}

	#mute(): boolean {
		return this.#parts.expecting() && this.#silence >= this.#parts.settings.streamSeconds * 1_000;
	}

	async #probe(life: Life): Promise<void> {
		const { world, settings } = this.#parts;
		this.#probing = true;
		const look = world.clock.after(LOOK_MS, () => this.#frozen(life));
		const probe = await life.probe(settings.answerSeconds * 1_000);
		look.cancel();
		this.#probing = false;
		if (this.#parts.life() !== life) return;
		if (probe.type === "silent") this.unanswered(life, settings.probeSeconds + settings.answerSeconds);
		else if (probe.type === "alive" && this.#parts.stalled() && !this.#mute()) {
			this.#parts.recovered(probe.state.isStreaming);
		}
	}

	/** It had its time to answer. */
	unanswered(life: Life, seconds: number): void {
		if (!this.#frozen(life)) this.#parts.stall({ type: "unresponsive", seconds });
	}

	#frozen({ process }: Life): boolean {
		if (process === undefined || !this.#parts.world.spawn.stopped(process)) return false;
		this.#parts.stall({ type: "frozen", pid: process.pid });
		return true;
	}
}
