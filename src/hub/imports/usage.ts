/**
 * Sessions and machines. The old server recorded a session at each end of a run, with what that run had used: each such
 * record counts by itself, while the hub's own records say again and again what the whole session has used. A record that
 * was brought therefore stands under a name that no session has.
 */
import type { UsageSession } from "../../contract/usage.ts";
import type { Connection } from "../database/connection.ts";
import { NANO } from "../usage/numbers.ts";
import { change } from "../usage/rollups.ts";
import { exists, type Keepers } from "./keep.ts";

const SESSION = `insert into usage_sessions (session_id, agent, started_ms, tokens, nanodollars, doc, task, parts, found)
	values (?, ?, ?, ?, ?, ?, '', null, 0)`;
const MACHINE = `insert into usage_vms (id, vm_id, role, agent, commit_id, created_at, created_ms, destroyed_at, recorded_at)
	values (?, ?, ?, ?, ?, ?, ?, ?, ?)`;

const MARK = "#import:";
/** Sorts behind every id that follows the mark. */
const END = "#import;";

const nameOf = (sessionId: string, id: string): string => `${sessionId}${MARK}${id}`;

/** The newest record of this session that an older server made; undefined for none. */
export function broughtOf(db: Connection, sessionId: string): UsageSession | undefined {
	const sql =
		"select doc from usage_sessions where session_id >= ? and session_id < ? order by started_ms desc limit 1";
	const row = db.get<{ doc: string }>(sql, sessionId + MARK, sessionId + END);
	return row === undefined ? undefined : JSON.parse(row.doc);
}

export const usageKeepers: Keepers<"session" | "machine"> = {
	session: {
		key: ({ id }) => id,
		has(db, { id, sessionId, agent }) {
			const sql = `select 1 from usage_sessions where session_id in (?, ?) and agent = ? and json_extract(doc, '$.id') = ?`;
			return exists(db, sql, sessionId, nameOf(sessionId, id), agent, id);
		},
		add({ db, tx }, session) {
			const { id, sessionId, agent, parentAgent, model, startedAt, tokens, cost } = session;
			const at = Date.parse(startedAt);
			const amount = { tokens: Math.round(tokens.total), nanodollars: Math.round(cost.total * NANO) };
			const counted = { ...amount, kind: "told", agent, model, task: "", parent: parentAgent ?? "", at, n: 1 } as const;
			change(tx.gate, undefined, { ...counted, parts: [] });
			const doc = JSON.stringify(session);
			db.run(SESSION, nameOf(sessionId, id), agent, at, amount.tokens, amount.nanodollars, doc);
		},
	},
	machine: {
		key: ({ id }) => id,
		has: (db, { id, vmId }) => exists(db, "select 1 from usage_vms where vm_id = ? and id = ?", vmId, id),
		add({ db }, { id, vmId, role, agent, commitId = null, createdAt, destroyedAt = null, recordedAt }) {
			db.run(MACHINE, id, vmId, role, agent, commitId, createdAt, Date.parse(createdAt), destroyedAt, recordedAt);
		},
	},
};
