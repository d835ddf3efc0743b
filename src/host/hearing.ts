/** What is done about each record of a lieutenant's pi. */
import { envelopeOf, envelopesOf } from "../pi/envelope.ts";
import type { RpcRecord } from "../pi/rpc.ts";
import type { Life } from "./agent/life.ts";
import type { Keeper } from "./bounds/keeper.ts";
import type { Courier } from "./courier.ts";
import type { DeliveryEvent } from "./delivery-state.ts";
import type { Look } from "./journal.ts";
import type { Backoff } from "./liveness/backoff.ts";
import type { Present } from "./present.ts";
import type { Reading } from "./reading.ts";
import type { Register } from "./register.ts";
import type { Steers } from "./steers.ts";
import { question } from "./tell.ts";
import type { Vigil } from "./vigil.ts";

export interface HearingParts {
	readonly register: Register;
	readonly courier: Courier;
	readonly reading: Reading;
	readonly keeper: Keeper;
	readonly present: Present;
	readonly backoff: Backoff;
	readonly vigil: Vigil;
	readonly steers: Steers;
	life(): Life | undefined;
	/** A turn is over: what was said in it is on its way to whoever reads along. */
	said(look: Look): void;
	/** A summary was given up: nothing in its session tells what that took. */
	summaryCut(look: Look): void;
}

export class Hearing {
	readonly #parts: HearingParts;

	constructor(parts: HearingParts) {
		this.#parts = parts;
	}

	async record(record: RpcRecord): Promise<void> {
		const { vigil, steers, present, backoff, courier, register, reading, life } = this.#parts;
		// pi names the pause before it asks its provider again: until then nothing can come.
		vigil.heard(record.type === "auto_retry_start" ? record.delayMs : 0);
		if (record.type === "message_update" || record.type === "message_start") steers.moved();
		present.take(record);
		backoff.heard(record);
		const event = deliveryEventOf(record);
		if (event !== undefined) courier.take(event);
		switch (record.type) {
			case "agent_start":
				register.change("running");
				courier.take({ type: "run", on: true });
				return;
			case "agent_settled":
				await this.#settled();
				return;
			case "turn_end":
				await this.#turned();
				return;
			case "compaction_end":
				if (record.aborted) this.#parts.summaryCut(await reading.look());
				return;
			case "tool_execution_start":
				register.show();
				// The answer that calls it is in the session already: a steer need not wait for the end of a long tool.
				if (courier.open.length > 0) await reading.look();
				return;
			case "extension_ui_request":
				if (!record.asks) return;
				life()?.dismiss(record.id);
				register.tell("question", question(register.standing, record.title || record.message));
				return;
		}
	}

	async #turned(): Promise<void> {
		const look = await this.#parts.reading.look();
		this.#parts.said(look);
		this.#parts.keeper.turned(look);
	}

	async #settled(): Promise<void> {
		const { present, reading, register, courier } = this.#parts;
		present.end();
		const look = await reading.look();
		register.change("settled");
		courier.take({ type: "run", on: false });
		this.finished(look);
	}

	/** No run is under way: its work may have come to an end. */
	finished(look: Look): void {
		const { courier, keeper } = this.#parts;
		if (courier.open.length === 0) keeper.finished(look);
		keeper.rested(look);
	}
}

/** What a record means for the delivery of messages; runs are told by who has read the transcript. */
export function deliveryEventOf(record: RpcRecord): DeliveryEvent | undefined {
	switch (record.type) {
		case "queue_update": {
			const texts = [...record.steering, ...record.followUp];
			return { type: "queue", ids: new Set(envelopesOf(texts).map(({ id }) => id)), count: texts.length };
		}
		case "message_start": {
			const envelope = record.message.role === "user" ? envelopeOf(record.message.text) : undefined;
			return envelope === undefined ? undefined : { type: "entered", id: envelope.id };
		}
		case "compaction_start":
			return { type: "compaction", on: true };
		case "compaction_end":
			return { type: "compaction", on: false };
		default:
			return undefined;
	}
}
