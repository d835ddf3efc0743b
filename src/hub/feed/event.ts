/** Events between row and wire, and how a mutation stores one. */
import type { FeedEvent } from "../../contract/feed.ts";
import type { World } from "../../world.ts";
import type { Publisher } from "../database/tx.ts";
import type { Ids } from "../ids.ts";
import type { EventRow } from "./schema.ts";

const INSERT =
	"insert into feed (id, timestamp, agent, type, summary, actor, detail, metadata) values (?, ?, ?, ?, ?, ?, ?, ?)";

/** `seq` is the row id: it grows because `feed.clear` leaves the last row. */
export function createPublisher(world: Pick<World, "clock">, ids: Ids): Publisher {
	return (gate, { type, by, summary, detail, metadata }) => {
		const id = ids.next();
		const timestamp = new Date(world.clock.now()).toISOString();
		const actor = by.via ?? null;
		const seq = gate.connection.run(
			INSERT,
			id,
			timestamp,
			by.name,
			type,
			summary,
			actor,
			detail === undefined ? null : JSON.stringify(detail),
			metadata === undefined ? null : JSON.stringify(metadata),
		);
		return {
			id,
			seq,
			agent: by.name,
			type,
			summary,
			timestamp,
			...(actor === null ? {} : { actor }),
			...(detail === undefined ? {} : { detail }),
			...(metadata === undefined ? {} : { metadata }),
		};
	};
}

export function eventOf(row: EventRow): FeedEvent {
	return {
		id: row.id,
		seq: row.seq,
		agent: row.agent,
		type: row.type,
		summary: row.summary,
		timestamp: row.timestamp,
		...(row.actor === null ? {} : { actor: row.actor }),
		...(row.detail === null ? {} : { detail: JSON.parse(row.detail) }),
		...(row.metadata === null ? {} : { metadata: JSON.parse(row.metadata) }),
	};
}
