/**
 * Which deliveries this pi has taken: the highest `n` per message id. It lives on `globalThis`, because a reload makes
 * every extension anew while pi's queue, and what is in it, stays.
 */

import { type Entry, parseEntry } from "../entry.ts";
import { type Envelope, envelopeOf } from "../envelope.ts";

const KEY = Symbol.for("flagship.deliveries");

export class Deliveries {
	readonly #highest: Map<string, number>;

	constructor(store: object = globalThis) {
		const kept: unknown = Reflect.get(store, KEY);
		this.#highest = kept instanceof Map ? kept : new Map<string, number>();
		Reflect.set(store, KEY, this.#highest);
	}

	/** True for the first time that this delivery, or a later one of its message, comes; false for a repeat. */
	take({ id, n }: Envelope): boolean {
		if (n <= (this.#highest.get(id) ?? 0)) return false;
		this.#highest.set(id, n);
		return true;
	}

	/** What a session already holds was taken, if by an earlier life. `entries` as pi gives them. */
	refill(entries: readonly unknown[]): void {
		for (const entry of entries) {
			const envelope = envelopeIn(parseEntry(entry));
			if (envelope !== undefined) this.take(envelope);
		}
	}
}

const envelopeIn = (entry: Entry | undefined): Envelope | undefined =>
	entry?.type === "message" && entry.message.role === "user" ? envelopeOf(entry.message.text) : undefined;
