/**
 * What a lieutenant's pi says is taken in one after another, also where one waits for the disk: nobody passes, or a death
 * would be taken for the end that was asked for.
 */
import { reason } from "../errors.ts";
import type { World } from "../world.ts";
import { Turns } from "./turns.ts";

/** ms after which what could not be stored is stored again. */
export const AGAIN_MS = 1_000;

export interface IntakeParts {
	readonly clock: World["clock"];
	complain(what: string): void;
	/** Something was not taken in. */
	missed(): void;
}

export class Intake {
	readonly #parts: IntakeParts;
	readonly #turns = new Turns();
	#closed = false;

	constructor(parts: IntakeParts) {
		this.#parts = parts;
	}

	get closed(): boolean {
		return this.#closed;
	}

	queue(work: () => Promise<void>): void {
		this.#turns
			.take(() => (this.#closed ? undefined : work()))
			.catch((thrown) => {
				this.#parts.complain(reason(thrown));
				this.#parts.missed();
			});
	}

	/** As `queue`; what fails (a full disk) is done again until it is done: else a dead one looks alive. */
	insist(work: () => Promise<void>): void {
		this.queue(async () => {
			while (!this.#closed) {
				try {
					return await work();
				} catch (thrown) {
					this.#parts.complain(reason(thrown));
					await this.again();
				}
			}
		});
	}

	/** Until it is worth another try. */
	again(): Promise<void> {
		return new Promise((resolve) => this.#parts.clock.after(AGAIN_MS, resolve));
	}

	/** All that was said so far is taken in. */
	over(): Promise<void> {
		return this.#turns.over();
	}

	/** The host ends: what was not taken in yet is read from the session by the next one. */
	close(): void {
		this.#closed = true;
	}
}
