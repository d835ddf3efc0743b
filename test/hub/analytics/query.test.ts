/** Real DuckDB in a process of its own, asked over HTTP. Where it is not installed these tests are skipped. */
import { existsSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, describe, expect, test } from "vitest";
import { answered } from "../../../src/hub/analytics/handlers.ts";
import { work } from "../../../src/hub/analytics/work.ts";
import { realWorld } from "../../../src/world/real.ts";
import { makeFolder } from "../../support/folder.ts";
import { testHub } from "../support.ts";

const duck = await import("@duckdb/node-api").catch(() => undefined);
// Where a process of the hub's keeps the code that it has stripped: the next one starts sooner.
process.env.FLAGSHIP_HOME = makeFolder();
if (duck === undefined) console.warn("DuckDB is not installed here: SQL over the records is not tested.");

const NOW = "2026-03-10T12:00:00.000Z";
const five = (total: number) => ({ input: total, output: 0, cacheRead: 0, cacheWrite: 0, total });
const session = (id: string, tokens: number) => ({
	...{
		sessionId: id,
		agent: "ada",
		model: "p/m",
		tokens: five(tokens),
		cost: five(tokens / 1_000),
		turns: 1,
		task: "T1",
	},
	...{ startedAt: NOW, endedAt: NOW },
});

describe.skipIf(duck === undefined)("SQL over the records", { timeout: 120_000 }, () => {
	const fresh = async () => {
		const hub = await testHub();
		const rows = async (sql: string, limit?: number) =>
			(await hub.done("POST", "/usage/query", { sql, ...(limit === undefined ? {} : { limit }) })).rows;
		return { ...hub, rows };
	};

	const folder = makeFolder();
	const file = join(folder, "hub.db");
	const job = async (sql: string, limits: { within?: number; memory?: number }) => {
		if (duck === undefined) throw new Error("there is no DuckDB");
		if (!existsSync(file)) await (await testHub({ folder })).hub.close();
		const whole = { file, copy: join(folder, "a.duckdb"), sql, rows: 10, memory: 64, within: 60_000, ...limits };
		return work(realWorld(), whole, async () => duck);
	};

	test("answers from what is there now: also what was changed, added and taken away since the last query", async () => {
		const { rows, ...hub } = await fresh();
		for (const n of [1, 2, 3]) await hub.done("POST", "/usage/sessions", session(`s${n}`, n * 100));
		const { id } = await hub.done("POST", "/board/tasks", { title: "Ask in SQL", createdBy: "ada" });
		await hub.done("POST", "/log", { text: "did it", agent: "ada" });
		expect(await rows("select agent, sum(tokens), round(sum(cost_usd), 2) from sessions group by 1")).toEqual([
			["ada", "600", 0.6],
		]);
		expect(
			await rows("select t.title, t.status, s.session from tasks t, sessions s where s.task = 'T1' order by 3 limit 1"),
		).toEqual([["Ask in SQL", "open", "s1"]]);
		await hub.done("POST", "/usage/sessions", session("s2", 900));
		await hub.done("PATCH", `/board/tasks/${id}`, { status: "in_progress" });
		expect(await rows("with a as (select * from sessions) select sum(tokens), any_value(started_at) from a")).toEqual([
			["1300", "2026-03-10 12:00:00"],
		]);
		expect(await rows("select status from tasks")).toEqual([["in_progress"]]);
		await hub.done("DELETE", `/board/tasks/${id}`);
		expect(await rows("select (select count(*) from tasks), (select text from log)")).toEqual([["0", "did it"]]);
		const { seq } = (await hub.done("GET", "/feed/events?limit=1"))[0];
		const last = await hub.done("POST", "/usage/query", { sql: "select max(seq), count(*) from events" });
		expect(last).toMatchObject({ rows: [[String(seq), String(seq)]], seq, columns: ["max(seq)", "count_star()"] });
		expect(statSync(join(hub.folder, "analytics.duckdb")).mode & 0o077).toBe(0);
		// A copy that cannot be read is made anew.
		writeFileSync(join(hub.folder, "analytics.duckdb"), "not a database");
		expect(await rows("select count(*) from sessions")).toEqual([["3"]]);
	});

	test("gives no more rows than asked for, and says so", async () => {
		const { done } = await fresh();
		const sql = "select * from range(100000)";
		expect(await done("POST", "/usage/query", { sql, limit: 3 })).toMatchObject({
			...{ rows: [["0"], ["1"], ["2"]], count: 3, truncated: true },
		});
		const long = await done("POST", "/usage/query", { sql: "select repeat('x', 90000) from range(9)" });
		expect(long).toMatchObject({ count: 2, truncated: true });
	});

	test("reads no file, reaches no network, changes nothing and loads nothing", async () => {
		const { ask } = await fresh();
		let reached = 0;
		const server = createServer((_request, response) => {
			reached += 1;
			response.end("a\n1\n");
		});
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		afterAll(() => server.close());
		const { port } = server.address() as { port: number };
		const out = join(folder, "out");
		const secret = join(folder, "secret.csv");
		writeFileSync(secret, "a\nsecret\n");
		for (const sql of [
			`select * from read_csv('${secret}')`,
			`select * from '${secret}'`,
			`select content from read_text('${secret}')`,
			`select * from glob('${folder}/*')`,
			`select * from read_csv('http://127.0.0.1:${port}/x.csv')`,
			`select * from sqlite_scan('${folder}/hub.db', 'tokens')`,
			"select * from query('drop table log')",
			`attach '${folder}/hub.db' as hub`,
			`copy log to '${out}'`,
			`export database '${out}'`,
			"install httpfs",
			"load httpfs",
			"set memory_limit = '9GB'",
			"set enable_external_access = true",
			"reset memory_limit",
			"pragma database_size",
			"call pragma_version()",
			"create table x (a int)",
			"delete from log",
			"insert into log (text) values ('x')",
			"select 1; delete from log",
			"explain select 1",
			"prepare p as select 1",
			"checkpoint",
			"selec 1",
			";",
		]) {
			const found = await job(sql, {});
			expect([sql, found.type]).toEqual([sql, "refused"]);
			expect(JSON.stringify(found)).not.toContain("a\\nsecret");
		}
		const { status, body } = await ask("POST", "/usage/query", { sql: `attach '${folder}/hub.db' as hub` });
		expect([status, body.code, body.error]).toEqual([400, "query_refused", expect.stringContaining("only a SELECT")]);
		expect(reached).toBe(0);
		expect(existsSync(out)).toBe(false);
		const settings =
			"select value from duckdb_settings() where name in ('lock_configuration', 'enable_external_access')";
		expect(await job(`${settings} order by name`, {})).toMatchObject({ rows: [["false"], ["true"]] });
	});

	test("is for admin and orchestrator: it costs a process", async () => {
		const { ask, mint } = await fresh();
		for (const role of ["lieutenant", "worker", "viewer"] as const) {
			const token = await mint(role, role);
			expect((await ask("POST", "/usage/query", { sql: "select 1" }, { token })).status).toBe(403);
		}
		const token = await mint("orchestrator", "captain");
		expect((await ask("POST", "/usage/query", { sql: "select 1" }, { token })).body.rows).toEqual([[1]]);
	});

	test("a join without end is cut off by its time", async () => {
		const endless = "select sum(a.range * b.range) from range(10000000) a, range(10000000) b";
		expect(await job(endless, { within: 300 })).toEqual({ type: "cut", limit: "time" });
	});

	test("one that gathers without end is cut off by its memory, and writes nothing to the disk", async () => {
		const gathering = "select list(a.range || '-' || b.range) from range(10000) a, range(10000) b";
		expect(await job(gathering, {})).toEqual({ type: "cut", limit: "memory" });
		expect(existsSync(join(folder, "a.duckdb.tmp"))).toBe(false);
	});

	test("rows that went while the clock was set back are gone from the copy, too", async () => {
		const { hub, done } = await testHub({ folder });
		for (const n of [1, 2]) await done("POST", "/usage/sessions", session(`s${n}`, 10));
		await hub.close();
		expect(await job("select sum(tokens)::int from sessions", {})).toMatchObject({ rows: [[20]] });
		const db = new DatabaseSync(file);
		db.exec(
			`update usage_sessions set tokens = 7, doc = json_set(doc, '$.recordedAt', '2020-01-01T00:00:00Z') where n = 1`,
		);
		db.close();
		expect(await job("select sum(tokens)::int from sessions", {})).toMatchObject({ rows: [[17]] });
	});
});

test("without DuckDB it is said what to install, and what answers without it", async () => {
	const missing = Object.assign(new Error("Cannot find package '@duckdb/node-api'"), { code: "ERR_MODULE_NOT_FOUND" });
	const job = { file: "/nowhere", copy: "/nowhere", sql: "select 1", rows: 1, memory: 1, within: 1 };
	const found = await work(realWorld(), job, () => Promise.reject(missing));
	expect(found).toEqual({ type: "absent" });
	expect(() => answered(found)).toThrow("needs DuckDB, which is not installed here");
});
