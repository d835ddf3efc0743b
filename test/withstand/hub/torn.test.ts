/** The write-ahead log of a killed hub, torn or garbled at places of chance: what is before the tear is there, whole. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readWal } from "../../../src/hub/database/wal.ts";
import { runHub } from "../../hub/hub-process.ts";
import { testHub } from "../../hub/support.ts";
import { makeFolder } from "../../support/folder.ts";

const ENTRIES = 300;
/** Longest hole that is written over with chance, bytes. */
const HOLE = 9_000;

const killed = makeFolder();
const { ask, child, ended } = await runHub(killed);
for (let n = 0; n < ENTRIES; n++) {
	await ask("POST", n % 3 === 0 ? "/board/tasks" : "/log", { title: `${n}`, text: `${n}`, agent: "a", createdBy: "a" });
}
child.kill("SIGKILL");
await ended;
const wal = readFileSync(`${killed}/hub.db-wal`);
const { end, lost } = readWal(wal);
/** A page and its head. */
const FRAME = 4_120;

/** What the feed says was written, in order. */
function written(folder: string): { readonly numbers: readonly number[]; readonly integrity: unknown; pairs: unknown } {
	const file = new DatabaseSync(`${folder}/hub.db`, { readOnly: true });
	const rows = (sql: string) => file.prepare(sql).all() as Record<string, unknown>[];
	const numbers = rows("select summary from feed where type in ('task_created', 'log_appended') order by seq");
	const integrity = rows("pragma integrity_check");
	const [pairs] = rows(`select (select count(*) from log) + (select count(*) from tasks) as records,
		(select count(*) from feed where type in ('task_created', 'log_appended')) as events`);
	file.close();
	return { numbers: numbers.map(({ summary }) => Number(summary)), integrity, pairs };
}

async function afterTear(tear: (bytes: Buffer) => Buffer) {
	const folder = makeFolder();
	mkdirSync(folder, { recursive: true });
	copyFileSync(`${killed}/hub.db`, `${folder}/hub.db`);
	writeFileSync(`${folder}/hub.db-wal`, tear(Buffer.from(wal)));
	const { hub, done, complaints } = await testHub({ folder });
	await done("POST", "/log", { text: "-1", agent: "a" });
	await hub.close();
	return { ...written(folder), complaints };
}

test("whole, it gives back everything that was acknowledged, and nothing is complained of", async () => {
	const { numbers, complaints } = await afterTear((bytes) => bytes);
	expect(numbers).toEqual([...Array.from({ length: ENTRIES }, (_, n) => n), -1]);
	expect(complaints).toEqual([]);
	expect(lost).toBe(0);
});

test("torn or garbled anywhere, it gives back what is before, whole, and the hub says that something is missing", async () => {
	await fc.assert(
		fc.asyncProperty(
			fc.nat(end - 1),
			fc.constantFrom("cut", "hole", "bit"),
			fc.uint8Array({ minLength: 1, maxLength: HOLE }),
			async (at, how, noise) => {
				const { numbers, integrity, pairs, complaints } = await afterTear((bytes) => {
					if (how === "cut") return bytes.subarray(0, at);
					if (how === "hole") bytes.set(noise.subarray(0, bytes.length - at), at);
					else bytes[at] = (bytes[at] ?? 0) ^ 1;
					return bytes;
				});
				const kept = numbers.slice(0, -1);
				// Nothing after a hole: what follows was made from what is lost.
				expect(kept).toEqual(Array.from({ length: kept.length }, (_, n) => n));
				expect(numbers.at(-1)).toBe(-1);
				expect(integrity).toEqual([{ integrity_check: "ok" }]);
				expect(pairs).toEqual({ records: numbers.length, events: numbers.length });
				// Of a log that is cut off, or damaged in its last commit, nothing is left that could tell.
				const tells = how !== "cut" && at + noise.length < end - 2 * FRAME;
				if (tells) expect(complaints.join()).toMatch(/hub\.db-wal is damaged: \d+ commits/);
			},
		),
		{ numRuns: 25 },
	);
}, 120_000);
