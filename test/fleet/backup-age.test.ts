import { beforeEach, expect, test } from "vitest";
import type { BackupStatus } from "../../src/contract/backups.ts";
import { BackupWatch } from "../../src/fleet/backup-age.ts";
import { Time } from "../sim/time.ts";

const HOUR = 3_600_000;
let time: Time;
let asked: number;
let warnings: string[];
let drawn: number;
/** What the hub answers; undefined: it is away. */
let status: BackupStatus | undefined;
let watch: BackupWatch;

beforeEach(() => {
	[time, asked, warnings, drawn, status] = [new Time(), 0, [], 0, undefined];
	const clock = { now: () => time.wall, after: (ms: number, run: () => void) => time.after(ms, run) };
	watch = new BackupWatch({
		clock,
		async status() {
			asked += 1;
			if (status === undefined) throw new Error("away");
			return status;
		},
		changed: () => {
			drawn += 1;
		},
		warn: (text) => void warnings.push(text),
	});
});

const pass = async (ms: number): Promise<void> => {
	let over = false;
	time.after(ms, () => {
		over = true;
	});
	while (!over) await time.step();
};
const ago = (ms: number): string => new Date(time.wall - ms).toISOString();
const made = (ms: number): BackupStatus => ({
	last: { name: "hub-20260101T000000000Z.backup", madeAt: ago(ms), size: 1 },
	alarm: false,
	folder: "/b",
});

test("the age of the newest backup is shown, and grows", async () => {
	status = made(3 * HOUR);
	await pass(1);
	expect([watch.age, watch.alarm, drawn]).toEqual(["backup 3h", undefined, 1]);
	await pass(2 * HOUR);
	expect(watch.age).toBe("backup 5h");
	expect(asked).toBeGreaterThan(2);
	expect(warnings).toEqual([]);
});

test("of a hub that has none, or is away, nothing is shown", async () => {
	await pass(1);
	expect([watch.age, watch.alarm, drawn]).toEqual([undefined, undefined, 0]);
	status = { alarm: false, folder: "/b" };
	await pass(HOUR);
	expect([watch.age, watch.alarm]).toEqual([undefined, undefined]);
});

test("a failure is said once, and stays in sight until one is made; the next failure is said again", async () => {
	const failed = { at: ago(0), why: "ENOSPC: no space left" };
	status = { ...made(30 * HOUR), failed, alarm: true };
	await pass(2 * HOUR);
	expect(warnings).toEqual([
		"the hub's backup failed: ENOSPC: no space left. `flagship backups make` tries it now; `flagship backups status` says more.",
	]);
	expect(watch.alarm).toBe(" ! backup failed 2h ago: ENOSPC: no space left; flagship backups make");
	expect(watch.age).toBeUndefined();
	status = made(0);
	await pass(HOUR);
	expect([watch.alarm, warnings.length]).toEqual([undefined, 1]);
	status = { ...made(HOUR), failed: { at: ago(0), why: "EIO" }, alarm: true };
	await pass(HOUR);
	expect(warnings).toHaveLength(2);
});

test("one that is too old is an alarm, also while the hub is away", async () => {
	status = { ...made(72 * HOUR), alarm: true };
	await pass(1);
	status = undefined;
	await pass(HOUR);
	expect(watch.alarm).toBe(" ! backup 3d old; flagship backups make");
	expect(warnings).toEqual([]);
});

test("closed, it asks no more, also when an answer was under way", async () => {
	status = made(HOUR);
	watch.close();
	await pass(HOUR);
	expect(asked).toBe(0);
});
