import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { complainer, entriesOf, lineOf, log, logTail } from "../../src/daemon/log.ts";
import { realWorld } from "../../src/world/real.ts";
import { makeFolder } from "../support/folder.ts";

const world = realWorld();

test("each entry is one line of JSON, also of several lines of text, and secrets are masked", () => {
	const path = join(makeFolder(), "hub.log");
	log(world, path, "hub", "first\nsecond", "info");
	log(world, path, "hub", "refused: authorization: Bearer abcdefghijklmnopqrstuvwxyz");
	const lines = readFileSync(path, "utf8").trimEnd().split("\n");
	expect(lines.map((line) => JSON.parse(line))).toEqual([
		{ at: expect.stringMatching(/^\d{4}-.*Z$/), level: "info", who: "hub", text: "first\nsecond" },
		{ at: expect.any(String), level: "warn", who: "hub", text: "refused: authorization: Bearer [masked]" },
	]);
	expect(statSync(path).mode & 0o077).toBe(0);
});

test("what Node said of a crash is an error at the time of the entry before; a cut entry is shown as it stands", () => {
	const entry = { at: "2026-01-02T03:04:05.678Z", level: "info", who: "hub", text: "answers" } as const;
	const text = `Warning: early\n${JSON.stringify(entry)}\nError: boom\n    at place\n{"at":"2026\n{"level":"info"}\n`;
	const after = { ...entry, level: "error" } as const;
	expect(entriesOf(text, "host")).toEqual([
		{ at: "", level: "error", who: "host", text: "Warning: early" },
		entry,
		{ ...after, text: "Error: boom" },
		{ ...after, text: "    at place" },
		{ ...after, text: '{"at":"2026' },
		{ ...after, text: '{"level":"info"}' },
	]);
	expect(lineOf(entry)).toBe("2026-01-02T03:04:05.678Z hub: answers");
});

test("the end of a log reads as people read it", () => {
	const path = join(makeFolder(), "hub.log");
	writeFileSync(path, "hub: cannot listen\n");
	expect(logTail(world, path, 0)).toBe("hub: cannot listen");
	log(world, path, "hub loop", "ended (crash)", "error");
	expect(logTail(world, path, 0, 1)).toMatch(/^\S+Z hub loop: ended \(crash\)$/);
	expect(logTail(world, path, 1_000_000, 1)).toMatch(/ended \(crash\)$/);
});

test("a daemon that complains for weeks keeps the end of what it said, and no more", () => {
	const path = join(makeFolder(), "hub.log");
	const complain = complainer(world, path, "hub");
	const text = "x".repeat(100_000);
	for (let n = 0; n < 40; n++) complain(`${n} ${text}`);
	expect(statSync(path).size + statSync(`${path}.old`).size).toBeLessThan(2_400_000);
	expect(entriesOf(readFileSync(path, "utf8"), "hub").at(-1)?.text).toMatch(/^39 /);
	expect(entriesOf(readFileSync(`${path}.old`, "utf8"), "hub").length).toBeGreaterThan(9);
});
