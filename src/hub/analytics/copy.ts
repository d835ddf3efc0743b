/** Brings the copy up to what the hub's file holds now, in one snapshot of it, page by page. */
import type { DuckDBAppender, DuckDBConnection } from "@duckdb/node-api";
import type { Connection } from "../database/connection.ts";
import { type ColumnType, type Copied, TABLES } from "./tables.ts";

const PAGE = 5_000;

type Value = string | number | null;
type Row = Record<string, Value>;
type Duck = Pick<typeof import("@duckdb/node-api"), "DuckDBTimestampValue">;

/** Resolves to the newest event's number. */
export async function refresh(source: Connection, copy: DuckDBConnection, duck: Duck): Promise<number> {
	source.script("begin");
	try {
		for (const table of TABLES) {
			await make(copy, table);
			await append(source, copy, duck, table);
			if (await agree(source, copy, table)) continue;
			await copy.run(`drop table ${table.name}`);
			await make(copy, table);
			await append(source, copy, duck, table);
		}
		return source.get<{ seq: number }>("select coalesce(max(seq), 0) as seq from feed")?.seq ?? 0;
	} finally {
		source.script("rollback");
	}
}

const stampOf = ({ stamp, key }: Copied): string => stamp ?? key;

async function make(copy: DuckDBConnection, { name, columns }: Copied): Promise<void> {
	const declared = columns.map(([column, type]) => `${column} ${type}`);
	await copy.run(`create table if not exists ${name} (${[...declared, "_key BIGINT", "_stamp BIGINT"].join(", ")})`);
}

async function append(source: Connection, copy: DuckDBConnection, duck: Duck, table: Copied): Promise<void> {
	const { name, columns, from, key } = table;
	const last = await one(copy, `select max(_stamp) from ${name}`);
	const wanted = columns.map(([column, , expression]) => `${expression} as ${column}`);
	const sql = `select * from (select ${[...wanted, `${key} as _key`, `${stampOf(table)} as _stamp`].join(", ")} from ${from})
		where _stamp >= ? and _key > ? order by _key limit ${PAGE}`;
	await copy.run(`create or replace temp table incoming as from ${name} limit 0`);
	for (let after = Number.MIN_SAFE_INTEGER; ; ) {
		const rows = source.all<Row>(sql, last ?? Number.MIN_SAFE_INTEGER, after);
		if (rows.length === 0) return;
		const appender = await copy.createAppender("incoming", null, "temp");
		for (const row of rows) appendRow(appender, duck, table, row);
		appender.closeSync();
		await copy.run(`delete from ${name} where _key in (select _key from incoming)`);
		await copy.run(`insert into ${name} from incoming`);
		await copy.run("delete from incoming");
		after = Number(rows.at(-1)?._key);
		if (rows.length < PAGE) return;
	}
}

const put: Readonly<Record<ColumnType, (to: DuckDBAppender, value: string | number, duck: Duck) => void>> = {
	VARCHAR: (to, value) => to.appendVarchar(String(value)),
	BIGINT: (to, value) => to.appendBigInt(BigInt(Math.round(Number(value)))),
	DOUBLE: (to, value) => to.appendDouble(Number(value)),
	TIMESTAMP: (to, value, { DuckDBTimestampValue }) =>
		to.appendTimestamp(new DuckDBTimestampValue(BigInt(Number(value)) * 1_000n)),
};

function appendRow(to: DuckDBAppender, duck: Duck, { columns }: Copied, row: Row): void {
	const all = [
		...columns.map(([name, type]) => [name, type] as const),
		["_key", "BIGINT"],
		["_stamp", "BIGINT"],
	] as const;
	for (const [name, type] of all) {
		const value = row[name] ?? null;
		if (value === null) to.appendNull();
		else put[type](to, value, duck);
	}
	to.endRow();
}

/** The same rows, as far as numbers can tell. */
async function agree(source: Connection, copy: DuckDBConnection, table: Copied): Promise<boolean> {
	const { name, from, key } = table;
	const here = source.get<{ n: number; keys: number; stamps: number }>(
		`select count(*) as n, total(${key}) as keys, total(${stampOf(table)}) as stamps from ${from}`,
	);
	const there = await Promise.all(
		["count(*)", "sum(_key::double)", "sum(_stamp::double)"].map((sum) => one(copy, `select ${sum} from ${name}`)),
	);
	return [here?.n, here?.keys, here?.stamps].every((value, index) => value === (there[index] ?? 0));
}

async function one(copy: DuckDBConnection, sql: string): Promise<number | undefined> {
	const value = (await copy.runAndReadAll(sql)).getRows()[0]?.[0] ?? undefined;
	return value === undefined ? undefined : Number(value);
}
