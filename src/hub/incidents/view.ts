/** An incident as it is told: its row, and what its facts come to. */
import type { Kysely, Selectable } from "kysely";
import { sql } from "kysely";
import type { Incident, IncidentFact } from "../../contract/incidents.ts";
import { fault } from "../../errors.ts";
import type { Tables } from "../database/tables.ts";
import type { IncidentFactTable, IncidentTable } from "./schema.ts";

export type IncidentRow = Selectable<IncidentTable>;
export type FactRow = Selectable<IncidentFactTable>;

/** What the facts of an incident come to. A fact that was told again counts each time where events are counted. */
const FIGURES = {
	what: sql<string>`(select what from incident_facts where incident = i.n order by n limit 1)`,
	refusals: sql<number>`coalesce((select sum(times) from incident_facts where incident = i.n and type = 'refused'), 0)`,
	lowest: sql<number | null>`(select min(running) from incident_facts where incident = i.n and type = 'refused')`,
	machines: sql<number>`(select count(distinct machine) from incident_facts where incident = i.n)`,
	lieutenants: sql<number>`(select count(distinct lieutenant) from incident_facts where incident = i.n)`,
	fell_back: sql<number>`coalesce((select sum(times) from incident_facts where incident = i.n and type = 'fell_back'), 0)`,
	leaked: sql<number>`(select count(distinct coalesce(machine, n)) from incident_facts
		where incident = i.n and type = 'leaked')`,
} as const;

export const incidents = (db: Kysely<Tables>) =>
	db
		.selectFrom("incidents as i")
		.selectAll("i")
		.select([
			FIGURES.what.as("what"),
			FIGURES.refusals.as("refusals"),
			FIGURES.lowest.as("lowest"),
			FIGURES.machines.as("machines"),
			FIGURES.lieutenants.as("lieutenants"),
			FIGURES.fell_back.as("fell_back"),
			FIGURES.leaked.as("leaked"),
		]);

type Told = Awaited<ReturnType<ReturnType<typeof incidents>["executeTakeFirstOrThrow"]>>;

export const incidentOf = (row: Told): Incident => ({
	...{ id: row.id, host: row.host, cause: row.cause, from: row.began_at },
	...(row.ended_at === null ? {} : { to: row.ended_at }),
	openedBy: row.opened_by,
	...(row.closed_by === null ? {} : { closedBy: row.closed_by }),
	...{ what: row.what, refusals: row.refusals },
	...(row.lowest === null ? {} : { lowest: row.lowest }),
	...{ machines: row.machines, lieutenants: row.lieutenants, fellBack: row.fell_back, leaked: row.leaked },
	...(row.report === null ? {} : { report: row.report }),
});

export const told = async (db: Kysely<Tables>, n: number): Promise<Incident> =>
	incidentOf(await incidents(db).where("i.n", "=", n).executeTakeFirstOrThrow());

export const factOf = (row: FactRow): IncidentFact => ({
	...{ type: row.type, at: row.at, what: row.what },
	...(row.call === null ? {} : { call: row.call }),
	...(row.raw === null ? {} : { raw: row.raw }),
	...(row.machine === null ? {} : { machine: row.machine }),
	...(row.lieutenant === null ? {} : { lieutenant: row.lieutenant }),
	...(row.running === null ? {} : { running: row.running }),
	...{ by: row.told_by, times: row.times, lastAt: row.last_at },
});

/** By id, or by an episode; of several hosts with one episode the newest. */
export async function rowOf(db: Kysely<Tables>, named: string): Promise<IncidentRow> {
	const ofEpisode = db.selectFrom("incident_episodes").select("incident").where("episode", "=", named);
	const row = await db
		.selectFrom("incidents")
		.selectAll()
		.where((or) => or.or([or("id", "=", named), or("n", "in", ofEpisode)]))
		.orderBy("n", "desc")
		.limit(1)
		.executeTakeFirst();
	if (row === undefined) throw fault("not_found", "incident");
	return row;
}
