/** Who reads the feed and comes back, and what may be forgotten: only what is old and what they have all read. */
import { type Kysely, sql } from "kysely";
import * as contract from "../../contract/feed.ts";
import { fault } from "../../errors.ts";
import type { Author } from "../author.ts";
import type { Context } from "../context.ts";
import type { Tables } from "../database/tables.ts";
import { type Chore, read, write } from "../handle.ts";
import { before, iso } from "../window.ts";
import { TRIMMED } from "./feed.ts";

const DAY = 24 * 3_600_000;
/** Events are kept so long, and the newest so many whatever their age. */
const KEPT_FOR = 30 * DAY;
const KEPT_AT_LEAST = 10_000;
/** A reader that was not seen for so long does not come back. */
const READER_FOR = 30 * DAY;
/** Events forgotten in one mutation: everyone else's writes wait for it. */
const BATCH = 1_000;

/** The hub itself, where nobody asked. */
const HUB: Author = { name: "hub", role: "admin" };

type ReaderRow = Tables["feed_readers"];

async function readerOf(db: Kysely<Tables>, { name, made_by, seq, seen_at }: ReaderRow): Promise<contract.FeedReader> {
	const count = sql<number>`count(*)`.as("unread");
	const { unread } = await db.selectFrom("feed").select(count).where("seq", ">", seq).executeTakeFirstOrThrow();
	return { name, by: made_by, seq, unread, seenAt: iso(seen_at) };
}

/** A reader only goes on: an answer that comes late takes nothing back. No event: what was read changes no record. */
export const acknowledge = write(contract.acknowledge, async ({ input, author, tx, stamp, hub }) => {
	const named = hub.feed.position(input.upto);
	if (named === undefined) throw fault("invalid_input", `invalid upto: ${input.upto}`);
	const seq = Math.min(named, hub.feed.head());
	const row = { name: input.name.trim(), made_by: author.name, seq, seen_at: stamp.at };
	const kept = await tx
		.insertInto("feed_readers")
		.values(row)
		.onConflict((conflict) =>
			conflict
				.columns(["made_by", "name"])
				.doUpdateSet({ seq: sql<number>`max(seq, excluded.seq)`, seen_at: stamp.at }),
		)
		.returningAll()
		.executeTakeFirstOrThrow();
	return readerOf(tx, kept);
});

export const readers = read(contract.readers, async ({ db }) => {
	const rows = await db.selectFrom("feed_readers").selectAll().orderBy("seq").limit(1_000).execute();
	const all: contract.FeedReader[] = [];
	for (const row of rows) all.push(await readerOf(db, row));
	return { readers: all, count: all.length };
});

/** One's own; who leads the hub, anyone's. */
export const forgetReader = write(contract.forgetReader, async ({ input, author, tx }) => {
	let query = tx.deleteFrom("feed_readers").where("name", "=", input.name);
	if (author.role !== "admin") query = query.where("made_by", "=", author.name);
	const { numDeletedRows } = await query.executeTakeFirstOrThrow();
	if (numDeletedRows === 0n) throw fault("not_found", "Reader");
	await tx.publish({ type: "feed_reader_forgotten", by: author, summary: input.name });
	return { deleted: true as const };
});

/**
 * Forgets events that are old, beyond the newest ten thousand, and read by every reader. What remains begins with a seq
 * that the event left behind names: who resumes before it knows what is missing.
 */
export async function trim({ database, world }: Pick<Context, "database" | "world">): Promise<void> {
	const now = world.clock.now();
	await database.write(async (tx) => {
		const gone = await tx
			.deleteFrom("feed_readers")
			.where("seen_at", "<", now - READER_FOR)
			.returning("name")
			.execute();
		for (const { name } of gone) await tx.publish({ type: "feed_reader_forgotten", by: HUB, summary: name });
	});
	const upto = lastToForget(database, now);
	for (let left = BATCH; left >= BATCH; ) {
		left = await database.write(async (tx) => {
			const { connection } = tx.gate;
			const doomed = connection.get<{ n: number; last: number | null }>(
				"select count(*) as n, max(seq) as last from (select seq from feed where seq <= ? order by seq limit ?)",
				upto,
				BATCH,
			);
			if (doomed?.last === undefined || doomed.last === null) return 0;
			connection.run("delete from feed where seq <= ?", doomed.last);
			await tx.publish({
				type: TRIMMED,
				by: HUB,
				summary: `${doomed.n} old events are forgotten, up to ${doomed.last}`,
				detail: { upto: doomed.last, events: doomed.n },
			});
			return doomed.n;
		});
	}
}

/** The greatest seq that is old, beyond the newest, and read by all. */
function lastToForget({ reader }: Context["database"], now: number): number {
	const limits = reader.get<{ old: number | null; spare: number | null; unread: number | null }>(
		`select
			(select max(seq) from feed where seq < coalesce((select min(seq) from feed where timestamp >= ?1),
				(select max(seq) + 1 from feed))) as old,
			(select seq from feed order by seq desc limit 1 offset ${KEPT_AT_LEAST}) as spare,
			(select min(seq) from feed_readers) as unread`,
		before(now, KEPT_FOR),
	);
	const { old, spare, unread } = limits ?? { old: null, spare: null, unread: null };
	return Math.min(old ?? 0, spare ?? 0, unread ?? Number.MAX_SAFE_INTEGER);
}

export const trimming: Chore = { type: "chore", every: 3_600_000, run: trim };
