import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
	GATE_DEFAULTS,
	GATES,
	gateSettings,
	gatesEnvironment,
	gatesSchema,
	MODES,
	tighten,
} from "../../src/gates/settings.ts";

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
		const settings = gateSettings(
			{ gates: { workLog: "warn", quietTools: ["a", "b"], deployCommands: ["npm run deploy"], deployMinutes: 5 } },
			{},
		);
		expect(gateSettings({}, { FLAGSHIP_GATES: gatesEnvironment(settings) })).toEqual(settings);
	});

	it.each([
		[{ gates: { workLog: "of" } }, {}],
		[{ gates: "off" }, {}],
		[{ gates: { worklog: "off" } }, {}],
		[{ gates: { quietTools: "bash", workLog: 0 } }, {}],
		[{ gates: { deployMinutes: 0 } }, {}],
		[{}, { FLAGSHIP_SET: "gates.deployMinutes=an hour" }],
		[{}, { FLAGSHIP_SET: "gates.workLog" }],
		[{}, { FLAGSHIP_GATES: "workLog=OFF" }],
	])("what cannot be read loosens nothing and is named: %j %j", (values, env) => {
		const settings = gateSettings(values, env);
		expect(settings.workLog).toBe("enforce");
		expect(settings.problems.length).toBeGreaterThan(0);
	});
});

describe("a project's file", () => {
	const all = (mode: string) => Object.fromEntries(GATES.map((name) => [name, mode]));
	const file = (gates: unknown) => JSON.stringify({ gates });

	it("makes every gate stricter, none looser, whatever it says", () => {
		for (const [fixed, asked] of MODES.flatMap((a) => MODES.map((b) => [a, b] as const))) {
			const settings = gateSettings({ gates: all(fixed) }, {});
			const stricter = MODES.indexOf(asked) > MODES.indexOf(fixed) ? asked : fixed;
			const tightened = tighten(settings, file(all(asked)));
			expect(tightened).toMatchObject(all(stricter));
			expect(tightened.problems).toHaveLength(MODES.indexOf(asked) < MODES.indexOf(fixed) ? GATES.length : 0);
		}
	});

	it("adds protected branches and takes none away; what opens a gate it may not set", () => {
		const tightened = tighten(
			GATE_DEFAULTS,
			file({ protectedBranches: ["trunk"], pushGrants: ["ada"], quietTools: ["bash"] }),
		);
		expect(tightened).toMatchObject({
			protectedBranches: ["main", "master", "trunk"],
			pushGrants: [],
			quietTools: [],
		});
		expect(tightened.problems).toHaveLength(2);
	});

	it("adds deploy commands and shortens the time for a backup; it lengthens none", () => {
		const tightened = tighten(GATE_DEFAULTS, file({ deployCommands: ["make ship"], deployMinutes: 5 }));
		expect(tightened).toMatchObject({ deployCommands: ["make ship"], deployMinutes: 5, problems: [] });
		expect(tighten(tightened, file({ deployMinutes: 600 })).deployMinutes).toBe(5);
	});

	it.each(["", "[]", "null", '{"gates": []}', "{"])("%j changes nothing and is named", (text) => {
		const tightened = tighten(GATE_DEFAULTS, text);
		expect(tightened).toMatchObject({ ...GATE_DEFAULTS, problems: [expect.stringContaining(".pi/flagship.json")] });
	});

	it("is not there: nothing changes", () => expect(tighten(GATE_DEFAULTS, undefined)).toBe(GATE_DEFAULTS));
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
				"enum" in property
					? property.enum.map((value) => `\`${value}\``).join(", ")
					: property.type === "integer"
						? "a whole number from 1"
						: "a list of names",
				`\`${typeof property.default === "string" ? property.default : JSON.stringify(property.default)}\``,
				property.description,
				"",
			]),
		);
		const defaults = Object.entries(gatesSchema.properties).map(([name, property]) => [name, property.default]);
		expect(GATE_DEFAULTS).toEqual({ ...Object.fromEntries(defaults), problems: [] });
	});

	it("has the schema for editors", () => {
		const schema: { properties: { gates: unknown } } = JSON.parse(docs("settings.schema.json"));
		expect(schema.properties.gates).toEqual(gatesSchema);
	});
});
