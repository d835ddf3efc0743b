import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { GATE_DEFAULTS, gateSettings, gatesEnvironment, gatesSchema } from "../../src/gates/settings.ts";

const docs = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");

describe("where a setting comes from", () => {
	it("nothing said: enforced", () => expect(gateSettings({}, {})).toEqual(GATE_DEFAULTS));

	it("each source is stronger than the one before", () => {
		const values = { gates: { workLog: "warn", quietTools: ["web_search"] } };
		expect(gateSettings(values, {})).toMatchObject({ workLog: "warn", quietTools: ["web_search"] });
		const env = { FLAGSHIP_SET: "idleMinutes=3, gates.workLog=off" };
		expect(gateSettings(values, env)).toMatchObject({ workLog: "off", problems: [] });
		expect(gateSettings(values, { ...env, FLAGSHIP_GATES: "workLog=enforce" })).toMatchObject({ workLog: "enforce" });
	});

	it("what a host fixes is what its lieutenants read", () => {
		const settings = gateSettings({ gates: { workLog: "warn", quietTools: ["a", "b"] } }, {});
		expect(gateSettings({}, { FLAGSHIP_GATES: gatesEnvironment(settings) })).toEqual(settings);
	});

	it.each([
		[{ gates: { workLog: "of" } }, {}],
		[{ gates: "off" }, {}],
		[{ gates: { worklog: "off" } }, {}],
		[{ gates: { quietTools: "bash", workLog: 0 } }, {}],
		[{}, { FLAGSHIP_SET: "gates.workLog" }],
		[{}, { FLAGSHIP_GATES: "workLog=OFF" }],
	])("what cannot be read loosens nothing and is named: %j %j", (values, env) => {
		const settings = gateSettings(values, env);
		expect(settings.workLog).toBe("enforce");
		expect(settings.problems.length).toBeGreaterThan(0);
	});
});

describe("documentation", () => {
	it("names each setting with its values and default", () => {
		const rows = docs("gates.md")
			.split("\n")
			.filter((line) => /^\| `\w+` \|/.test(line));
		expect(rows.map((row) => row.split("|").map((cell) => cell.trim()))).toEqual(
			Object.entries(gatesSchema.properties).map(([name, property]) => [
				"",
				`\`${name}\``,
				"enum" in property ? property.enum.map((value) => `\`${value}\``).join(", ") : "a list of names",
				`\`${typeof property.default === "string" ? property.default : JSON.stringify(property.default)}\``,
				property.description,
				"",
			]),
		);
		expect(GATE_DEFAULTS).toMatchObject({
			workLog: gatesSchema.properties.workLog.default,
			quietTools: gatesSchema.properties.quietTools.default,
		});
	});

	it("has the schema for editors", () => {
		const schema: { properties: { gates: unknown } } = JSON.parse(docs("settings.schema.json"));
		expect(schema.properties.gates).toEqual(gatesSchema);
	});
});
