import { renameSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { livingDaemon } from "../../src/daemon/run-file.ts";
import { until } from "../support/until.ts";
import { begin, flagship, shell, world } from "./support.ts";

test("logs shows what a daemon has said, for people and as JSON, by daemon, level and number", async () => {
	const at = shell();
	expect(await flagship(at, "logs")).toEqual({ code: 0, out: "Nothing was logged at this level.\n", err: "" });
	await flagship(at, "hub", "start");
	const hub = livingDaemon(world, at.home, "hub");
	if (hub === undefined) throw new Error("no hub");
	world.spawn.kill(hub, "SIGKILL");
	await until(async () => (await flagship(at, "logs", "--level", "error")).out.includes("ended (crash)"), "a crash");
	await until(() => livingDaemon(world, at.home, "hub") !== undefined, "the hub again");
	await flagship(at, "stop");
	const all = (await flagship(at, "logs")).out.trimEnd().split("\n");
	expect(all).toEqual([
		expect.stringMatching(/^\S+Z hub: \S+ answers at http:/),
		expect.stringMatching(/^\S+Z hub loop: ended \(crash\); starting/),
		expect.stringMatching(/^\S+Z hub: \S+ answers at http:/),
		expect.stringMatching(/^\S+Z hub: ends: asked to end$/),
	]);
	const { out } = await flagship(at, "logs", "hub", "--lines", "1", "--json");
	const entry = { at: expect.any(String), level: "info", who: "hub", text: "ends: asked to end" };
	expect(JSON.parse(out)).toEqual(entry);
	expect((await flagship(at, "logs", "--level", "error")).out.trimEnd().split("\n")).toHaveLength(1);
	expect((await flagship(at, "logs", "host", "--json")).out).toBe("");
});

test("logs --follow tells what comes, also after the log was put aside, and ends at Ctrl-C", async () => {
	const at = shell();
	await flagship(at, "hub", "start");
	const { child, said, end } = begin(at, ["logs", "--follow", "--json"]);
	const texts = () =>
		said.out
			.split("\n")
			.filter((line) => line !== "")
			.map((line) => JSON.parse(line).text);
	await until(() => texts().length === 1, "what was there");
	const log = join(at.home.run, "hub.log");
	renameSync(log, `${log}.old`);
	await flagship(at, "hub", "stop");
	await until(() => texts().length === 2, "what came");
	expect(texts()).toEqual([expect.stringMatching(/answers at/), "ends: asked to end"]);
	child.kill("SIGINT");
	expect(await end).toMatchObject({ code: 0, err: "" });
});

test("logs refuses what it does not know, in words", async () => {
	const at = shell();
	for (const [words, sentence] of [
		[["vm"], "'vm' has no log; there are: hub, host."],
		[["--level", "loud"], "--level is one of info, warn, error."],
		[["--lines", "0"], "--lines is a whole number from 1."],
		[["--tail"], "--tail"],
	] as const) {
		const { code, err } = await flagship(at, "logs", ...words);
		expect([code, err.includes(sentence)], err).toEqual([2, true]);
	}
});
