/**
 * Runs what is due. Each run is begun on disk before it is done and ended there after it: a hub that is killed in between
 * does that very run again, by the same key, and no second one. However many were missed, one is made up for.
 */
import type { Selectable } from "kysely";
import { Fault, reason } from "../../errors.ts";
import type { Author } from "../author.ts";
import type { Context } from "../context.ts";
import type { Chore } from "../handle.ts";
import { iso } from "../window.ts";
import { perform } from "./actions.ts";
import type { ScheduleTable } from "./schema.ts";
import { lastUntil, nextAfter } from "./times.ts";

export type ScheduleRow = Selectable<ScheduleTable>;

/** A host may be away for a while: it is asked once a minute for an hour. */
const AGAIN = 60_000;
const TRIES = 60;
const PASSING: ReadonlySet<string> = new Set(["host_away", "outcome_unknown"]);
const SAID = 300;

/** Runs that are at work in this process. */
const running = new WeakMap<Context["database"], Map<string, Promise<void>>>();

function atWork({ database }: Context): Map<string, Promise<void>> {
	const known = running.get(database) ?? new Map<string, Promise<void>>();
	running.set(database, known);
	return known;
}

const DUE = `select * from schedules where (begun is not null and coalesce(again_at, 0) <= ?1)
	or (begun is null and next_at <= ?1) order by n`;

/** A failure of one holds up no other; what cannot be written now is due still. */
export async function runWhatIsDue(hub: Context): Promise<void> {
	const due = hub.database.reader.all<ScheduleRow>(DUE, hub.world.clock.now());
	await Promise.all(due.map(({ id }) => runOne(hub, id)));
}

/** One run at a time of each. `now`: also before it is due. */
export async function runOne(hub: Context, id: string, now?: number): Promise<void> {
	const work = atWork(hub);
	const known = work.get(id);
	if (known !== undefined) return await known;
	const run = runBegun(hub, id, now).finally(() => work.delete(id));
	work.set(id, run);
	await run;
}

async function runBegun(hub: Context, id: string, now: number | undefined): Promise<void> {
	const row = await begin(hub, id, now);
	if (row === undefined || row.begun === null) return;
	const { kind, zone, made_by: name, role, begun: due } = row;
	const input = JSON.parse(row.input ?? "{}");
	try {
		const said = await perform(hub, { schedule: id, due, kind, zone, input, name, role });
		await end(hub, row, "done", said);
	} catch (thrown) {
		if (thrown instanceof Fault && PASSING.has(thrown.code) && row.tries < TRIES) return await later(hub, row);
		await end(hub, row, "failed", thrown instanceof Fault ? thrown.message : reason(thrown));
	}
}

/** The run that is due, or the one that was begun and not ended. */
function begin(hub: Context, id: string, now: number | undefined): Promise<ScheduleRow | undefined> {
	return hub.database.write(async (tx) => {
		const row = await tx.selectFrom("schedules").selectAll().where("id", "=", id).executeTakeFirst();
		if (row === undefined) return undefined;
		const at = hub.world.clock.now();
		if (row.begun !== null) return await put({ tries: row.tries + 1 });
		if (now === undefined && (row.next_at === null || row.next_at > at)) return undefined;
		// Of those that were missed the last: it is what is still wanted.
		const due = now ?? Math.max(row.next_at ?? 0, lastUntil(row.cron, row.zone, at) ?? 0);
		const next = now === undefined ? { next_at: nextAfter(row.cron, row.zone, at) ?? null } : {};
		return await put({ begun: due, tries: 1, again_at: null, ...next });

		function put(set: Partial<ScheduleRow>): Promise<ScheduleRow> {
			return tx.updateTable("schedules").set(set).where("id", "=", id).returningAll().executeTakeFirstOrThrow();
		}
	});
}

const later = async (hub: Context, { id }: ScheduleRow): Promise<void> => {
	const again_at = hub.world.clock.now() + AGAIN;
	await hub.database.write((tx) => tx.updateTable("schedules").set({ again_at }).where("id", "=", id).execute());
};

async function end(hub: Context, row: ScheduleRow, outcome: "done" | "failed", told: string): Promise<void> {
	const [at, said] = [hub.world.clock.now(), told.slice(0, SAID)];
	const by: Author = { name: row.made_by, role: row.role, via: "hub" };
	await hub.database.write(async (tx) => {
		const ended = { begun: null, again_at: null, last_due: row.begun, last_at: at, outcome, said };
		const { numUpdatedRows } = await tx
			.updateTable("schedules")
			.set(ended)
			.where("id", "=", row.id)
			.executeTakeFirstOrThrow();
		// Removed while it ran.
		if (numUpdatedRows === 0n) return;
		await tx.publish({
			type: outcome === "done" ? "schedule_ran" : "schedule_failed",
			by,
			summary: `${row.name}: ${said}`,
			detail: { schedule: row.id, kind: row.kind, due: iso(row.begun ?? at), tries: row.tries },
		});
	});
}

export const scheduling: Chore = { type: "chore", every: 5_000, run: runWhatIsDue };
