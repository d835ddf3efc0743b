/** Reads what is new in a lieutenant's session file, and takes it in. */
import type { Courier } from "./courier.ts";
import type { Journal, Look } from "./journal.ts";
import type { LifeEvent } from "./lifecycle.ts";
import type { Place } from "./places/place.ts";
import type { Register } from "./register.ts";

export interface ReadingParts {
	readonly place: Place;
	readonly journal: Journal;
	readonly register: Register;
	readonly courier: Courier;
}

export class Reading {
	readonly #parts: ReadingParts;

	constructor(parts: ReadingParts) {
		this.#parts = parts;
	}

	async look(): Promise<Look> {
		const look = await this.note();
		this.#parts.courier.take({ type: "transcript", seen: look.seen });
		return look;
	}

	/** For its row alone; what it answers is on the disk before any receipt says consumed. */
	async note(event?: LifeEvent): Promise<Look> {
		const { place, journal, register, courier } = this.#parts;
		const look = await journal.look();
		if (courier.open.some((message) => look.seen.answered.has(message.id))) await place.sync(register.standing.spec.id);
		register.together(() => {
			register.counted(look);
			if (event !== undefined) register.change(event);
		});
		return look;
	}
}
