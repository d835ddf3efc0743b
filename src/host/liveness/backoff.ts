/** How one lieutenant takes part in its fleet's backing off from a provider that asks for less. */
import type { Cause } from "../../contract/cause.ts";
import type { RpcRecord } from "../../pi/rpc.ts";
import { isThrottle } from "./storm.ts";

export interface BackoffParts {
	/** It was refused; `final`: its pi asks no more by itself. */
	refused(final: boolean): void;
	/** Ends the pause in which its pi waits to ask again. */
	retry(): unknown;
	hold(on: boolean): void;
	/** A run ended in an error of another kind: ms after which it is resumed. */
	failedRun(): number | undefined;
	show(): void;
}

export class Backoff {
	readonly #parts: BackoffParts;
	/** Its last answer was such a refusal. */
	#refused = false;
	/** Its pi waits to ask again. */
	#retrying = false;
	#until: string | undefined;

	constructor(parts: BackoffParts) {
		this.#parts = parts;
	}

	get cause(): Cause | undefined {
		return this.#until === undefined ? undefined : { type: "throttled", until: this.#until };
	}

	heard(record: RpcRecord): void {
		if (record.type === "message_end" && record.message.role === "assistant")
			this.#refused = record.message.stopReason === "error" && isThrottle(record.message.error ?? "");
		else if (record.type === "auto_retry_start") {
			this.#retrying = isThrottle(record.error);
			if (!this.#retrying) return;
			this.#parts.refused(false);
			this.#giveWay();
		} else if (record.type === "auto_retry_end" || record.type === "agent_start") this.#retrying = false;
	}

	/** Until then, by the wall; undefined: it may send. */
	hold(until: string | undefined): void {
		const was = this.#until;
		this.#until = until;
		if (was === undefined || until === undefined) this.#parts.hold(until !== undefined);
		this.#giveWay();
		if (was !== until) this.#parts.show();
	}

	/** ms before a run that failed is resumed. One that was refused counts for the fleet, not against the lieutenant. */
	failedRun(): number | undefined {
		if (!this.#refused) return this.#parts.failedRun();
		this.#parts.refused(true);
		return this.#until === undefined ? this.#parts.failedRun() : 0;
	}

	/** Its own next attempt would be one more of many at once. */
	#giveWay(): void {
		if (this.#until === undefined || !this.#retrying) return;
		this.#retrying = false;
		this.#parts.retry();
	}
}
