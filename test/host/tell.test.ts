import { expect, test } from "vitest";
import type { Cause } from "../../src/contract/cause.ts";
import type { LifeEnd } from "../../src/host/agent/life.ts";
import { begin, courseOf } from "../../src/host/bounds/bound.ts";
import { reportText, stopOf } from "../../src/host/bounds/report.ts";
import { BOUND_DEFAULTS } from "../../src/host/bounds/settings.ts";
import { completion, death, parked, stopped, stuck, unborn } from "../../src/host/tell.ts";
import { answer, asked, changed, look, reading, session, standing, work } from "./looks.ts";

test("a completion gives facts, time and cost, then the beginning of the answer, then what to do next", () => {
	const entries = session(
		asked(0),
		work(100, changed(["a.ts", "b.ts", "c.ts"], ["3fa91c2", "9bc01d4"])),
		work(200, { type: "tested", counts: [35] }),
		answer(250, "Totals by day are in.", 0.41),
	);
	expect(completion(standing, look(entries))).toBe(
		"usage finished 01JD0000000000000000000031: 3 files, 2 commits on lt/usage, tests passed (35), 4m10s, $0.41. It says: Totals by day are in.\n" +
			"Next: vers_lt_read for the whole answer, vers_lt_send for more work.",
	);
});

test("the next completion counts only what came since the last", () => {
	const entries = session(
		asked(0),
		work(10, changed(["a.ts"], [])),
		answer(20, "first", 1),
		asked(100),
		answer(142, "second", 0.5),
	);
	expect(completion({ ...standing, told: "e2" }, look(entries))).toContain(
		": no files changed, 42s, $0.50. It says: second",
	);
});

test("a completion says what is there of what was due", () => {
	const entries = session(asked(0), answer(1, "yes", 0.1));
	expect(completion(standing, look(entries), "Missing: a.md is not there.")).toContain(
		": no files changed, 1s, $0.10. Missing: a.md is not there. It says: yes",
	);
});

test("a stop names the limit that won, the cost, where what there is stands, and how it goes on", () => {
	const bound = begin("01JD00000000000000000007F2", { task: "01JD31" }, courseOf(standing, 0), BOUND_DEFAULTS);
	const stop = stopOf(bound, "30 turns", look(session(asked(0))));
	expect(stopped({ ...standing, costUsd: 0.9 }, stop, "/h/a.md")).toBe(
		"usage was stopped: 30 turns, 0 files, $0.90. Due was a report; what there is stands in report r7f2: /h/a.md. Task 01JD31 goes back to the board with it.\n" +
			"Next: read the report; vers_lt_resume goes on from its session with a fresh allowance.",
	);
});

test("a report says who made it, of which task where there is one, what was due and what was used", () => {
	const at = "2026-01-01T00:00:00.000Z";
	const made = (task: string | undefined): string => {
		const bound = begin("b", task === undefined ? {} : { task }, courseOf(standing, 0), BOUND_DEFAULTS);
		const seen = look(session(asked(0)));
		return reportText(standing, seen, stopOf(bound, "30 turns", seen), at);
	};
	expect(made("01JD31")).toContain(`Made by its host at ${at}, not by the model. Task 01JD31.\n`);
	expect(made(undefined)).toContain(`Made by its host at ${at}, not by the model.\n`);
	expect(made(undefined)).toMatch(/Due was a report; the cap was 30 turns or \$2\.00; used: 0\/30 turns, /);
});

test("a report names each thing that was looked at once, with how often, and what was said last", () => {
	const bound = begin("b", {}, courseOf(standing, 0), BOUND_DEFAULTS);
	const seen = look(session(asked(0), ...reading(1, "one"), ...reading(2, "two"), answer(3, "still reading", 0.1)));
	const report = reportText(standing, seen, stopOf(bound, "30 turns", seen), "2026-01-01T00:00:00.000Z");
	expect(report).toContain("## What it looked at\n- read a.txt (2 times)\n\n");
	expect(report).toContain("## What it said last\nstill reading\n");
	const idle = look(session(asked(0)));
	expect(reportText(standing, idle, stopOf(bound, "30 turns", idle), "2026-01-01T00:00:00.000Z")).toContain(
		"## What it changed\nNothing.\n\n## What it looked at\nNothing.\n\n## What it said last\nNothing.\n",
	);
});

test("deaths say how, and what follows", () => {
	const end: LifeEnd = { code: null, signal: "SIGKILL", stderr: "", cause: { type: "killed", signal: "SIGKILL" } };
	expect(death(standing, end)).toBe(
		"usage's process ended (killed by SIGKILL, life 1). It is being started again from its session and goes on where it was.",
	);
	const cause = { type: "exited", code: 1 } as const;
	const crash: LifeEnd = { code: 1, signal: null, stderr: "warning\nNo model 'nobody/nothing'\n", cause };
	expect(unborn(crash)).toBe("its pi did not start (exit code 1): No model 'nobody/nothing'");
	expect(parked(crash)).toBe(
		"its process ended three times within 10 minutes, last: exit code 1 (No model 'nobody/nothing')",
	);
});

test("each kind of silence and of end has words of its own, and its own way on", () => {
	expect(stuck(standing, { type: "frozen", pid: 77 })).toBe(
		"usage stalled 01JD0000000000000000000031: its process 77 is frozen, stopped by a signal.\n" +
			"Nothing is lost and nothing was ended. Next: `kill -CONT 77` lets it go on; vers_lt_pause and vers_lt_resume start it anew from its session.",
	);
	const silences: readonly Cause[] = [
		{ type: "unresponsive", seconds: 75 },
		{ type: "silent-stream", seconds: 90 },
		{ type: "provider-error", runs: 5 },
	];
	const ends: readonly Cause[] = [
		{ type: "killed", signal: "SIGKILL" },
		{ type: "exited", code: 1 },
		{ type: "out-of-memory", of: "machine" },
		{ type: "out-of-memory", of: "process" },
		{ type: "disk-full", path: "/h", freeMb: 3 },
		{ type: "unseen" },
	];
	const told = [
		...silences.map((cause) => stuck(standing, cause)),
		...ends.map((cause) => death(standing, { code: null, signal: null, stderr: "", cause })),
	];
	expect(new Set(told).size).toBe(told.length);
	expect(told[6]).toBe(
		"usage's process ended (out of memory: its own heap was full, life 1). It is being started again from its session and goes on where it was. It held too much at once: give it smaller steps, or a fresh lieutenant.",
	);
});
