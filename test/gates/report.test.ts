import { describe, expect, it } from "vitest";
import { gateLines, gateReport } from "../../src/gates/report.ts";
import { GATE_DEFAULTS } from "../../src/gates/settings.ts";

const event = (gate: unknown, verdict: unknown, summary = "Not pushed: main") => ({
	timestamp: "2026-01-01T00:00:00.000Z",
	agent: "ada",
	summary,
	metadata: { gate, verdict },
});

describe("what the gates say of themselves", () => {
	it("what is on, how often each fired, and the last of it", () => {
		const fired = [
			event("pushToMain", "refused"),
			event("pushToMain", "refused", "Not run: --no-verify\nmore"),
			event("pushToMain", "granted"),
			event("evidence", "refused", "Task T is not done"),
			event(undefined, "x"),
			{ ...event("board", "auto"), metadata: null },
		];
		const lines = gateLines({ ...GATE_DEFAULTS, board: "warn", problems: ["there is no setting gates.x"] }, fired);
		expect(lines).toContain("pushToMain      enforce  2 refused, 1 granted");
		expect(lines).toContain("board           warn   ");
		expect(lines).toContain("evidence        warn     (gates.board)  1 refused");
		expect(lines).toContain("2026-01-01T00:00:00.000Z ada pushToMain refused: Not run: --no-verify");
		expect(lines.at(-1)).toBe("! there is no setting gates.x");
		expect(lines.join("\n")).not.toContain("more");
	});

	it("the same as data: rows with counts by verdict, the last events, what is wrong with the settings", () => {
		const fired = [event("pushToMain", "refused"), event("pushToMain", "granted"), event(undefined, "x")];
		const report = gateReport({ ...GATE_DEFAULTS, problems: ["p"] }, fired);
		expect(report.gates).toContainEqual({ name: "pushToMain", mode: "enforce", fired: { refused: 1, granted: 1 } });
		expect(report.gates).toContainEqual({ name: "workLog", mode: "enforce", fired: {} });
		const { metadata: _metadata, ...last } = event("pushToMain", "granted");
		expect(report.events.at(-1)).toEqual({ ...last, gate: "pushToMain", verdict: "granted" });
		expect([report.events.length, report.problems, report.unknown]).toEqual([2, ["p"], undefined]);
		expect(gateReport(GATE_DEFAULTS, { unknown: "why" })).toMatchObject({ events: [], unknown: "why" });
	});

	it("what could not be heard, and why, whatever that was", () => {
		const lines = gateLines(GATE_DEFAULTS, { unknown: "The hub cannot write its database: the disk is full." });
		expect(lines).toContain("What fired is not known. The hub cannot write its database: the disk is full.");
		expect(lines).toContain("workLog         enforce");
	});
});
