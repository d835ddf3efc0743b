import type { Generated } from "kysely";
import type { UsageVm } from "../../contract/usage.ts";
import { schema } from "../database/schema.ts";

declare module "../database/tables.ts" {
	interface Tables {
		usage_sessions: UsageSessionTable;
		usage_rollups: {
			/** `told` or `cut`, then a bucket's size in ms (`start`: by beginning) or a dimension (`start`: the day of use). */
			slot: string;
			/** Milliseconds since 1970. */
			start: number;
			/** The agent of a bucket, or the dimension's value; empty: none. */
			key: string;
			n: number;
			tokens: number;
			nanodollars: number;
		};
		usage_gaps: UsageGapTable;
		usage_estimates: {
			n: Generated<number>;
			session_id: string;
			request: string;
			agent: string;
			/** Milliseconds since 1970. */
			at_ms: number;
			tokens: number;
			nanodollars: number;
			/** The estimate as JSON. */
			doc: string;
			/** Empty: none. */
			task: string;
			parent: string;
		};
		usage_vms: {
			n: Generated<number>;
			id: string;
			vm_id: string;
			role: UsageVm["role"];
			agent: string;
			commit_id: string | null;
			created_at: string;
			created_ms: number;
			destroyed_at: string | null;
			recorded_at: string;
		};
	}
}

export interface UsageSessionTable {
	n: Generated<number>;
	session_id: string;
	agent: string;
	/** Milliseconds since 1970. */
	started_ms: number;
	tokens: number;
	/** Billionths of a dollar, whole: sums of them neither drift nor fail to subtract. */
	nanodollars: number;
	/** The session as JSON, as it was recorded. */
	doc: string;
	/** Empty: none. */
	task: string;
	/** The total by day and model as JSON; null where nobody said. */
	parts: string | null;
	/** 1: read from its file by another than its agent, under a name that may not be its own. */
	found: number;
}

/** A lieutenant that has used more than was told of its session. */
export interface UsageGapTable {
	session_id: string;
	name: string;
	/** When the lieutenant was made, ms since 1970. */
	created_ms: number;
	/** Tokens that are missing. */
	tokens: number;
	/** 1: something was told of its session. */
	seen: number;
}

/** SQL divides towards zero: a time before 1970 belongs to the bucket below. */
const bucket = (ms: string, size: number): string =>
	`(${ms} / ${size} - (case when ${ms} % ${size} < 0 then 1 else 0 end)) * ${size}`;

const filled = (slot: string, ms: string, size: number, key: string, table: string): string =>
	`insert into usage_rollups select '${slot}', ${bucket(ms, size)}, ${key}, count(*), total(tokens), total(nanodollars)
		from ${table} where ${key} <> '' group by 2, 3;`;

/**
 * Fills the rollups from the rows, each counted whole where it began. Part of a published step: what sums are made of
 * later needs a step of its own.
 */
export const FILL = [
	["told", "started_ms", "usage_sessions", "coalesce(json_extract(doc, '$.parentAgent'), '')"],
	["cut", "at_ms", "usage_estimates", "parent"],
]
	.flatMap(([kind = "", ms = "", table = "", parent = ""]) => [
		...[3_600_000, 21_600_000, 86_400_000, 604_800_000].map((size) =>
			filled(`${kind} ${size}`, ms, size, "agent", table),
		),
		...[
			["agent", "agent"],
			["model", "json_extract(doc, '$.model')"],
			["task", "task"],
			["parent", parent],
		].map(([dimension = "", key = ""]) => filled(`${kind} ${dimension}`, ms, 86_400_000, key, table)),
	])
	.join("\n\t");

export const usageSchema = schema("usage", [
	`create table usage_sessions (
		n integer primary key,
		session_id text not null,
		agent text not null,
		started_ms integer not null,
		tokens integer not null,
		nanodollars integer not null,
		doc text not null,
		unique (session_id, agent)
	) strict;
	create index usage_sessions_started on usage_sessions (started_ms);
	create index usage_sessions_agent on usage_sessions (agent, started_ms);
	create table usage_sums (
		size text not null,
		start integer not null,
		agent text not null,
		tokens integer not null,
		nanodollars integer not null,
		sessions integer not null,
		primary key (size, start, agent)
	) strict, without rowid;
	create table usage_vms (
		n integer primary key,
		id text not null,
		vm_id text not null,
		role text not null,
		agent text not null,
		commit_id text,
		created_at text not null,
		created_ms integer not null,
		destroyed_at text,
		recorded_at text not null
	) strict;
	create index usage_vms_vm on usage_vms (vm_id);
	create index usage_vms_created on usage_vms (created_ms);`,
	`create table usage_estimates (
		n integer primary key,
		session_id text not null,
		request text not null,
		agent text not null,
		at_ms integer not null,
		tokens integer not null,
		nanodollars integer not null,
		doc text not null,
		unique (session_id, agent, request)
	) strict;
	create index usage_estimates_at on usage_estimates (at_ms);`,
	`alter table usage_sessions add column task text not null default '';
	alter table usage_sessions add column parts text;
	alter table usage_sessions add column found integer not null default 0;
	alter table usage_estimates add column task text not null default '';
	alter table usage_estimates add column parent text not null default '';
	drop table usage_sums;
	create table usage_rollups (
		slot text not null,
		start integer not null,
		key text not null,
		n real not null,
		tokens real not null,
		nanodollars real not null,
		primary key (slot, start, key)
	) strict, without rowid;
	create table usage_gaps (
		session_id text primary key,
		name text not null,
		created_ms integer not null,
		tokens integer not null,
		seen integer not null
	) strict;
	create index usage_gaps_created on usage_gaps (created_ms);
	insert into usage_gaps select l.id, l.name,
		coalesce(cast(unixepoch(json_extract(l.doc, '$.createdAt'), 'subsec') * 1000 as integer), 0),
		l.tokens - coalesce(told.tokens, 0), told.tokens is not null
		from lieutenants l left join (select session_id, max(tokens) as tokens from usage_sessions group by 1) told
		on told.session_id = l.id where l.tokens > coalesce(told.tokens, 0);
	${FILL}`,
]);
