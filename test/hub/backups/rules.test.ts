import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
	BACKUP_RULES,
	backupSettings,
	backupSettingsSchema,
	dueAt,
	isAlarming,
	kept,
	NO_SCHEDULE,
} from "../../../src/hub/backups/rules.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 5, 17, 12);
const docs = (name: string) => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), "utf8");

describe("a backup is due", () => {
	test("a day after the newest, or after the first record where there is none; never without data or a schedule", () => {
		expect(dueAt(BACKUP_RULES, { newest: NOW, oldest: NOW - 9 * DAY })).toBe(NOW + DAY);
		expect(dueAt(BACKUP_RULES, { oldest: NOW - 9 * DAY })).toBe(NOW - 8 * DAY);
		expect(dueAt(BACKUP_RULES, {})).toBeUndefined();
		expect(dueAt(NO_SCHEDULE, { newest: NOW, oldest: NOW })).toBeUndefined();
	});

	test("every so many hours, or once a day at a time of this machine's clock", () => {
		expect(dueAt({ ...BACKUP_RULES, everyHours: 6 }, { newest: NOW })).toBe(NOW + 6 * HOUR);
		const rules = { ...BACKUP_RULES, at: "03:30" };
		const shown = (ms = 0) => [new Date(ms).getHours(), new Date(ms).getMinutes()];
		const morning = new Date(2026, 5, 17, 3, 30).getTime();
		expect(dueAt(rules, { newest: morning - 1 })).toBe(morning);
		expect(shown(dueAt(rules, { newest: morning }))).toEqual([3, 30]);
		expect(dueAt(rules, { newest: morning })).toBeGreaterThan(morning);
		// The night in which the clock is put forward has an hour less; the next is due all the same.
		for (let day = 0; day < 366; day++) {
			const since = new Date(2026, 0, 1 + day, 3, 30).getTime();
			const next = dueAt(rules, { newest: since }) ?? 0;
			expect(next - since).toBeGreaterThanOrEqual(DAY - HOUR);
			expect(next - since).toBeLessThanOrEqual(DAY + HOUR);
		}
	});

	test("an hour after a failure, not at once and not a day later", () => {
		expect(dueAt(BACKUP_RULES, { newest: NOW - 2 * DAY, failed: NOW })).toBe(NOW + HOUR);
		expect(dueAt({ ...BACKUP_RULES, everyHours: 6 }, { newest: NOW, failed: NOW + HOUR })).toBe(NOW + 6 * HOUR);
	});

	test("and alarming when the last one failed or two periods have passed", () => {
		expect(isAlarming(BACKUP_RULES, { newest: NOW - 2 * DAY }, NOW)).toBe(false);
		expect(isAlarming(BACKUP_RULES, { newest: NOW - 2 * DAY - 1 }, NOW)).toBe(true);
		expect(isAlarming(BACKUP_RULES, { newest: NOW - HOUR, failed: NOW }, NOW)).toBe(true);
		expect(isAlarming(NO_SCHEDULE, { newest: NOW - 90 * DAY }, NOW)).toBe(false);
	});
});

describe("of the backups are kept", () => {
	test("all of the last day, the newest of each of seven days, the newest of each of four weeks", () => {
		const hourly = Array.from({ length: 24 * 60 }, (_, n) => NOW - n * HOUR);
		const left = [...kept(hourly, BACKUP_RULES, NOW)].sort((a, b) => b - a);
		expect(left.slice(0, 24)).toEqual(hourly.slice(0, 24));
		const lastHour = (day: number) => Date.UTC(2026, 5, day, 23);
		// 17 June 2026 is a Wednesday; the Sundays before it end its weeks.
		expect(left.slice(24)).toEqual([16, 15, 14, 13, 12, 11, 7, 0].map(lastHour).filter((ms) => ms <= NOW - DAY));
	});

	test("always the newest, whatever there is, and never more than there were", () => {
		const some = fc.uniqueArray(fc.integer({ min: 0, max: NOW }), { minLength: 1, maxLength: 200 });
		fc.assert(
			fc.property(some, fc.integer({ min: 1, max: 10 }), fc.integer({ min: 0, max: 10 }), (moments, daily, weekly) => {
				const left = kept(moments, { everyHours: 24, daily, weekly }, NOW);
				expect(left.has(Math.max(...moments))).toBe(true);
				expect([...left].every((ms) => moments.includes(ms))).toBe(true);
				expect(kept([...left], { everyHours: 24, daily, weekly }, NOW)).toEqual(left);
			}),
		);
	});
});

describe("the settings", () => {
	test("are a schedule, what is kept, and a folder; what cannot be read is refused by name", () => {
		expect(backupSettings({}, "f")).toEqual({ everyHours: 24, daily: 7, weekly: 4 });
		const all = { everyHours: 6, at: "23:59", daily: 1, weekly: 0, folder: "/mnt/backups" };
		expect(backupSettings({ backups: all }, "f")).toEqual(all);
		for (const [wrong, name] of [
			[{ everyHours: -1 }, "everyHours"],
			[{ at: "24:00" }, "at"],
			[{ daily: 0 }, "daily"],
			[{ weekly: 1.5 }, "weekly"],
			[{ folder: "here" }, "folder"],
			[{ hourly: 1 }, "hourly"],
		] as const)
			expect(() => backupSettings({ backups: wrong }, "f")).toThrow(new RegExp(`f: .*backups\\.${name}`));
		expect(() => backupSettings({ backups: [] }, "f")).toThrow(/backups must be an object/);
	});

	test("are documented, and have a schema for editors", () => {
		const { properties } = backupSettingsSchema;
		for (const [name, { description, ...rest }] of Object.entries(properties)) {
			const usual = "default" in rest ? `\`${rest.default}\`` : "none";
			expect(docs("backup.md")).toContain(`| \`${name}\` | ${usual} | ${description} |`);
		}
		const schema: { properties: { backups: unknown } } = JSON.parse(docs("settings.schema.json"));
		expect(schema.properties.backups).toEqual(backupSettingsSchema);
	});
});
