/**
 * What held tasks own, as the hub last said it. Asked again only when the answer is old, so that not every tool waits
 * for the hub; while the hub is away the last answer counts, and that is said once.
 */
import type { Territory } from "../contract/task.ts";
import { reason } from "../errors.ts";
import type { Clock } from "../world.ts";
import type { Answer } from "./territory-memory.ts";

/** ms for which an answer is good. A claim made within them is not seen yet. */
export const FRESH_MS = 10_000;

export interface HoldingsOptions {
	readonly clock: Pick<Clock, "elapsed" | "now">;
	ask(): Promise<readonly Territory[]>;
	/** Tells the person. */
	tell(text: string): void;
	/** What the hub said to the pi before this one, in the same session. */
	readonly answer?: Answer | undefined;
	/** The hub says something else than before. */
	keep?(answer: Answer): void;
}

export class Holdings {
	readonly #options: HoldingsOptions;
	#known: Answer | undefined;
	/** `elapsed` of the last try, answered or not: a hub that is away is not asked at each call. */
	#tried: number | undefined;
	#away = false;
	#asking: Promise<void> | undefined;

	constructor(options: HoldingsOptions) {
		this.#options = options;
		this.#known = options.answer;
	}

	/** `anew`: whatever was known, ask; what stops somebody must hold now. */
	async territories(anew = false): Promise<readonly Territory[]> {
		const { clock } = this.#options;
		const old = this.#tried === undefined || clock.elapsed() - this.#tried >= FRESH_MS;
		if (old || (anew && !this.#away)) {
			this.#asking ??= this.#ask().finally(() => {
				this.#asking = undefined;
			});
			await this.#asking;
		}
		return this.#known?.territories ?? [];
	}

	/** One of our own calls may have changed it. */
	forget(): void {
		this.#tried = undefined;
	}

	async #ask(): Promise<void> {
		const { clock, ask, tell, keep } = this.#options;
		try {
			const answer = { territories: await ask(), told: clock.now() };
			const before = JSON.stringify(this.#known?.territories ?? []);
			this.#known = answer;
			this.#away = false;
			if (JSON.stringify(answer.territories) !== before) keep?.(answer);
		} catch (thrown) {
			if (!this.#away)
				tell(`The board could not be asked which files belong to whom: ${reason(thrown)} ${this.#last()}`);
			this.#away = true;
		}
		this.#tried = clock.elapsed();
	}

	#last(): string {
		if (this.#known === undefined) return "Until it answers no file counts as another's.";
		return `What it said at ${new Date(this.#known.told).toISOString()} counts until it answers.`;
	}
}
