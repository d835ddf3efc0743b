/** A hub with schedules has something to do, and does not leave for want of a session. */
import type { Connection } from "../database/connection.ts";

export const schedulesIn = (reader: Connection): number =>
	reader.get<{ n: number }>("select count(*) as n from schedules where next_at is not null or begun is not null")?.n ??
	0;
