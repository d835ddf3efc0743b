import type { Kysely } from "kysely";
import * as contract from "../../contract/schedules.ts";
import { fault } from "../../errors.ts";
import type { Tables } from "../database/tables.ts";
import { read, work, write } from "../handle.ts";
import { iso } from "../window.ts";
import { judged } from "./actions.ts";
import { runOne, type ScheduleRow } from "./runner.ts";
import { nextAfter, zoneOf } from "./times.ts";

/** More than anyone keeps in mind; each is looked at every five seconds. */
const MAX = 1_000;

const scheduleOf = (row: ScheduleRow): contract.Schedule => ({
	...{ id: row.id, name: row.name, kind: row.kind, cron: row.cron, zone: row.zone },
	...(row.input === null ? {} : { input: JSON.parse(row.input) }),
	by: row.made_by,
	...(row.next_at === null ? {} : { next: iso(row.next_at) }),
	...(row.begun === null ? {} : { running: iso(row.begun) }),
	...(row.last_due === null || row.last_at === null || row.outcome === null
		? {}
		: { last: { due: iso(row.last_due), at: iso(row.last_at), outcome: row.outcome, said: row.said ?? "" } }),
});

async function rowOf(db: Kysely<Tables>, name: string): Promise<ScheduleRow> {
	const row = await db.selectFrom("schedules").selectAll().where("name", "=", name).executeTakeFirst();
	if (row === undefined) throw fault("not_found", "schedule");
	return row;
}

export const create = write(contract.create, async ({ input, author, caller, tx, stamp }) => {
	const { name, kind } = input;
	const [cron, zone] = [input.cron.trim(), zoneOf(input.zone)];
	const next = nextAfter(cron, zone, stamp.at);
	if (next === undefined) throw fault("invalid_input", `cron: '${cron}' is never due`);
	const asked = judged(kind, input.input ?? {}, caller.role);
	const all = await tx.selectFrom("schedules").select("name").execute();
	if (all.some((one) => one.name === name)) throw fault("conflict", `There is a schedule ${name} already`);
	if (all.length >= MAX) throw fault("conflict", `There are ${MAX} schedules; remove one`);
	const row = await tx
		.insertInto("schedules")
		.values({
			...{ id: stamp.id, name, kind, cron, zone, input: input.input === undefined ? null : JSON.stringify(asked) },
			...{ made_by: author.name, role: caller.role, next_at: next, begun: null, tries: 0, again_at: null },
			...{ last_due: null, last_at: null, outcome: null, said: null },
		})
		.returningAll()
		.executeTakeFirstOrThrow();
	await tx.publish({
		type: "schedule_created",
		by: author,
		summary: `${name}: ${kind}, ${cron} ${zone}`,
		detail: { schedule: row.id },
	});
	return scheduleOf(row);
});

export const list = read(contract.list, async ({ db }) => {
	const rows = await db.selectFrom("schedules").selectAll().orderBy("name").execute();
	return { schedules: rows.map(scheduleOf), count: rows.length };
});

export const remove = write(contract.remove, async ({ input, author, tx }) => {
	const row = await rowOf(tx, input.name);
	await tx.deleteFrom("schedules").where("n", "=", row.n).execute();
	await tx.publish({ type: "schedule_removed", by: author, summary: row.name, detail: { schedule: row.id } });
	return { deleted: true as const };
});

/** Whoever runs it has the rights of it, too: no orchestrator makes a backup by an admin's schedule. */
export const run = work(contract.run, async ({ input, caller, now, hub }) => {
	const { read: db } = hub.database;
	const row = await rowOf(db, input.name);
	judged(row.kind, JSON.parse(row.input ?? "{}"), caller.role);
	await runOne(hub, row.id, now);
	return scheduleOf(await rowOf(db, input.name));
});
