/** What pi's records mean for the delivery of messages. */
import { envelopeOf, envelopesOf } from "../pi/envelope.ts";
import type { RpcRecord } from "../pi/rpc.ts";
import type { DeliveryEvent } from "./delivery.ts";

/** `undefined` for what says nothing about a message by itself; runs are told by who has read the transcript. */
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
