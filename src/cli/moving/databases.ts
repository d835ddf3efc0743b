/** The two databases of the old server, written anew. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Selectable } from "kysely";
import type { UsageSession } from "../../contract/usage.ts";
import type { Tables } from "../../hub/database/tables.ts";
import { LINKS_FILE, USAGE_FILE } from "./files.ts";
import { HASHED } from "./links.ts";
import type { Snapshot } from "./snapshot.ts";

type Row<T extends keyof Tables> = Selectable<Tables[T]>;
type Duck = typeof import("@duckdb/node-api");

const LINKS = `create table share_links (linkId text primary key, reportId text not null, createdAt text not null,
		createdBy text not null, expiresAt text, label text, revoked integer default 0);
	create index idx_share_links_reportId on share_links (reportId);
	create table share_access_log (id text primary key, linkId text not null, reportId text not null,
		timestamp text not null, ip text, userAgent text, referrer text);
	create index idx_access_log_linkId on share_access_log (linkId);
	create table flagship_links (hash text primary key, name text not null);`;

/** The hub does not know the addresses of its links: what it has, their hashes, opens nothing. */
export function writeLinks(folder: string, hub: Snapshot): { readonly links: number; readonly accesses: number } {
	const database = new DatabaseSync(join(folder, LINKS_FILE));
	try {
		database.exec(`begin; ${LINKS}`);
		const link = database.prepare("insert into share_links values (?, ?, ?, ?, ?, ?, ?)");
		const name = database.prepare("insert into flagship_links values (?, ?)");
		const access = database.prepare("insert into share_access_log values (?, ?, ?, ?, ?, ?, ?)");
		const known = new Map<number, { readonly linkId: string; readonly report: string }>();
		for (const row of hub.rows<Row<"share_links">>("share_links")) {
			const linkId = HASHED + row.hash;
			known.set(row.n, { linkId, report: row.report });
			link.run(linkId, row.report, row.created_at, row.created_by, row.expires_at, row.label, row.revoked);
			name.run(row.hash, row.id);
		}
		let accesses = 0;
		for (const { id, link: of, timestamp, ip, user_agent, referrer } of hub.rows<Row<"share_accesses">>(
			"share_accesses",
		)) {
			const read = known.get(of);
			if (read === undefined) continue;
			access.run(id, read.linkId, read.report, timestamp, ip, user_agent, referrer);
			accesses++;
		}
		database.exec("commit");
		return { links: known.size, accesses };
	} finally {
		database.close();
	}
}

const five = (name: string, type: string): string =>
	["input", "output", "cache_read", "cache_write", "total"]
		.map((part) => `${name}_${part} ${type} not null`)
		.join(", ");
const TABLES = `create table sessions (id varchar primary key, session_id varchar not null, agent varchar not null,
		parent_agent varchar, model varchar not null, ${five("tokens", "integer")}, ${five("cost", "double")},
		turns integer not null, tool_calls json not null, started_at timestamp not null, ended_at timestamp not null,
		recorded_at timestamp not null);
	create table vm_records (id varchar primary key, vm_id varchar not null, role varchar not null, agent varchar not null,
		commit_id varchar, created_at timestamp not null, destroyed_at timestamp, recorded_at timestamp not null);`;

/** What the old server's columns hold. */
const INTEGER_MAX = 2_147_483_647;

export interface UsageWritten {
	readonly sessions: number;
	readonly machines: number;
	/** Sessions with more tokens than the old format has bits for. */
	readonly tooLarge: number;
}

export async function writeUsage(folder: string, hub: Snapshot, duck: Duck): Promise<UsageWritten> {
	const instance = await duck.DuckDBInstance.create(join(folder, USAGE_FILE), { threads: "1" });
	try {
		const connection = await instance.connect();
		await connection.run(TABLES);
		const time = (text: string) => new duck.DuckDBTimestampValue(BigInt(Date.parse(text)) * 1_000n);
		let [sessions, machines, tooLarge] = [0, 0, 0];
		const told = await connection.createAppender("sessions");
		for (const { doc } of hub.rows<Row<"usage_sessions">>("usage_sessions")) {
			const session: UsageSession = JSON.parse(doc);
			const { tokens, cost } = session;
			const counts = [tokens.input, tokens.output, tokens.cacheRead, tokens.cacheWrite, tokens.total].map(Math.round);
			if ([...counts, session.turns].some((count) => count > INTEGER_MAX)) {
				tooLarge++;
				continue;
			}
			for (const text of [session.id, session.sessionId, session.agent]) told.appendVarchar(text);
			if (session.parentAgent === null) told.appendNull();
			else told.appendVarchar(session.parentAgent);
			told.appendVarchar(session.model);
			for (const count of counts) told.appendInteger(count);
			for (const one of [cost.input, cost.output, cost.cacheRead, cost.cacheWrite, cost.total]) told.appendDouble(one);
			told.appendInteger(Math.round(session.turns));
			told.appendVarchar(JSON.stringify(session.toolCalls));
			for (const moment of [session.startedAt, session.endedAt, session.recordedAt]) told.appendTimestamp(time(moment));
			told.endRow();
			sessions++;
		}
		told.closeSync();
		const used = await connection.createAppender("vm_records");
		for (const row of hub.rows<Row<"usage_vms">>("usage_vms")) {
			for (const text of [row.id, row.vm_id, row.role, row.agent]) used.appendVarchar(text);
			if (row.commit_id === null) used.appendNull();
			else used.appendVarchar(row.commit_id);
			used.appendTimestamp(time(row.created_at));
			if (row.destroyed_at === null) used.appendNull();
			else used.appendTimestamp(time(row.destroyed_at));
			used.appendTimestamp(time(row.recorded_at));
			used.endRow();
			machines++;
		}
		used.closeSync();
		await connection.run("checkpoint");
		return { sessions, machines, tooLarge };
	} finally {
		instance.closeSync();
	}
}
