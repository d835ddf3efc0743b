import type { LogEntry } from "../../contract/log.ts";
import type { Tables } from "../database/tables.ts";

/** A stored entry as it is told. */
export const entryOf = ({ id, timestamp, text, agent, facts }: Omit<Tables["log"], "seq">): LogEntry => ({
	id,
	timestamp,
	text,
	...(agent === null ? {} : { agent }),
	...(facts === null ? {} : { facts: JSON.parse(facts) }),
});
