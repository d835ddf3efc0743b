/** A disk that fills up under a fleet: a real one, small enough to be filled. */
import { writeFileSync } from "node:fs";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import * as contract from "../../../src/contract/lieutenants.ts";
import { type Room, roomOf, roomText, tightest } from "../../../src/host/liveness/disk.ts";
import { makeHome } from "../../support/home.ts";
import { TestHost } from "../../support/host.ts";
import { processesNaming } from "../../support/leftovers.ts";
import { makeModel } from "../../support/model.ts";
import { describeEachPi } from "../../support/pi.ts";
import { smallDisk } from "../../support/small-disk.ts";
import { until } from "../../support/until.ts";

const thresholds = { diskLowMb: 1_000, diskStopMb: 200 };

describe("room", () => {
	test("is ample, low or full, and comes back only with a margin", () => {
		const course = [5_000, 999, 1_050, 1_100, 150, 999, 1_050, 1_100];
		let room: Room = "ample";
		const rooms = course.map((free) => {
			room = roomOf(free, room, thresholds);
			return room;
		});
		expect(rooms).toEqual(["ample", "low", "low", "ample", "full", "full", "full", "ample"]);
	});

	test("wavering around a threshold by less than the margin changes it once", () => {
		fc.assert(
			fc.property(fc.array(fc.integer({ min: 950, max: 1_090 }), { minLength: 1, maxLength: 50 }), (course) => {
				let room: Room = roomOf(900, "ample", thresholds);
				for (const free of course) room = roomOf(free, room, thresholds);
				expect(room).toBe("low");
			}),
		);
	});

	test("of no threshold is never refused, and a lower one that is above the upper counts as the upper", () => {
		expect(roomOf(0, "ample", { diskLowMb: 0, diskStopMb: 0 })).toBe("ample");
		expect(roomOf(400, "ample", { diskLowMb: 10, diskStopMb: 500 })).toBe("full");
		expect(roomOf(500, "ample", { diskLowMb: 10, diskStopMb: 500 })).toBe("ample");
	});

	test("is that of the tightest disk; a folder that is gone says nothing", () => {
		const free: Readonly<Record<string, number>> = { "/home": 900, "/work": 30 };
		const files = {
			free: (path: string) => (free[path] ?? 0) * 1024 * 1024,
			stat: (path: string) => (path in free ? ({ kind: "folder" } as never) : undefined),
		};
		expect(tightest(files, ["/home", "/work", "/gone"])).toEqual({ path: "/work", freeMb: 30 });
	});

	test("is told in one sentence for all, with what to do", () => {
		expect(roomText("full", ["ada", "bo"], { path: "/w", freeMb: 120 }, thresholds)).toBe(
			"The disk is nearly full: 120 MB free on the disk of /w. ada, bo were paused; sessions and messages are kept.\n" +
				"Next: free space. With 1000 MB free ada, bo go on by themselves.",
		);
	});
});

const hosts: TestHost[] = [];
afterEach(() => {
	for (const host of hosts.splice(0)) host.end();
});

await describeEachPi("a disk that fills up", (pi) => {
	const begin = async (liveness: Readonly<Record<string, number>>, folder: string) => {
		const sleep = { toolCalls: [{ name: "bash", arguments: { command: "sleep 60" } }] };
		const script = { agents: { ada: [sleep, { text: "went on" }], bo: [sleep, { text: "went on" }] } };
		const model = await makeModel({ script });
		const home = makeHome({ model });
		writeFileSync(`${folder}/settings.json`, JSON.stringify({ liveness }));
		const host = new TestHost({ ...home, flagship: folder }, pi);
		hosts.push(host);
		await host.start();
		for (const name of ["ada", "bo"]) {
			await host.create({ name });
			await host.send(name, `words-for-${name}`);
			await until(async () => (await host.status(name))?.tool !== undefined, "its tool", 20_000);
		}
		return { host, home, model };
	};
	const told = (host: TestHost) => host.notices.map(({ type }) => type);

	test("refuses new work, then pauses what runs, and lets it go on with space; each is told once for all", async (context) => {
		const disk = smallDisk(32);
		if (disk === undefined) return context.skip("a small disk cannot be mounted here");
		const { host, home, model } = await begin({ diskLowMb: 12, diskStopMb: 7 }, disk.folder);

		disk.fill(10);
		const low = await until(() => host.notices[0], "the first notice", 15_000);
		expect(low).toMatchObject({ type: "machine", cause: { type: "disk-full", path: disk.folder } });
		expect(low.text).toMatch(/^The disk is getting full: \d+ MB free .* ada, bo go on with what there is\./);
		await expect(host.create({ name: "cy" })).rejects.toThrow(/MB free; new work needs 12 MB/);
		await expect(host.send("ada", "more")).rejects.toThrow(/MB free; new work needs 12 MB/);
		await host.send("ada", "make room", { mode: "steer" });
		expect((await host.status("bo"))?.state).toBe("working");

		disk.fill(5);
		await until(() => host.notices.length > 1, "the second notice", 15_000);
		for (const name of ["ada", "bo"])
			expect(await host.state(name, "paused")).toMatchObject({ cause: { type: "disk-full" }, lives: 1 });
		await until(() => processesNaming(`${home.root}/agent`).length === 1, "the end of both", 15_000);
		await expect(host.client.call(contract.resume, { name: "bo" })).rejects.toThrow("MB free");
		// What it was told survives the host, and so does the way back.
		await host.kill();
		await host.start();

		disk.free();
		await until(() => told(host).filter((type) => type === "completion").length === 2, "both completions", 50_000);
		expect(told(host).filter((type) => type !== "completion")).toEqual(["machine", "limit", "machine"]);
		expect(host.notices[2]?.text).toMatch(/^There is room again: .* ada, bo go on\.$/);
		for (const name of ["ada", "bo"]) {
			const ends = (await host.quiet(name)).map(({ receipt }) => receipt);
			expect(new Set(ends)).toEqual(new Set(["consumed"]));
			const asked = model.requests.filter(({ key }) => key === name).map(({ body }) => JSON.stringify(body));
			expect(Math.max(...asked.map((body) => body.split(`words-for-${name}`).length - 1))).toBe(1);
		}
	});

	test("a death that cannot be stored is told as soon as there is space, once", async (context) => {
		const disk = smallDisk(16);
		if (disk === undefined) return context.skip("a small disk cannot be mounted here");
		const { host, home } = await begin({ diskLowMb: 0, diskStopMb: 0 }, disk.folder);
		disk.fill();
		const agents = processesNaming(`${home.root}/agent`).filter((pid) => pid !== host.pid);
		for (const pid of agents) process.kill(pid, "SIGKILL");
		await until(() => /full/.test(host.complaints), "the host's complaint", 15_000);
		expect(told(host)).toEqual([]);
		disk.free();
		await until(() => told(host).filter((type) => type === "completion").length === 2, "both completions", 50_000);
		expect(told(host).filter((type) => type === "death")).toHaveLength(2);
	});
});
