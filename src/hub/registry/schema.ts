import type { Generated } from "kysely";
import type { Vm } from "../../contract/registry.ts";
import { schema } from "../database/schema.ts";

declare module "../database/tables.ts" {
	interface Tables {
		vms: VmTable;
	}
}

export interface VmTable {
	/** Order of registration. */
	n: Generated<number>;
	id: string;
	name: string;
	role: Vm["role"];
	status: Vm["status"];
	address: string;
	/** JSON text, as `metadata`. */
	services: string | null;
	metadata: string | null;
	registered_by: string;
	registered_at: string;
	/** Milliseconds since 1970. */
	last_seen: number;
}

export const registrySchema = schema("registry", [
	`create table vms (
		n integer primary key,
		id text not null unique,
		name text not null,
		role text not null,
		status text not null,
		address text not null,
		services text,
		metadata text,
		registered_by text not null,
		registered_at text not null,
		last_seen integer not null
	) strict;`,
]);
