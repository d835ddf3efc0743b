import { expect, test } from "vitest";
import type { Lieutenant } from "../../src/contract/lieutenants.ts";
import { fleetLines } from "../../src/fleet/present.ts";

test("one that was stopped shows the limit that won and its report", () => {
	const row: Lieutenant = {
		...{ id: "01JD", name: "deep", role: "x", state: "stopped", reason: "30 turns, 0 files → report r7f2" },
		...{ place: "vers", host: "h", owner: "me", cwd: "/w", pending: 0, turns: 30, tokens: 9, costUsd: 0.9, lives: 1 },
		...{ createdAt: "", changedAt: "" },
	};
	expect(fleetLines([row], 0)).toEqual([
		" fleet  1 stopped    $0.90",
		" ✗ deep  vers   stopped: 30 turns, 0 files → report r7f2              $0.90",
	]);
});

test("a fleet with a budget shows what it has spent of it, and one without only what it cost", () => {
	const row: Lieutenant = {
		...{ id: "01JD", name: "usage", role: "x", state: "working", place: "local", host: "h", owner: "me", cwd: "/w" },
		...{ pending: 0, turns: 3, tokens: 9, costUsd: 0.41, lives: 1, createdAt: "", changedAt: "" },
	};
	const head = (money?: { spentUsd: number; limitUsd?: number }) => fleetLines([row], 0, { money })[0];
	expect(head({ spentUsd: 1.84, limitUsd: 5 })).toBe(" fleet  1 working    $1.84 / $5.00");
	expect(head({ spentUsd: 0 })).toBe(" fleet  1 working    $0.41");
});
