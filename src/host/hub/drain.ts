/**
 * Sends what was kept for a hub that was away: in order, each under its first key, so that nothing is recorded twice. When
 * all is sent, the tokens of those that are gone are revoked.
 */
import type { AnyOperation } from "../../contract/operation.ts";
import { Fault, reason } from "../../errors.ts";
import type { Timer, World } from "../../world.ts";
import type { Spool } from "../store/spool.ts";
import type { Tokens } from "../store/tokens.ts";
import type { Access } from "./access.ts";

export interface DrainOptions {
	readonly world: World;
	readonly spool: Spool;
	readonly tokens: Tokens;
	readonly access: Access;
	/** Operations that may be kept, by name. */
	readonly operations: ReadonlyMap<string, AnyOperation>;
	complain(what: string): void;
}

/** A hub that is there and cannot take a record now: its disk is full, or it does not know the token yet. */
const RETRY_MS = 5_000;

export class Drain {
	readonly #options: DrainOptions;
	#running = false;
	#again = false;
	#retry: Timer | undefined;
	#closed = false;
	/** Why it waits, as last said. */
	#why: string | undefined;

	constructor(options: DrainOptions) {
		this.#options = options;
	}

	/** Begins, or goes on once more after what runs: never two at once, or the order would be lost. */
	begin(): void {
		if (this.#closed) return;
		this.#retry?.cancel();
		if (this.#running) {
			this.#again = true;
			return;
		}
		this.#running = true;
		void this.#all().finally(() => {
			this.#running = false;
			if (this.#again) {
				this.#again = false;
				this.begin();
			}
		});
	}

	/** The store is about to close. */
	close(): void {
		this.#closed = true;
		this.#retry?.cancel();
	}

	async #all(): Promise<void> {
		const { spool, world } = this.#options;
		for (let entry = this.#next(); entry !== undefined; entry = this.#next()) {
			const held = this.#options.tokens.list().find((token) => token.subject === entry?.author);
			const operation = this.#options.operations.get(entry.operation);
			if (operation === undefined) {
				spool.refused(entry.seq, `no operation ${entry.operation}`);
				continue;
			}
			try {
				await this.#options.access.introduced();
				await this.#options.access
					.as(held ?? this.#options.access.own())
					.call(operation, entry.input, { key: entry.key });
				if (!this.#closed) spool.sent(entry.seq);
				this.#why = undefined;
			} catch (thrown) {
				if (this.#closed) return;
				if (!(thrown instanceof Fault) || thrown.status >= 500 || thrown.status === 401) {
					// It does not know this token: a token made while the others were told, or a hub that lost its records.
					if (thrown instanceof Fault && thrown.status === 401) this.#options.access.forget();
					this.#wait(reason(thrown));
					this.#retry = world.clock.after(RETRY_MS, () => this.begin());
					return;
				}
				spool.refused(entry.seq, thrown.message);
				this.#options.complain(`the hub refused a kept ${entry.operation}: ${thrown.message}`);
			}
		}
		await this.#retire();
	}

	/** Who is gone acts no more, once all that it left is there. With the hub away the next link begins this again. */
	async #retire(): Promise<void> {
		const { tokens, access, complain } = this.#options;
		for (const held of this.#closed ? [] : tokens.ended()) {
			try {
				await access.introduced();
				await access.revoke(held);
			} catch (thrown) {
				const away = thrown instanceof Fault && thrown.code === "hub_away";
				if (!away && !this.#closed) complain(`the token of ${held.name} is not yet revoked: ${reason(thrown)}`);
				return;
			}
			if (this.#closed) return;
			tokens.revoked(held.subject);
		}
	}

	/** Said once for each reason: a hub that is away for a night fills no log. */
	#wait(why: string): void {
		if (this.#why !== why) this.#options.complain(`the spool waits: ${why}`);
		this.#why = why;
	}

	#next() {
		const { spool, world } = this.#options;
		return this.#closed ? undefined : spool.next(world.clock.now());
	}
}
