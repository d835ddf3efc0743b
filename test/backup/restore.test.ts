import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { makeBackup } from "../../src/backup/make.ts";
import { restoreBackup } from "../../src/backup/restore.ts";
import { openStorage } from "../../src/hub/database/database.ts";
import { loadModules } from "../../src/hub/modules.ts";
import { realWorld } from "../../src/world/real.ts";
import { logIn, secretOf, visit } from "../hub/access/visit.ts";
import { testHub, worldAt } from "../hub/support.ts";
import { makeFolder } from "../support/folder.ts";
import { databaseIn, forged, rowsOf } from "./support.ts";

const world = realWorld();
const AGE = 1_000_000_000;

async function backedUp() {
	const hub = await testHub();
	for (let n = 0; n < 5; n++) await hub.done("POST", "/log", { text: `before ${n}`, agent: "ada" });
	const task = await hub.done("POST", "/board/tasks", { title: "held", createdBy: "ada" });
	await hub.done("POST", `/board/tasks/${task.id}/claim`, { agent: "ada" });
	const { file } = await makeBackup(world, hub.folder, join(makeFolder(), "one.backup"));
	return { ...hub, file, task };
}

test("a restore on an empty folder gives every row back, and the hub goes on from there", async () => {
	const { hub, file } = await backedUp();
	await hub.close();
	const elsewhere = makeFolder();
	const { former, tokens, seq } = await restoreBackup(world, file, elsewhere);
	expect([former, tokens]).toEqual([undefined, undefined]);
	const [there, here] = [rowsOf(join(elsewhere, "hub.db")), rowsOf(databaseIn(file))];
	const told = there.feed?.pop();
	expect(told).toMatchObject({ seq, type: "hub_restored", agent: "hub" });
	const claimed = (rows: unknown[] = []) => rows.map((row) => ({ ...(row as object), claimed_until: undefined }));
	for (const [table, rows] of Object.entries(here)) {
		if (table === "tasks") expect(claimed(there[table])).toEqual(claimed(rows));
		else expect({ table, rows: there[table] }).toEqual({ table, rows });
	}
	const again = await testHub({ folder: elsewhere });
	expect((await again.done("GET", "/log?last=1d")).entries).toHaveLength(5);
	expect(readdirSync(elsewhere).filter((name) => name.includes("restore"))).toEqual([]);
});

test("who had read beyond the backup is told so, and misses nothing that comes", async () => {
	const { hub, folder, file, done } = await backedUp();
	for (let n = 0; n < 9; n++) await done("POST", "/log", { text: `after ${n}`, agent: "ada" });
	const [last] = await done("GET", "/feed/events?limit=1");
	await hub.close();
	const { seq, former, manifest } = await restoreBackup(world, file, folder);
	expect(rowsOf(join(former ?? "", "hub.db")).log).toHaveLength(14);
	const again = await testHub({ folder });
	await again.done("POST", "/log", { text: "now", agent: "ada" });
	for (const since of [String(last.seq), last.id]) {
		const [told, next, ...more] = await again.done("GET", `/feed/events?since=${since}`);
		expect(more).toEqual([]);
		expect(told).toMatchObject({
			...{ type: "hub_restored", seq, detail: { upto: manifest.seq, madeAt: manifest.madeAt } },
			summary: expect.stringContaining("is not among them"),
		});
		expect(next).toMatchObject({ type: "log_appended", seq: seq + 1 });
		expect(next.id > last.id).toBe(true);
	}
	// The same backup once more: what was given in between is not given again.
	await again.hub.close();
	expect(await restoreBackup(world, file, folder)).toMatchObject({ seq: seq + AGE });
});

test("where nobody can say what was given, the feed goes on above every age that was counted", async () => {
	const { hub, folder, file } = await backedUp();
	await hub.close();
	for (let n = 1; n < 4; n++) expect(await restoreBackup(world, file, folder)).toMatchObject({ seq: n * AGE });
	writeFileSync(join(folder, "hub.db"), "not a database any more");
	const { seq, former, tokens } = await restoreBackup(world, file, folder);
	expect(seq).toBeGreaterThan(1_000 * AGE);
	expect(String(seq)).toMatch(/^\d{1,15}$/);
	expect(tokens).toBeUndefined();
	expect(readFileSync(join(former ?? "", "hub.db"), "utf8")).toBe("not a database any more");
	expect(rowsOf(join(folder, "hub.db")).log).toHaveLength(5);
});

test("a token that was revoked or replaced after the backup stays so, one that was made after it goes on", async () => {
	const { hub, folder, done, mint } = await backedUp();
	const [lost, kept, old] = [await mint("viewer", "lost"), await mint("viewer", "kept"), await mint("viewer", "old")];
	const { file } = await makeBackup(world, folder, join(makeFolder(), "two.backup"));
	const { tokens } = await done("GET", "/tokens");
	const idOf = (wanted: string): string => tokens.find(({ name }: { name: string }) => name === wanted).id;
	await done("DELETE", `/tokens/${idOf("lost")}`);
	const { secret: fresh } = await done("POST", `/tokens/${idOf("old")}/rotate`, {});
	const made = await mint("viewer", "made");
	await hub.close();
	await expect(restoreBackup(world, file, folder)).resolves.toMatchObject({
		tokens: { revoked: 1, rotated: 1, made: 1 },
	});
	const again = await testHub({ folder });
	const answers = [lost, kept, made, old, fresh].map(
		async (token) => (await again.ask("GET", "/feed/stats", undefined, { token })).status,
	);
	expect(await Promise.all(answers)).toEqual([401, 200, 200, 401, 200]);
});

test("no browser is logged in after a restore, and no link of before lets one in", async () => {
	const { hub, folder, done } = await backedUp();
	const link = async (): Promise<string> => (await done("POST", "/auth/magic-link")).url;
	const [cookie, unused] = [await logIn(await link()), await link()];
	const { file } = await makeBackup(world, folder, join(makeFolder(), "two.backup"));
	await hub.close();
	await restoreBackup(world, file, folder);
	const again = await testHub({ folder });
	expect((await visit(`${again.hub.address}/tokens/me`, { cookie })).status).toBe(401);
	expect((await visit(`${again.hub.address}/ui/login`, { form: { token: secretOf(unused) } })).status).toBe(401);
});

test("who held a task at the time of the backup holds it after the restore, for the time that was left", async () => {
	const { hub, folder, file, task } = await backedUp();
	await hub.close();
	const later = Date.now() + 6 * 3_600_000;
	await restoreBackup(
		worldAt(() => later),
		file,
		folder,
	);
	const [row] = rowsOf(join(folder, "hub.db")).tasks as { claimed_by: string; claimed_until: number; id: string }[];
	expect(row).toMatchObject({ id: task.id, claimed_by: "ada" });
	expect(row?.claimed_until).toBeGreaterThan(later);
});

test("a backup of an older schema is brought up to date", async () => {
	const folder = makeFolder();
	const { schemas } = await loadModules(world);
	const first = schemas.map((one) => ({ ...one, steps: one.steps.slice(0, 1) }));
	const old = openStorage(world, folder, first);
	old.writing.run(
		"insert into feed (id, timestamp, agent, type, summary) values ('01J00000000000000000000000', '2025-01-01T00:00:00.000Z', 'ada', 'custom', 'long ago')",
	);
	old.close();
	const { file, manifest } = await makeBackup(world, folder, join(makeFolder(), "old.backup"));
	expect(manifest.schemas).toEqual(Object.fromEntries(first.map(({ service }) => [service, 1])));
	const elsewhere = makeFolder();
	await restoreBackup(world, file, elsewhere);
	const { done } = await testHub({ folder: elsewhere });
	expect(await done("GET", "/feed/events")).toMatchObject([{ summary: "long ago" }, { type: "hub_restored" }]);
	// The backup itself is as it was made.
	expect(rowsOf(databaseIn(file)).schema_versions).toEqual(
		expect.arrayContaining([expect.objectContaining({ service: "board", version: 1 })]),
	);
});

test("a restore that is refused changes nothing", async () => {
	const { hub, folder, file } = await backedUp();
	await hub.close();
	const before = rowsOf(join(folder, "hub.db"));
	const newer = forged(file, (database) => database.exec("update schema_versions set version = 99"));
	await expect(restoreBackup(world, newer, folder)).rejects.toMatchObject({ code: "newer_data" });
	writeFileSync(`${file}.short`, readFileSync(file).subarray(0, 900));
	await expect(restoreBackup(world, `${file}.short`, folder)).rejects.toMatchObject({ code: "backup_damaged" });
	const full = { ...world, files: { ...world.files, free: () => 1024 * 1024 } };
	await expect(restoreBackup(full, file, folder)).rejects.toThrow(/The backup was not restored: the disk of/);
	expect(rowsOf(join(folder, "hub.db"))).toEqual(before);
	expect(readdirSync(folder).filter((name) => /restore|tmp/.test(name))).toEqual([]);
	const stored = new DatabaseSync(join(folder, "hub.db"));
	expect(stored.prepare("pragma integrity_check").get()).toEqual({ integrity_check: "ok" });
	stored.close();
});
