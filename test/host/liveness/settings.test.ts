import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { LIVENESS_DEFAULTS, livenessSchema, livenessSettings } from "../../../src/host/liveness/settings.ts";

const docs = (name: string): string => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), "utf8");

test("what is said holds; what cannot be read is named, and the default holds", () => {
	const { settings, problems } = livenessSettings({ liveness: { probeSeconds: 5, answerSeconds: 1_000, nap: 1 } });
	expect(settings).toEqual({ ...LIVENESS_DEFAULTS, probeSeconds: 5 });
	expect(problems).toEqual([
		"liveness.answerSeconds must be a number from 1 to 45; it stays 45",
		"there is no setting liveness.nap",
	]);
});

test("a frozen process is told within 90 s whatever the settings say", () => {
	const { probeSeconds, answerSeconds } = livenessSchema.properties;
	// And one look every five seconds.
	expect(probeSeconds.maximum + answerSeconds.maximum + 5).toBeLessThanOrEqual(90);
});

test("the settings are documented with their defaults", () => {
	const [, settings = ""] = docs("liveness.md").split("## Settings");
	const rows = settings.split("\n").filter((line) => /^\| `\w+` \|/.test(line));
	expect(rows.map((row) => row.split("|").map((cell) => cell.trim()))).toEqual(
		Object.entries(livenessSchema.properties).map(([name, { minimum, maximum, default: usual, description }]) => [
			...["", `\`${name}\``, `${minimum} to ${maximum}`, `\`${usual}\``, description, ""],
		]),
	);
});

test("the settings have a schema for editors", () => {
	const schema: { properties: { liveness: unknown } } = JSON.parse(docs("settings.schema.json"));
	expect(schema.properties.liveness).toEqual(livenessSchema);
});
