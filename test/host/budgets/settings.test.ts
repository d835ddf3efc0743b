import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { budgetSettings, budgetsSchema } from "../../../src/host/budgets/settings.ts";

const docs = (name: string): string => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), "utf8");

test("without a word there is no limit, and a warning at 80 %", () => {
	expect(budgetSettings({}, "s")).toEqual({ fleetUsd: undefined, warnPercent: 80 });
	expect(budgetSettings({ budgets: { fleetUsd: 2.5 } }, "s")).toEqual({ fleetUsd: 2.5, warnPercent: 80 });
});

test.each([
	7,
	[],
	null,
	{ fleetUsd: 0 },
	{ fleetUsd: -5 },
	{ fleetUsd: 1e9 },
	{ fleetUsd: "5" },
	{ fleetUsd: null },
	{ warnPercent: 0 },
	{ warnPercent: 12.5 },
	{ fleet: 5 },
])("%j ends the start in words: nothing runs without the limit that was meant", (budgets) => {
	expect(() => budgetSettings({ budgets }, "/h/settings.json")).toThrow(
		/^Flagship cannot use \/h\/settings\.json: .*budgets/,
	);
});

test("the settings are documented, and have a schema for editors", () => {
	const { fleetUsd, warnPercent } = budgetsSchema.properties;
	expect(docs("budgets.md")).toContain(
		`| \`fleetUsd\` | ${fleetUsd.minimum} to ${fleetUsd.maximum} | no limit | ${fleetUsd.description} |`,
	);
	expect(docs("budgets.md")).toContain(
		`| \`warnPercent\` | ${warnPercent.minimum} to ${warnPercent.maximum} | \`${warnPercent.default}\` | ${warnPercent.description} |`,
	);
	const schema: { properties: { budgets: unknown } } = JSON.parse(docs("settings.schema.json"));
	expect(schema.properties.budgets).toEqual(budgetsSchema);
});
