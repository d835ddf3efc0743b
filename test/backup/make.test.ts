import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { makeBackup } from "../../src/backup/make.ts";
import { verifyBackup } from "../../src/backup/trial.ts";
import { realWorld } from "../../src/world/real.ts";
import { runHub } from "../hub/hub-process.ts";
import { ADMIN, testHub } from "../hub/support.ts";
import { makeFolder } from "../support/folder.ts";
import { smallDisk } from "../support/small-disk.ts";
import { databaseIn, forged, rowsOf } from "./support.ts";

const world = realWorld();

/** A hub that holds something of several kinds. */
async function filled() {
	const hub = await testHub();
	for (let n = 0; n < 20; n++) {
		await hub.done("POST", "/log", { text: `entry ${n} about widgets`, agent: "ada" });
		await hub.done("POST", "/board/tasks", { title: `task ${n}`, createdBy: "ada", tags: ["x", "y"] });
	}
	await hub.done("POST", "/journal", { text: "calm", author: "ada", mood: "fine" });
	await hub.done("PATCH", "/board/tasks/1", {}).catch(() => undefined);
	return hub;
}

const backupOf = async (folder: string): Promise<string> =>
	(await makeBackup(world, folder, join(makeFolder(), "one.backup"))).file;

test("eight writers go on during a backup, which is of one moment: no record without its event", async () => {
	const folder = makeFolder();
	const { ask, child, ended } = await runHub(folder);
	let over = false;
	let written = 0;
	const write = async (n: number): Promise<void> => {
		for (; !over; written++) {
			const body = { text: "x".repeat(500), agent: `w${n}` };
			const task = { title: `of ${n}`, createdBy: `w${n}`, tags: ["a", "b"] };
			const { status } = n % 2 === 0 ? await ask("POST", "/log", body) : await ask("POST", "/board/tasks", task);
			if (status !== 201) throw new Error(`a writer was answered ${status}`);
		}
	};
	const writers = Array.from({ length: 8 }, (_, n) => write(n));
	while (written < 500) await new Promise((resolve) => setImmediate(resolve));
	const before = written;
	const target = join(makeFolder(), "hub.backup");
	// Two at once, of which the later one replaces the other: each is whole.
	const [made, also] = await Promise.all([makeBackup(world, folder, target), makeBackup(world, folder, target)]);
	over = true;
	await Promise.all(writers);
	child.kill("SIGTERM");
	await ended;
	expect(written).toBeGreaterThan(before);
	expect(readdirSync(dirname(target))).toEqual([basename(target)]);
	for (const { manifest } of [made, also]) expect(manifest.seq).toBe(manifest.counts.feed);
	const database = new DatabaseSync(databaseIn(target), { readOnly: true });
	const one = (sql: string) => database.prepare(`select ${sql} as n`).get()?.n;
	expect(one("(select count(*) from log)")).toBe(one("(select count(*) from feed where type = 'log_appended')"));
	expect(one("(select count(*) from tasks)")).toBe(one("(select count(*) from feed where type = 'task_created')"));
	expect(one("(select count(*) from task_tags)")).toBe(one("(select 2 * count(*) from tasks)"));
	expect(one("(select count(*) from tasks where n not in (select task from task_tags))")).toBe(0);
	database.close();
	expect([made.manifest.seq, also.manifest.seq].every((seq) => seq >= before)).toBe(true);
}, 60_000);

test("a backup has every row of every table, each with its own row id, and no secret in plain", async () => {
	const { folder, hub, mint } = await filled();
	const secret = await mint("viewer", "v");
	await hub.close();
	const file = await backupOf(folder);
	const [there, here] = [rowsOf(databaseIn(file)), rowsOf(join(folder, "hub.db"))];
	expect(Object.keys(there)).toEqual(Object.keys(here));
	for (const [table, rows] of Object.entries(here)) expect({ table, rows: there[table] }).toEqual({ table, rows });
	expect(there.tokens).toHaveLength(1);
	const unpacked = readFileSync(databaseIn(file), "latin1");
	expect([secret, ADMIN].filter((text) => unpacked.includes(text))).toEqual([]);
	expect(statSync(file).mode & 0o777).toBe(0o600);
});

test("what was deleted does not come along", async () => {
	const { folder, hub } = await testHub();
	await hub.close();
	const stored = new DatabaseSync(join(folder, "hub.db"));
	const row = "insert into keys (token, operation, key, body, answer, at) values ('t', 'o', 'k', 'b', ?, 1)";
	stored.prepare(row).run("forget-this-word");
	stored.exec("delete from keys");
	stored.close();
	expect(readFileSync(join(folder, "hub.db"), "latin1").includes("forget-this-word")).toBe(true);
	expect(readFileSync(databaseIn(await backupOf(folder)), "latin1").includes("forget-this-word")).toBe(false);
});

describe("a file that is damaged is refused, and the place is named", () => {
	const verified = (file: string) => verifyBackup(world, file, dirname(file));
	const flipped = (file: string, at: (bytes: Buffer) => number): string => {
		const bytes = Buffer.from(readFileSync(file));
		const place = at(bytes);
		bytes[place] = (bytes[place] ?? 0) ^ 0x40;
		writeFileSync(`${file}.bad`, bytes);
		return `${file}.bad`;
	};

	test("in its first line, in what is packed, at its end, or when it is something else", async () => {
		const { folder } = await filled();
		const file = await backupOf(folder);
		await expect(verified(file)).resolves.toMatchObject({ counts: { tasks: 20, log: 20, journal: 1 } });
		const damaged = (pattern: RegExp) =>
			expect.objectContaining({ code: "backup_damaged", message: expect.stringMatching(pattern) });
		await expect(verified(flipped(file, () => 120))).rejects.toEqual(damaged(/first line is not as it was written/));
		await expect(verified(flipped(file, (bytes) => (bytes.indexOf("\n") + bytes.length) >> 1))).rejects.toEqual(
			damaged(/bytes 0 to \d+ of the database|beyond byte \d+ of the file/),
		);
		writeFileSync(`${file}.short`, readFileSync(file).subarray(0, -1_000));
		await expect(verified(`${file}.short`)).rejects.toEqual(damaged(/beyond byte \d+ of the file \(unexpected end/));
		writeFileSync(`${file}.other`, "SQLite format 3\0 and so on\n");
		await expect(verified(`${file}.other`)).rejects.toEqual(damaged(/does not begin as one/));
		await expect(verified(`${file}.none`)).rejects.toMatchObject({ code: "not_found" });
		expect(readdirSync(dirname(file)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
	});

	test("also when all sums fit and the rows do not", async () => {
		const { folder } = await filled();
		const file = await backupOf(folder);
		const fewer = forged(file, (database) => database.exec("delete from log where rowid = 3"));
		await expect(verified(fewer)).rejects.toThrow(/log has 19 rows, and had 20/);
		const orphan = forged(file, (database) => {
			database.exec("pragma foreign_keys = off; update task_tags set task = 999 where task = 2 and tag = 'x'");
		});
		await expect(verified(orphan)).rejects.toThrow(/a row of task_tags belongs to one of tasks that is not there/);
		const unindexed = forged(file, (database) => {
			database.enableDefensive(false);
			database.exec("pragma writable_schema = on; update sqlite_schema set rootpage = 2 where name = 'feed_agent'");
		});
		await expect(verified(unindexed)).rejects.toMatchObject({
			code: "backup_damaged",
			message: expect.stringMatching(/malformed|2nd reference|feed_agent/),
		});
	});

	test("a newer Flagship's is refused as such", async () => {
		const { folder } = await filled();
		const file = await backupOf(folder);
		const newer = forged(file, (database) =>
			database.exec("update schema_versions set version = 99 where service = 'log'"),
		);
		await expect(verified(newer)).rejects.toMatchObject({ code: "newer_data" });
	});
});

test("a file that is no backup is not written over, an earlier backup is", async () => {
	const { folder } = await filled();
	const target = join(makeFolder(), "x");
	writeFileSync(target, "somebody's\n");
	await expect(makeBackup(world, folder, target)).rejects.toMatchObject({ code: "conflict" });
	expect(readFileSync(target, "utf8")).toBe("somebody's\n");
	const file = await backupOf(folder);
	const before = readFileSync(file);
	await makeBackup(world, folder, file);
	expect(readFileSync(file).equals(before)).toBe(false);
});

test("a folder without a hub's data is not made to one", async () => {
	const folder = makeFolder();
	await expect(makeBackup(world, folder, join(folder, "x"))).rejects.toMatchObject({ code: "not_found" });
	expect(readdirSync(folder)).toEqual([]);
});

test("a disk without room is left as it is; one that fills up on the way leaves the earlier backup and nothing half", async (context) => {
	const disk = smallDisk(24);
	if (disk === undefined) return context.skip("a small disk cannot be mounted here");
	const { folder, done } = await filled();
	const target = join(disk.folder, "hub.backup");
	await makeBackup(world, folder, target);
	const before = readFileSync(target);
	// Text that cannot be packed, so that there is something to write.
	for (let n = 0; n < 30; n++) {
		const text = Buffer.from(world.random.bytes(5_000)).toString("base64");
		await done("POST", "/log", { text, agent: "ada" });
	}
	disk.fill(1);
	await expect(makeBackup(world, folder, target)).rejects.toMatchObject({
		code: "backup_failed",
		message: expect.stringMatching(/has 1 MB free, and this takes up to \d+ MB/),
	});
	// Another program took the space after it was looked at.
	disk.fill();
	const hopeful = { ...world, files: { ...world.files, free: () => 2 ** 40 } };
	await expect(makeBackup(hopeful, folder, target)).rejects.toMatchObject({
		code: "backup_failed",
		message: expect.stringMatching(/is full/),
	});
	disk.fill(1);
	expect(readFileSync(target).equals(before)).toBe(true);
	expect(readdirSync(disk.folder).sort()).toEqual(["ballast", "hub.backup"]);
	disk.free();
	await expect(makeBackup(world, folder, target)).resolves.toMatchObject({ manifest: { counts: { log: 50 } } });
});
