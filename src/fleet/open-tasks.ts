/**
 * The orchestrator's open tasks as the hub last told them. Asked for in the background: a request to the model never
 * waits for a hub that is slow or away.
 */
import { Fault, reason } from "../errors.ts";
import type { World } from "../world.ts";
import type { OpenTasks } from "./live-state.ts";

/** ms for which an answer is new enough. */
const FRESH = 3_000;

export class TaskWatch {
	readonly #clock: World["clock"];
	readonly #ask: () => Promise<OpenTasks>;
	#known: OpenTasks | undefined;
	#away: string | undefined;
	#askedAt: number | undefined;
	#asking: Promise<void> | undefined;

	/** `ask` throws a `Fault` when the hub does not answer. */
	constructor(clock: World["clock"], ask: () => Promise<OpenTasks>) {
		this.#clock = clock;
		this.#ask = ask;
	}

	/** As last told; undefined before the first answer. */
	get tasks(): OpenTasks | undefined {
		return this.#known;
	}

	/** Why the newest question has no answer. */
	get away(): string | undefined {
		return this.#away;
	}

	/** Asks, unless that is under way or was done just now. Resolves, and never rejects, when what is known is fresh. */
	refresh(): Promise<void> {
		if (this.#asking !== undefined) return this.#asking;
		const fresh = this.#askedAt !== undefined && this.#clock.elapsed() - this.#askedAt < FRESH;
		if (fresh) return Promise.resolve();
		this.#askedAt = this.#clock.elapsed();
		this.#asking = this.#refresh().finally(() => {
			this.#asking = undefined;
		});
		return this.#asking;
	}

	async #refresh(): Promise<void> {
		try {
			this.#known = await this.#ask();
			this.#away = undefined;
		} catch (thrown) {
			// Said in the live state, with the next request.
			this.#away = thrown instanceof Fault ? thrown.message : reason(thrown);
		}
	}
}
