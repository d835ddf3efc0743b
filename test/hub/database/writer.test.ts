import { DatabaseSync } from "node:sqlite";
import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FeedEvent } from "../../../src/contract/feed.ts";
import { fault } from "../../../src/errors.ts";
import { createDatabase, type Database, openStorage } from "../../../src/hub/database/database.ts";
import { schema } from "../../../src/hub/database/schema.ts";
import type { Tx } from "../../../src/hub/database/tx.ts";
import { createPublisher } from "../../../src/hub/feed/event.ts";
import { feedSchema } from "../../../src/hub/feed/schema.ts";
import { createIds } from "../../../src/hub/ids.ts";
import { logSchema } from "../../../src/hub/log/schema.ts";
import { realWorld } from "../../../src/world/real.ts";
import type { World } from "../../../src/world.ts";
import { makeFolder } from "../../support/folder.ts";

const by = { name: "a", role: "worker" } as const;

function open(world: World = realWorld()) {
	const folder = makeFolder();
	const storage = openStorage(world, folder, [feedSchema, logSchema, schema("limits", [])]);
	const delivered: FeedEvent[] = [];
	const publisher = createPublisher(world, createIds(world, undefined));
	const database = createDatabase({ world, storage, publisher, deliver: (events) => delivered.push(...events) });
	return { database, storage, delivered, folder };
}

const add = async (tx: Tx, text: string): Promise<string> => {
	await tx.insertInto("log").values({ id: text, timestamp: "t", text, agent: null, facts: null }).execute();
	return text;
};

const texts = async (database: Database): Promise<string[]> =>
	(await database.read.selectFrom("log").select("text").orderBy("seq").execute()).map((row) => row.text);

describe("the writer", () => {
	test("answers each caller with its own result, in one commit, in order", async () => {
		const { database, delivered } = open();
		const answers = await Promise.all(
			["a", "b", "c"].map((text) =>
				database.write(async (tx) => {
					await add(tx, text);
					await tx.publish({ type: text, by, summary: "" });
					return text.toUpperCase();
				}),
			),
		);
		expect(answers).toEqual(["A", "B", "C"]);
		expect(await texts(database)).toEqual(["a", "b", "c"]);
		expect(delivered.map((event) => [event.seq, event.type])).toEqual([
			[1, "a"],
			[2, "b"],
			[3, "c"],
		]);
		await database.close();
	});

	test("commits before reads that were asked for earlier, and each change once", async () => {
		const { database } = open();
		const said: string[] = [];
		const told = (name: string) => () => void said.push(name);
		await Promise.all([
			database.together(async () => texts(database)).then(told("read")),
			database.write((tx) => add(tx, "a")).then(told("written")),
		]);
		expect(said).toEqual(["written", "read"]);
		// What the overtaken gathering does with the next change: nothing twice.
		await Promise.all([database.together(() => undefined), database.write((tx) => add(tx, "b"))]);
		await nextTurn();
		await database.write((tx) => add(tx, "c"));
		expect(await texts(database)).toEqual(["a", "b", "c"]);
		await database.close();
	});

	test("serves steady callers with one commit each round, not with two that take turns", async () => {
		// Turns alone decide, however long they take on a busy machine.
		const { clock, ...rest } = realWorld();
		const { database, storage } = open({ ...rest, clock: { ...clock, elapsed: () => 0 } });
		let commits = 0;
		const run = storage.writing.run.bind(storage.writing);
		storage.writing.run = (sql, ...values) => {
			if (sql === "commit") commits++;
			return run(sql, ...values);
		};
		const rounds = 50;
		const steady = async (name: string, late: number): Promise<void> => {
			for (let i = 0; i < late; i++) await nextTurn();
			for (let round = 0; round < rounds; round++) {
				await database.write((tx) => add(tx, `${name} ${round}`));
				// Its answer travels to it, and its next request back.
				for (let i = 0; i < 3; i++) await nextTurn();
			}
		};
		await Promise.all(["a", "b", "c", "d", "e", "f", "g", "h"].map((name, i) => steady(name, i)));
		expect(await texts(database)).toHaveLength(8 * rounds);
		expect(commits).toBeLessThan(1.2 * rounds);
		await database.close();
	});

	test("keeps nothing of a refused mutation, and all of its neighbours in the same commit", async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 150 }), async (good) => {
				const { database, delivered } = open();
				const settled = await Promise.allSettled(
					good.map((isGood, i) =>
						database.write(async (tx) => {
							await add(tx, `${i}`);
							await tx.publish({ type: `${i}`, by, summary: "" });
							if (!isGood) throw fault("conflict", "no");
						}),
					),
				);
				const kept = good.flatMap((isGood, i) => (isGood ? [`${i}`] : []));
				expect(settled.map(({ status }) => status === "fulfilled")).toEqual(good);
				expect(await texts(database)).toEqual(kept);
				expect(delivered.map((event) => event.type)).toEqual(kept);
				await database.close();
			}),
			{ numRuns: 20 },
		);
	});

	test("rolls a handler back that settles never, tells its caller, and serves the others", async () => {
		const { database } = open();
		const stuck = database.write(async (tx) => {
			await add(tx, "stuck");
			await new Promise(() => undefined);
		});
		const after = database.write((tx) => add(tx, "after"));
		await expect(stuck).rejects.toMatchObject({ code: "handler_timeout" });
		expect(await after).toBe("after");
		expect(await texts(database)).toEqual(["after"]);
		await database.close();
	});

	test("lets no statement of a settled handler into a neighbour's savepoint", async () => {
		const { database } = open();
		let late: Promise<unknown> | undefined;
		const refused = database.write((tx) => {
			late = (async () => {
				for (let i = 0; i < 50; i++) await add(tx, `late ${i}`);
			})();
			return Promise.all([late, Promise.reject(fault("conflict", "no"))]);
		});
		const neighbours = Promise.all(["x", "y", "z"].map((text) => database.write((tx) => add(tx, text))));
		await expect(refused).rejects.toMatchObject({ code: "conflict" });
		await expect(late).rejects.toThrow("This mutation is over");
		await neighbours;
		expect(await texts(database)).toEqual(["x", "y", "z"]);
		await database.close();
	});

	test("fails all and keeps none when SQLite ends the transaction, and works again afterwards", async () => {
		const { database, storage } = open();
		storage.writing.script("pragma max_page_count = 40");
		const big = "x".repeat(4_000);
		const settled = await Promise.allSettled(
			Array.from({ length: 64 }, (_, i) => database.write((tx) => add(tx, `${i} ${big}`))),
		);
		expect(settled.some(({ status }) => status === "rejected")).toBe(true);
		for (const one of settled)
			if (one.status === "rejected") expect(one.reason).toMatchObject({ code: "storage_failed" });
		const kept = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
		expect(await texts(database)).toEqual(kept);
		storage.writing.script("pragma max_page_count = 100000");
		await database.write((tx) => add(tx, "again"));
		expect((await texts(database)).at(-1)).toBe("again");
		await database.close();
	});

	test("fails every caller of a commit that fails, and delivers none of its events", async () => {
		const { database, storage, delivered } = open();
		storage.writing.script(`create table parent (id integer primary key);
			create table child (id integer references parent (id) deferrable initially deferred);`);
		const writes = [
			database.write((tx) => tx.publish({ type: "good", by, summary: "" })),
			// Judged only at the commit.
			database.write(async (tx) => tx.gate.connection.run("insert into child values (7)")),
		];
		for (const { status } of await Promise.allSettled(writes)) expect(status).toBe("rejected");
		expect(delivered).toEqual([]);
		expect(await database.read.selectFrom("feed").selectAll().execute()).toEqual([]);
		await database.close();
	});

	test("refuses to stream rows out of SQLite", async () => {
		const { database } = open();
		const reading = async () => {
			for await (const _ of database.read.selectFrom("log").selectAll().stream()) expect.unreachable();
		};
		await expect(reading()).rejects.toThrow("page by page");
		await database.close();
	});

	test("runs what memory keeps only after the commit, and never for a refused mutation", async () => {
		const { database } = open();
		const ran: string[] = [];
		await database.write(async (tx) => tx.after(() => ran.push("kept")));
		await database
			.write(async (tx) => {
				tx.after(() => ran.push("refused"));
				throw fault("conflict", "no");
			})
			.catch(() => undefined);
		expect(ran).toEqual(["kept"]);
		await database.close();
	});

	test("answers what was begun before it closes, and refuses what comes later", async () => {
		const { database, folder } = open();
		const begun = Array.from({ length: 200 }, (_, i) => database.write((tx) => add(tx, `${i}`)));
		const closing = database.close();
		await expect(database.write((tx) => add(tx, "late"))).rejects.toMatchObject({ code: "hub_away" });
		await Promise.all(begun);
		await closing;
		const stored = new DatabaseSync(`${folder}/hub.db`);
		expect(stored.prepare("select count(*) as n from log").get()).toEqual({ n: 200 });
		stored.close();
	});
});

describe("a schema", () => {
	const steps = ["create table one (a integer) strict;", "alter table one add column b integer;"];

	test("gains the steps that it lacks, each once", () => {
		const folder = makeFolder();
		openStorage(realWorld(), folder, [schema("one", steps.slice(0, 1))]).close();
		openStorage(realWorld(), folder, [schema("one", steps)]).close();
		const storage = openStorage(realWorld(), folder, [schema("one", steps)]);
		expect(storage.reading.all("select name from pragma_table_info('one')")).toEqual([{ name: "a" }, { name: "b" }]);
		storage.close();
	});

	test.each([
		["of a service", [schema("one", steps.slice(0, 1))]],
		["of a service that this code does not have", []],
	])("that is newer, %s, is refused and left as it is", (_which, known) => {
		const folder = makeFolder();
		openStorage(realWorld(), folder, [schema("one", steps)]).close();
		expect(() => openStorage(realWorld(), folder, known)).toThrow(expect.objectContaining({ code: "newer_data" }));
		openStorage(realWorld(), folder, [schema("one", steps)]).close();
	});

	test("whose step fails changes nothing", () => {
		const folder = makeFolder();
		expect(() => openStorage(realWorld(), folder, [schema("one", [...steps, "create nonsense"])])).toThrow();
		const storage = openStorage(realWorld(), folder, []);
		expect(storage.reading.all("select name from sqlite_master where name = 'one'")).toEqual([]);
		storage.close();
	});
});
