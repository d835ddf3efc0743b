import type { Generated } from "kysely";
import type { UsageVm } from "../../contract/usage.ts";
import { schema } from "../database/schema.ts";

declare module "../database/tables.ts" {
	interface Tables {
		usage_sessions: UsageSessionTable;
		usage_sums: {
			size: "hour" | "day";
			start: number;
			agent: string;
			tokens: number;
			nanodollars: number;
			sessions: number;
		};
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
}

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
]);
