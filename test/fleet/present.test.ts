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
