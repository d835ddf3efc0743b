import { describe, expect, test } from "vitest";
import { clock } from "../../src/world/clock.ts";
import { random } from "../../src/world/random.ts";
import { spawn } from "../../src/world/spawn.ts";
import { until } from "../support/until.ts";

describe("clock", () => {
	test("a timer runs once, a cancelled one never, a repeated one until it is cancelled", async () => {
		const seen: string[] = [];
		clock.after(5, () => seen.push("cancelled")).cancel();
		clock.after(10, () => seen.push("once"));
		const again = clock.every(5, () => seen.push("again"));
		await until(() => seen.filter((what) => what === "again").length >= 3 && seen.includes("once"), "the timers");
		again.cancel();
		expect(seen).not.toContain("cancelled");
		expect(seen.filter((what) => what === "once")).toHaveLength(1);
	});

	test("timers keep no process alive", async () => {
		const url = new URL("../../src/world/clock.ts", import.meta.url).href;
		const script = `const { clock } = await import(${JSON.stringify(url)}); clock.after(3e5, () => {}); clock.every(3e5, () => {}); clock.soon(() => console.log("soon"));`;
		const ran = await spawn.run(process.execPath, ["--input-type=module", "-e", script], { timeout: 60_000 });
		expect(ran).toMatchObject({ code: 0, stdout: "soon\n", timedOut: false });
	});
});

describe("random", () => {
	test("bytes differ, fractions stay in their interval", () => {
		expect(random.bytes(16)).toHaveLength(16);
		expect(random.bytes(16)).not.toEqual(random.bytes(16));
		for (let n = 0; n < 1000; n++) {
			const fraction = random.fraction();
			expect(fraction >= 0 && fraction < 1).toBe(true);
		}
	});
});
