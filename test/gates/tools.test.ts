import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { contractFolder, loadOperations } from "../../src/fleet/catalog.ts";
import { testCounts } from "../../src/gates/tools.ts";

const operations = await loadOperations(readdirSync(contractFolder));
const effect = (tool: string, input: unknown) => operations.find((one) => one.tool === tool)?.effect?.(input);

describe("what our own tools leave behind", () => {
	it.each([
		["vers_lt_create", { name: "docs", role: "writes" }, "created lieutenant docs"],
		["vers_lt_send", { name: "docs", message: "go" }, "gave work to docs"],
		["vers_lt_send", { name: "docs", message: "go", mode: "steer" }, undefined],
		["vers_lt_destroy", { name: "*" }, "ended all lieutenants"],
		["vers_lt_status", {}, undefined],
		["board_update_task", { id: "x" }, undefined],
	])("%s %j: %s", (tool, input, expected) => {
		expect(operations.map((one) => one.tool)).toContain(tool);
		expect(effect(tool, input)).toBe(expected);
	});

	it("is declared by no operation that only reads", () => {
		expect(operations.filter((one) => one.effect !== undefined && one.method === "GET")).toEqual([]);
	});
});

describe("test counts in an output", () => {
	it.each([
		["\n Test Files  3 passed (3)\n      Tests  35 passed (35)\n", [3, 35]],
		["  12 passing (40ms)\n  1 failing", [12]],
		["# tests 8\n# pass 8\n# fail 0", [8]],
		["test result: ok. 21 passed; 0 failed", [21]],
		["===== 7 passed, 2 skipped in 0.10s =====", [7]],
		["Ran 14 tests in 0.002s\n\nOK", [14]],
		["hello 2024", []],
	])("%j", (output, counts) => {
		expect([...testCounts(output)].sort((a, b) => a - b)).toEqual(counts);
	});
});
