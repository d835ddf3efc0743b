import { stripTerminalSequences, visibleWidth } from "@earendil-works/pi-tui";
import { expect, test } from "vitest";
import type { Lieutenant } from "../../../src/contract/lieutenants.ts";
import { type FleetScene, fleetPage } from "../../../src/fleet/view/fleet-page.ts";
import { DEFAULT_KEYS } from "../../../src/fleet/view/keys.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");
const lieutenant = (name: string, more: Partial<Lieutenant> = {}): Lieutenant => ({
	...{ id: name, name, role: "r", state: "idle", place: "local", host: "h", owner: "me", cwd: "/w", pending: 0 },
	...{ turns: 0, tokens: 0, costUsd: 0, lives: 1, createdAt: "", changedAt: "", ...more },
});
const ADA = lieutenant("ada", {
	...{ state: "working", tool: "bash npm test", toolSince: "2026-03-01T11:59:18Z", costUsd: 0.41, branch: "lt/ada" },
	...{ due: "command:echo 9/9 turns; 12/30 turns, $0.41/$2.00", task: "01JARZ3NDEKTSV4RRFFQ69G5FB", pending: 1 },
});
const DEEP = lieutenant("deep", {
	...{ state: "stopped", place: "vers", reason: "30 turns, 0 files → report r7f2", costUsd: 0.9 },
});
const BEN = lieutenant("ben");

const scene = (more: Partial<FleetScene> = {}): FleetScene => ({
	...{ rows: [ADA, DEEP, BEN], money: undefined, selected: "deep", watched: undefined, transcript: "", back: 0 },
	...{ help: false, asked: [""], keys: DEFAULT_KEYS, paint: { accent: (t) => t, dim: (t) => t }, now: NOW, ...more },
});
const shown = (given: FleetScene, width: number, height: number): readonly string[] =>
	fleetPage(given, width, height).map((line) => stripTerminalSequences(line).trimEnd());

test("a wide terminal has a line for each: state by mark and word, place, task, what runs, cap as a bar, cost", () => {
	const money = { limitUsd: 5, spentUsd: 2.5, reservedUsd: 0, since: "" };
	expect(shown(scene({ money }), 110, 8)).toEqual([
		" Fleet  1 working · 1 idle · 1 stopped    $2.50 / $5.00  █████░░░░░",
		"",
		" ⟳ ada              working     local          #G5FB bash npm test 0:42  1 pendi… ███░░░ 12/30 turns     $0.41",
		"›✗ deep             stopped     vers                 30 turns, 0 files → report …                        $0.90",
		" ● ben              idle        local                                                                    $0.00",
		"",
		"",
		" enter transcript · s steer · ? keys · q leave · x stop · X stop all",
	]);
});

test("40 columns have two lines for each", () => {
	expect(shown(scene(), 40, 10)).toEqual([
		" Fleet  1 working · 1 idle · 1 stopped …",
		"",
		" ⟳ ada              working        $0.41",
		"   bash npm test 0:42  1 pending  ███░░…",
		"›✗ deep             stopped        $0.90",
		"   30 turns, 0 files → report r7f2",
		" ● ben              idle           $0.00",
		"",
		"",
		" enter transcript · s steer · ? keys",
	]);
});

test("the transcript follows its end, and stays where it was moved to", () => {
	const transcript = Array.from({ length: 30 }, (_, n) => `line ${n + 1}`).join("\n");
	const watched = scene({ watched: ADA, transcript });
	expect(shown(watched, 60, 8)).toEqual([
		" ⟳ ada  local  working  bash npm test 0:42",
		" command:echo 9/9 turns; 12/30 turns, $0.41/$2.00 · lt/ada",
		...[" line 27", " line 28", " line 29", " line 30", ""],
		" s steer · ? keys · q back · x stop · X stop all",
	]);
	expect(shown({ ...watched, back: 10 }, 60, 8).slice(2)).toEqual([
		...[" line 17", " line 18", " line 19", " line 20", ""],
		" 10 lines below · s steer · ? keys · q back · x stop",
	]);
});

test("more rows than lines: the chosen one stays in sight", () => {
	const rows = Array.from({ length: 40 }, (_, n) => lieutenant(`lt-${n}`));
	for (const at of [0, 1, 20, 38, 39])
		for (const width of [40, 100])
			expect(shown(scene({ rows, selected: `lt-${at}` }), width, 12).join("\n")).toMatch(
				new RegExp(`^›. lt-${at} `, "m"),
			);
});

test("what others are called and say moves no cursor, turns no line and overflows no terminal", () => {
	const wild = "\u001b[2J\u001b]0;owned\u0007漢字のなまえ👩‍👩‍👧\u009b31mé\r\nx\u202eevil\t\u0000";
	const row = lieutenant(wild, {
		...{
			state: "working",
			tool: `bash ${wild.repeat(9)}`,
			place: `ssh:${wild}`,
			branch: wild,
			due: wild,
			costUsd: 1e5,
		},
	});
	const scenes = [
		scene({ rows: [row, lieutenant("b", { state: "stopped", reason: wild })], selected: row.id }),
		scene({ rows: [row], watched: row, transcript: `${wild}\n${"漢".repeat(300)}\n${wild.repeat(20)}` }),
		scene({ rows: [row], help: true }),
	];
	for (const one of scenes)
		for (let width = 1; width <= 130; width++) {
			const lines = fleetPage(one, width, 14);
			expect(lines.length).toBe(14);
			for (const line of lines) {
				expect(visibleWidth(line)).toBeLessThanOrEqual(width);
				// Only what ends colours, which cutting adds.
				expect(line.replaceAll("\u001b[0m", "")).not.toMatch(/[\p{Cc}\u202e\u2028]|owned/u);
			}
		}
});

test("the help names each key as it is set", () => {
	const keys = { ...DEFAULT_KEYS, stop: ["ctrl+x"], resume: [] };
	const lines = shown(scene({ help: true, keys }), 100, 24).join("\n");
	expect(lines).toMatch(/^ ctrl\+x +Stop the lieutenant, after a question; its session is kept\.$/m);
	expect(lines).toMatch(/^ \(none\) +Start one that was stopped again\.$/m);
	expect(lines).not.toContain("Approve");
});
