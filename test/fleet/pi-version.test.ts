import { expect, it } from "vitest";
import { knowsExposure, piVersion, tooOld } from "../../src/fleet/pi-version.ts";

it("is the version of the pi that loads us", async () => {
	expect(await piVersion()).toBe("0.87.1");
});

it.each(["0.73.1", "0.86.9", "0 (Cannot find module)"])("refuses pi %s in words", (version) => {
	const refusal = tooOld(version);
	expect(refusal?.message).toMatch(/^Flagship needs pi 0\.87 or newer; this is (?:0\.\d+\.\d+|an older one)\.$/);
	expect(refusal?.remedy).toBe("Update pi.");
});

it.each([
	["0.87.0", false],
	["0.99.0", true],
	["1.5.2", true],
])("takes pi %s; it knows exposure: %s", (version, exposure) => {
	expect(tooOld(version)).toBeUndefined();
	expect(knowsExposure(version)).toBe(exposure);
});
