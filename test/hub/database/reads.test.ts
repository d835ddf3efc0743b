import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { Connection } from "../../../src/hub/database/connection.ts";
import { createReads, type Reads } from "../../../src/hub/database/reads.ts";
import { clock as real } from "../../../src/world/clock.ts";
import type { Clock } from "../../../src/world.ts";

interface Stage {
	readonly reads: Reads;
	readonly connection: Connection;
	/** Ends the turn of the loop: runs what waits for `soon`, and lets promises settle. */
	turn(): Promise<void>;
	/** The clock goes on. */
	pass(ms: number): void;
}

function stage(first: () => Promise<void> = () => Promise.resolve()): Stage {
	const connection = new Connection(new DatabaseSync(":memory:"));
	connection.script("create table t (n integer); insert into t values (1);");
	let elapsed = 0;
	let waiting: (() => void)[] = [];
	const clock: Clock = { ...real, elapsed: () => elapsed, soon: (run) => void waiting.push(run) };
	return {
		reads: createReads({ world: { clock }, connection, first }),
		connection,
		async turn() {
			const now = waiting;
			waiting = [];
			for (const run of now) run();
			await new Promise(setImmediate);
		},
		pass: (ms) => {
			elapsed += ms;
		},
	};
}

test("those of one turn run on one snapshot, and nobody is answered before the last of them ran", async () => {
	const { reads, connection, turn } = stage();
	const said: string[] = [];
	const ask = (name: string) =>
		reads(() => {
			said.push(`${name} reads, ${connection.inTransaction ? "together" : "alone"}`);
			return name;
		}).then((answered) => said.push(`${answered} is answered`));
	void ask("one");
	void ask("two");
	await turn();
	expect(said).toEqual(["one reads, together", "two reads, together", "one is answered", "two is answered"]);
	expect(connection.inTransaction).toBe(false);
	void ask("three");
	await turn();
	expect(said.slice(4)).toEqual(["three reads, alone", "three is answered"]);
});

test("long ones do not hold up what else waits for a turn: the rest is read in the next", async () => {
	const { reads, turn, pass } = stage();
	const answered: number[] = [];
	for (const n of [1, 2, 3, 4, 5]) {
		void reads(() => {
			pass(0.5);
			return n;
		}).then((n) => answered.push(n));
	}
	await turn();
	expect(answered).toEqual([1, 2]);
	await turn();
	expect(answered).toEqual([1, 2, 3, 4]);
	await turn();
	expect(answered).toEqual([1, 2, 3, 4, 5]);
});

test("what a read does after its first await counts, too: of long ones only one runs in a turn", async () => {
	const { reads, turn, pass } = stage();
	const answered: number[] = [];
	for (const n of [1, 2, 3]) {
		void reads(async () => {
			await Promise.resolve();
			pass(5);
			return n;
		}).then((n) => answered.push(n));
	}
	await turn();
	expect(answered).toEqual([1]);
	await turn();
	await turn();
	expect(answered).toEqual([1, 2, 3]);
});

test("one that waits for more than the database holds up nobody", async () => {
	const { reads, turn } = stage();
	const { promise, resolve } = Promise.withResolvers<string>();
	const answered: string[] = [];
	for (const one of [() => promise, () => "other"]) void reads(one).then((text) => answered.push(text));
	for (let n = 0; n < 3; n++) await turn();
	expect(answered).toEqual(["other"]);
	resolve("late");
	await turn();
	expect(answered).toEqual(["other", "late"]);
});

test("one that fails fails alone, at once or later", async () => {
	const { reads, connection, turn } = stage();
	const answers = Promise.allSettled([
		reads(() => {
			throw new Error("at once");
		}),
		reads(() => Promise.reject(new Error("later"))),
		reads(() => connection.get("select n from t")),
	]);
	await turn();
	expect(await answers).toMatchObject([
		{ status: "rejected", reason: { message: "at once" } },
		{ status: "rejected", reason: { message: "later" } },
		{ status: "fulfilled", value: { n: 1 } },
	]);
});

test("a transaction that SQLite ended by itself is no failure of those that come after", async () => {
	const { reads, connection, turn } = stage();
	const answers = Promise.all([
		reads(() => connection.run("rollback") && "ended"),
		reads(() => connection.get("select n from t")),
	]);
	await turn();
	expect((await answers)[1]).toEqual({ n: 1 });
	const again = Promise.all([reads(() => 1), reads(() => 2)]);
	await turn();
	expect(await again).toEqual([1, 2]);
});

test("each turn's reads come after what goes first", async () => {
	const said: string[] = [];
	const { reads, turn, pass } = stage(async () => {
		await Promise.resolve();
		said.push("first");
	});
	for (const n of [1, 2]) {
		void reads(() => {
			pass(5);
			said.push(`read ${n}`);
		});
	}
	await turn();
	await turn();
	expect(said).toEqual(["first", "read 1", "first", "read 2"]);
});
