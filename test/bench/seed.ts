/** A hub's data folder as it is after years of use, written straight into its tables. */
import type { SQLInputValue } from "node:sqlite";
import type { Connection } from "../../src/hub/database/connection.ts";
import { openStorage } from "../../src/hub/database/database.ts";
import { loadModules } from "../../src/hub/modules.ts";
import { FILL } from "../../src/hub/usage/schema.ts";
import { realWorld } from "../../src/world/real.ts";

export interface Amount {
	readonly tasks: number;
	/** Half of them say that a task was made, half that an entry was written; the entries are there, too. */
	readonly events: number;
	readonly sessions: number;
}

const DAY = 86_400_000;
const SPAN = 60 * DAY;
const AGENTS = 40;

const idOf = (kind: string, n: number): string => `01B${kind}${String(n).padStart(22, "0")}`;
const agentOf = (n: number): string => `agent-${n % AGENTS}`;

/** Writes `count` rows of a table; `row` gives column and value. */
function fill(db: Connection, table: string, count: number, row: (n: number) => Record<string, SQLInputValue>): void {
	if (count === 0) return;
	const columns = Object.keys(row(0));
	const sql = `insert into ${table} (${columns.join(", ")}) values (${columns.map(() => "?").join(", ")})`;
	for (let n = 0; n < count; n++) db.run(sql, ...Object.values(row(n)));
}

export async function seed(folder: string, { tasks, events, sessions }: Amount): Promise<void> {
	const world = realWorld();
	const storage = openStorage(world, folder, (await loadModules(world)).schemas);
	const db = storage.writing;
	const now = Date.now();
	const when = (n: number, of: number): number => now - SPAN + Math.floor((SPAN * n) / of);
	const iso = (n: number, of: number): string => new Date(when(n, of)).toISOString();
	db.run("begin immediate");
	fill(db, "tasks", tasks, (n) => ({
		...{ id: idOf("T", n), title: `Task ${n}: something that somebody has to do`, description: "d".repeat(80) },
		...{ status: n % 5 === 0 ? "open" : "done", assignee: agentOf(n), tags: "[]", dependencies: "[]" },
		...{ created_by: agentOf(n + 1), created_at: iso(n, tasks), updated_at: iso(n, tasks), score: n % 7 },
	}));
	fill(db, "log", events / 2, (n) => ({
		...{ id: idOf("L", n), timestamp: iso(n, events / 2), text: `Did thing ${n}, as was asked.`, agent: agentOf(n) },
	}));
	fill(db, "feed", events, (n) => ({
		...{ id: idOf("F", n), timestamp: iso(n, events), agent: agentOf(n), summary: `What happened, number ${n}` },
		...{ type: n % 2 === 0 ? "task_created" : "log_appended", detail: JSON.stringify({ n }) },
	}));
	fillUsage(db, sessions, (n) => when(n, sessions));
	db.run("commit");
	storage.close();
}

const TOKENS = { input: 9_000, output: 900, cacheRead: 90, cacheWrite: 10, total: 10_000 };
const COST = { input: 0.02, output: 0.01, cacheRead: 0, cacheWrite: 0, total: 0.03 };

function fillUsage(db: Connection, sessions: number, when: (n: number) => number): void {
	fill(db, "usage_sessions", sessions, (n) => {
		const startedAt = new Date(when(n)).toISOString();
		const doc = {
			...{ id: idOf("U", n), sessionId: idOf("S", n), agent: agentOf(n), parentAgent: null, model: "fake/fake" },
			...{ tokens: TOKENS, cost: COST, turns: 4, toolCalls: { bash: 3, log_append: 1 } },
			...{ startedAt, endedAt: startedAt, recordedAt: startedAt },
		};
		return {
			...{ session_id: doc.sessionId, agent: doc.agent, started_ms: when(n), tokens: TOKENS.total },
			...{ nanodollars: COST.total * 1e9, doc: JSON.stringify(doc) },
		};
	});
	for (const sums of FILL.split(";").filter((sql) => sql.trim() !== "")) db.run(sums);
}
