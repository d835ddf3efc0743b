import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { verifyBackup } from "../../../src/backup/trial.ts";
import { BACKUP_RULES } from "../../../src/hub/backups/rules.ts";
import { nameAt } from "../../../src/hub/backups/shelf.ts";
import { realWorld } from "../../../src/world/real.ts";
import type { World } from "../../../src/world.ts";
import { makeFolder } from "../../support/folder.ts";
import { until } from "../../support/until.ts";
import { ADMIN, testHub } from "../support.ts";

// Each backup is a process of its own that opens a hub.
vi.setConfig({ testTimeout: 90_000 });

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const world = realWorld();

test("is made on demand once for all who ask at once, listed, read whole or from a byte on, by an admin alone", async () => {
	const { hub, done, ask, folder, mint } = await testHub();
	await done("POST", "/log", { text: "kept", agent: "ada" });
	const made = await Promise.all([done("POST", "/backups", {}), done("POST", "/backups", {})]);
	expect(made[0]).toEqual(made[1]);
	const file = join(folder, "backups", made[0].name);
	await expect(verifyBackup(world, file, folder)).resolves.toMatchObject({ counts: { log: 1 } });
	expect(await done("GET", "/backups")).toEqual({ backups: [made[0]], count: 1, folder: join(folder, "backups") });
	const [event] = await done("GET", "/feed/events?type=backup_made");
	expect(event).toMatchObject({ agent: "admin", summary: made[0].name, detail: { ...made[0], removed: [] } });
	const address = `/backups/${made[0].name}`;
	const bytes = readFileSync(file);
	const whole = await fetched(address);
	expect([whole.status, whole.bytes.equals(bytes)]).toEqual([200, true]);
	const rest = await fetched(address, { range: "bytes=1000-" });
	expect([rest.status, rest.range, rest.bytes.equals(bytes.subarray(1_000))]).toEqual([
		...[206, `bytes 1000-${bytes.length - 1}/${bytes.length}`, true],
	]);
	expect((await fetched(address, { range: `bytes=${bytes.length + 1}-` })).status).toBe(416);
	for (const path of ["/backups/hub-20200101T000000000Z.backup", "/backups/..%2fadmin.token", "/backups/hub.db"])
		expect((await ask("GET", path)).status, path).toBeGreaterThanOrEqual(400);
	const token = await mint("orchestrator", "o");
	for (const path of ["/backups", address]) expect((await ask("GET", path, undefined, { token })).status).toBe(403);
	expect((await ask("POST", "/backups", {}, { token })).status).toBe(403);
	expect((await ask("GET", "/backups/status", undefined, { token })).body).toMatchObject({
		last: made[0],
		alarm: false,
	});

	async function fetched(path: string, headers: Record<string, string> = {}) {
		const response = await fetch(hub.address + path, { headers: { authorization: `Bearer ${ADMIN}`, ...headers } });
		const range = response.headers.get("content-range");
		return { status: response.status, range, bytes: Buffer.from(await response.arrayBuffer()) };
	}
});

test("is made once for a request that is repeated by its key, also after a restart of the hub", async () => {
	const first = await testHub();
	await first.done("POST", "/log", { text: "kept", agent: "ada" });
	const headers = { "idempotency-key": "before-the-deploy" };
	const made = await first.done("POST", "/backups", {}, { headers });
	expect(await first.done("POST", "/backups", {}, { headers })).toEqual(made);
	await first.hub.close();
	const { done } = await testHub({ folder: first.folder });
	expect(await done("POST", "/backups", {}, { headers })).toEqual(made);
	expect((await done("GET", "/backups")).backups).toEqual([made]);
	const other = await done("POST", "/backups", {}, { headers: { "idempotency-key": "after-it" } });
	expect((await done("GET", "/backups")).backups).toEqual([other, made]);
});

/** A world whose minutes pass when told, and whose disk fails when told. */
function hurried(begin: number) {
	let now = begin;
	const chores: (() => void)[] = [];
	const clock: World["clock"] = {
		...world.clock,
		now: () => now,
		every(ms, run) {
			if (ms === 60_000) chores.push(run);
			return world.clock.every(ms, run);
		},
	};
	const failing = { on: false };
	const spawn: World["spawn"] = {
		...world.spawn,
		run(command, args, options = {}) {
			const job = { ...JSON.parse(options.input ?? "{}"), ...(failing.on ? { target: "/dev/null/x" } : {}) };
			return world.spawn.run(command, args, { ...options, input: JSON.stringify(job) });
		},
	};
	return {
		world: { ...world, clock, spawn },
		failing,
		pass(ms: number) {
			now += ms;
			for (const chore of chores) chore();
		},
	};
}

test("is made by the hub itself once a day where there is data, a missed one once, and told when it fails", async () => {
	const at = hurried(Date.now());
	const folder = makeFolder();
	const { done } = await testHub({ folder, world: at.world, backups: { ...BACKUP_RULES, daily: 2, weekly: 0 } });
	const events = (type: string) => done("GET", `/feed/events?type=${type}&limit=100`);
	const made = async (count: number) =>
		until(async () => (await events("backup_made")).length === count, `${count} made`, 60_000);
	at.pass(9 * DAY);
	await done("POST", "/log", { text: "the first record", agent: "ada" });
	expect(await done("GET", "/backups/status")).not.toHaveProperty("last");
	at.pass(23 * HOUR);
	at.pass(2 * HOUR);
	await made(1);
	// Five days off: one is made, not five.
	at.pass(5 * DAY);
	await made(2);
	at.pass(HOUR);
	at.pass(HOUR);
	expect(await done("GET", "/backups/status")).toMatchObject({ alarm: false });
	at.pass(DAY);
	await made(3);
	const { backups } = await done("GET", "/backups");
	expect(backups).toHaveLength(2);
	expect((await events("backup_made"))[2].detail.removed).toHaveLength(1);

	// Its process is sent where nothing can be written: the older ones stay, somebody is told, an hour later it is tried again.
	const shelf = join(folder, "backups");
	at.failing.on = true;
	at.pass(DAY + HOUR);
	const [event] = await until(
		async () => {
			const all = await events("backup_failed");
			return all.length > 0 && all;
		},
		"a failure",
		60_000,
	);
	expect(event).toMatchObject({ agent: "hub", detail: { why: expect.stringMatching(/not made/) } });
	expect(readdirSync(shelf).filter((name) => name.endsWith(".backup"))).toHaveLength(2);
	expect(await done("GET", "/backups/status")).toMatchObject({ alarm: true, failed: { why: event.summary } });
	at.failing.on = false;
	at.pass(10 * 60_000);
	at.pass(HOUR);
	await made(4);
	expect(await done("GET", "/backups/status")).toMatchObject({ alarm: false });
	expect(await done("GET", "/backups/status")).not.toHaveProperty("failed");
	expect(await events("backup_failed")).toHaveLength(1);
}, 120_000);

test("never removes what a person has put beside them", async () => {
	const { done, folder } = await testHub({ backups: { ...BACKUP_RULES, daily: 1, weekly: 0 } });
	await done("POST", "/log", { text: "x", agent: "ada" });
	const shelf = join(folder, "backups");
	mkdirSync(shelf, { mode: 0o700 });
	const old = nameAt(Date.now() - 40 * DAY);
	for (const name of [old, "mine.backup", "hub-before-the-move.backup"]) writeFileSync(join(shelf, name), "x");
	const { name } = await done("POST", "/backups", {});
	expect(readdirSync(shelf).sort()).toEqual([name, "hub-before-the-move.backup", "mine.backup"].sort());
	expect(statSync(join(shelf, name)).mode & 0o777).toBe(0o600);
});
