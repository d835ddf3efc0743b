import type { Generated } from "kysely";
import { schema } from "../database/schema.ts";

declare module "../database/tables.ts" {
	interface Tables {
		skills: SkillTable;
		skill_versions: SkillVersionTable;
		skill_agents: SkillAgentTable;
	}
}

/** Skills, and code extensions, which are kept in the same way. */
export type Kind = "skill" | "extension";

/** How one stands now. A withdrawn one keeps its row, so that its versions never begin again. */
export interface SkillTable {
	n: Generated<number>;
	kind: Kind;
	name: string;
	id: string;
	/** The newest. */
	version: number;
	description: string;
	/** JSON list. */
	tags: string;
	enabled: 0 | 1;
	withdrawn: 0 | 1;
	published_at: string;
	updated_at: string;
}

export interface SkillVersionTable {
	kind: Kind;
	name: string;
	version: number;
	description: string;
	content: string;
	/** SHA-256 of the content as UTF-8, hex. */
	hash: string;
	/** Of the content as UTF-8. */
	bytes: number;
	published_by: string;
	published_at: string;
}

/** What machines and agents have said that they have. */
export interface SkillAgentTable {
	/** Order of the last words. */
	n: number;
	agent: string;
	vm: string | null;
	/** JSON lists. */
	skills: string;
	extensions: string;
	last_sync: string;
}

export const skillSchema = schema("skills", [
	`create table skills (
		n integer primary key,
		kind text not null,
		name text not null,
		id text not null unique,
		version integer not null,
		description text not null,
		tags text not null,
		enabled integer not null,
		withdrawn integer not null,
		published_at text not null,
		updated_at text not null,
		unique (kind, name)
	) strict;
	create table skill_versions (
		kind text not null,
		name text not null,
		version integer not null,
		description text not null,
		content text not null,
		hash text not null,
		bytes integer not null,
		published_by text not null,
		published_at text not null,
		primary key (kind, name, version)
	) strict;
	create table skill_agents (
		n integer primary key,
		agent text not null unique,
		vm text,
		skills text not null,
		extensions text not null,
		last_sync text not null
	) strict;`,
]);
