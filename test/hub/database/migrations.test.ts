/** Data of every version of the tables that was ever published, opened by today's hub; and a hub killed while it does so. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { openStorage } from "../../../src/hub/database/database.ts";
import type { Schema } from "../../../src/hub/database/schema.ts";
import { loadModules } from "../../../src/hub/modules.ts";
import { realWorld } from "../../../src/world/real.ts";
import { makeFolder } from "../../support/folder.ts";

const world = realWorld();
const { schemas } = await loadModules(world);
const ROWS = 3;
/** Sums of other rows, which are made anew as rollups. */
const REPLACED = ["usage_sums"];

/** Every service as it was with so many steps, beside all others as they are. Of hosts there was always the first. */
const versions = schemas
	.flatMap(({ service, steps }) => steps.map((_step, count) => ({ service, count })))
	.filter(({ service, count }) => service !== "hosts" || count > 0);

const cutTo = (service: string, count: number): readonly Schema[] =>
	schemas
		.map((schema) => (schema.service === service ? { ...schema, steps: schema.steps.slice(0, count) } : schema))
		.filter(({ steps }) => steps.length > 0);

interface Column {
	readonly name: string;
	readonly type: string;
	readonly hidden: number;
}

/** Tables with rows of their own: not those that a full-text index keeps for itself. */
function tablesOf(file: DatabaseSync): Map<string, readonly string[]> {
	const sql = `select name from pragma_table_list where schema = 'main' and type = 'table'
		and name not like 'sqlite_%' and name <> 'schema_versions'`;
	const names = file.prepare(sql).all() as { name: string }[];
	const columns = file.prepare("select name, type, hidden from pragma_table_xinfo(?)");
	return new Map(
		names.map(({ name }) => [
			name,
			(columns.all(name) as unknown as Column[])
				.filter(({ hidden }) => hidden === 0)
				.map((column) => `${column.name} ${column.type}`),
		]),
	);
}

/** A few rows in every table. Numbers as text are JSON, too, for columns that hold it. */
function fill(folder: string): void {
	const file = new DatabaseSync(`${folder}/hub.db`, { enableForeignKeyConstraints: false });
	for (const [table, columns] of tablesOf(file)) {
		const values = columns.map((column) => (column.endsWith("TEXT") ? "cast(?1 as text)" : "?1"));
		const insert = file.prepare(`insert or ignore into "${table}" values (${values.join(", ")})`);
		for (let n = 1; n <= ROWS; n++) insert.run(n);
	}
	file.close();
}

type Content = Readonly<Record<string, readonly Record<string, unknown>[]>>;

/** All rows, of these columns only. */
function contentOf(folder: string, tables: ReadonlyMap<string, readonly string[]>): Content {
	const file = new DatabaseSync(`${folder}/hub.db`, { readOnly: true });
	const content: Record<string, Record<string, unknown>[]> = {};
	for (const [table, columns] of tables) {
		const names = columns.map((column) => `"${column.split(" ")[0]}"`).join(", ");
		content[table] = file.prepare(`select ${names} from "${table}" order by 1`).all() as Record<string, unknown>[];
	}
	file.close();
	return content;
}

function layoutOf(folder: string): Map<string, readonly string[]> {
	const file = new DatabaseSync(`${folder}/hub.db`, { readOnly: true });
	const tables = tablesOf(file);
	file.close();
	return tables;
}

const newest = makeFolder();
openStorage(world, newest, schemas).close();
const target = layoutOf(newest);

test.each(versions)("of $service with $count steps, every row is there in the newest tables", ({ service, count }) => {
	const folder = makeFolder();
	openStorage(world, folder, cutTo(service, count)).close();
	fill(folder);
	const before = layoutOf(folder);
	for (const table of REPLACED) before.delete(table);
	const rows = contentOf(folder, before);
	expect(Object.values(rows).flat().length).toBeGreaterThan(100);
	openStorage(world, folder, schemas).close();
	expect(layoutOf(folder)).toEqual(target);
	expect(contentOf(folder, before)).toEqual(rows);
});

/** Opens the folder in a process of its own, which is killed when so many steps have run. */
async function killedAfter(folder: string, steps: number): Promise<void> {
	const src = new URL("../../../src/", import.meta.url).href;
	const program = `
		const [{ openStorage }, { loadModules }, { realWorld }] = await Promise.all(
			["hub/database/database.ts", "hub/modules.ts", "world/real.ts"].map((file) => import(${JSON.stringify(src)} + file)),
		);
		const [folder, count] = process.argv.slice(1);
		const world = realWorld();
		const { schemas } = await loadModules(world);
		const all = new Set(schemas.flatMap(({ steps }) => steps));
		let left = Number(count);
		const database = (file) => {
			const opened = world.files.database(file);
			const exec = opened.exec.bind(opened);
			opened.exec = (sql) => {
				exec(sql);
				if (all.has(sql) && --left === 0) process.kill(process.pid, "SIGKILL");
			};
			return opened;
		};
		openStorage({ files: { ...world.files, database } }, folder, schemas);`;
	const args = ["--no-warnings", "--input-type=module", "-e", program, folder, String(steps)];
	const child = spawn(process.execPath, args, { stdio: "inherit" });
	const [, signal] = await once(child, "exit");
	expect(signal).toBe("SIGKILL");
}

test("a hub that is killed between two steps leaves the file as it was; the next one brings it up", async () => {
	const folder = makeFolder();
	openStorage(world, folder, cutTo("board", 1)).close();
	fill(folder);
	const before = layoutOf(folder);
	const rows = contentOf(folder, before);
	const board = schemas.find(({ service }) => service === "board");
	for (let steps = 1; steps < (board?.steps.length ?? 0); steps++) {
		await killedAfter(folder, steps);
		expect(layoutOf(folder)).toEqual(before);
		expect(contentOf(folder, before)).toEqual(rows);
	}
	openStorage(world, folder, schemas).close();
	expect(layoutOf(folder)).toEqual(target);
	expect(contentOf(folder, before)).toEqual(rows);
});
