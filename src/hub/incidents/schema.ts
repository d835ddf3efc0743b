import type { Generated } from "kysely";
import type { Cause, FactType } from "../../contract/incidents.ts";
import { schema } from "../database/schema.ts";

declare module "../database/tables.ts" {
	interface Tables {
		incidents: IncidentTable;
		incident_episodes: { host: string; episode: string; incident: number };
		incident_facts: IncidentFactTable;
	}
}

export interface IncidentTable {
	n: Generated<number>;
	id: string;
	host: string;
	cause: Cause;
	/** By the clock of who told it, as `ended_at`. */
	began_at: string;
	ended_at: string | null;
	opened_by: string;
	closed_by: string | null;
	/** Id of the report that it was published as; the report may be gone. */
	report: string | null;
}

export interface IncidentFactTable {
	n: Generated<number>;
	incident: number;
	/** Hash of all its words: told again in the same, it is counted and not kept twice. */
	words: string;
	type: FactType;
	at: string;
	what: string;
	call: string | null;
	raw: string | null;
	machine: string | null;
	lieutenant: string | null;
	/** The fewest of all times. */
	running: number | null;
	told_by: string;
	times: number;
	last_at: string;
}

export const incidentsSchema = schema("incidents", [
	`create table incidents (
		n integer primary key,
		id text not null unique,
		host text not null,
		cause text not null,
		began_at text not null,
		ended_at text,
		opened_by text not null,
		closed_by text,
		report text
	) strict;
	create unique index incidents_open on incidents (host, cause) where ended_at is null;
	create table incident_episodes (
		host text not null,
		episode text not null,
		incident integer not null references incidents (n),
		primary key (host, episode)
	) strict, without rowid;
	create index incident_episodes_name on incident_episodes (episode);
	create table incident_facts (
		n integer primary key,
		incident integer not null references incidents (n),
		words text not null,
		type text not null,
		at text not null,
		what text not null,
		call text,
		raw text,
		machine text,
		lieutenant text,
		running integer,
		told_by text not null,
		times integer not null,
		last_at text not null,
		unique (incident, words)
	) strict;`,
]);
