/** A full disk: what cannot be kept is refused in words, what was kept stays, and with space it goes on. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createClient } from "../../src/client/client.ts";
import * as contract from "../../src/contract/lieutenants.ts";
import * as log from "../../src/contract/log.ts";
import { Outbox } from "../../src/host/store/outbox.ts";
import { Store } from "../../src/host/store/store.ts";
import { realWorld } from "../../src/world/real.ts";
import { ADMIN, realHub } from "../client/real-hub.ts";
import { atEnd } from "../support/cleanup.ts";
import { TestHost } from "../support/host.ts";
import { makeHome, makeModel, PACKAGE } from "../support/pi.ts";
import { pis } from "../support/pis.ts";
import { smallDisk } from "../support/small-disk.ts";
import { until } from "../support/until.ts";

const world = realWorld();
const [pi] = await pis();
if (pi === undefined) throw new Error("there is no pi");

describe("on a full disk", () => {
	test("the hub refuses to keep more, says why, loses nothing and goes on when there is space", async (context) => {
		const disk = smallDisk(8);
		if (disk === undefined) return context.skip("a small disk cannot be mounted here");
		const hub = await realHub(disk.folder);
		const client = createClient({ world, version: "0.1.0", resolve: () => ({ url: hub.url, token: ADMIN }) });
		const append = (text: string) => client.call(log.append, { text, agent: "ada" });
		const kept = [(await append("before")).id];
		disk.fill();
		let refused: unknown;
		for (let i = 0; refused === undefined && i < 500; i++) {
			try {
				kept.push((await append(`${i} ${"x".repeat(16_000)}`)).id);
			} catch (thrown) {
				refused = thrown;
			}
		}
		expect(refused).toMatchObject({ code: "storage_failed" });
		expect(String(refused)).toMatch(/full/);
		const { entries } = await client.call(log.query, { last: "1d" });
		expect(entries.map((entry) => entry.id)).toEqual(kept);
		disk.free();
		kept.push((await append("after")).id);
		expect((await client.call(log.query, { last: "1d" })).entries.map((entry) => entry.id)).toEqual(kept);
		await hub.close();
	});

	test("the host starts, says so, and goes on when there is space", async (context) => {
		const disk = smallDisk(48);
		if (disk === undefined) return context.skip("a small disk cannot be mounted here");
		const model = await makeModel({ script: { default: { text: "noted" } } });
		const made = makeHome({ model });
		const home = { ...made, env: { ...made.env, FLAGSHIP_HOME: `${disk.folder}/f` }, flagship: `${disk.folder}/f` };
		mkdirSync(home.flagship, { mode: 0o700 });
		// Room as on any disk: what a full one does to work has tests of its own.
		writeFileSync(`${home.flagship}/settings.json`, JSON.stringify({ liveness: { diskLowMb: 3, diskStopMb: 2 } }));
		const flagship = (...args: string[]) => {
			const options = { env: home.env, encoding: "utf8" as const };
			return spawnSync(process.execPath, ["--no-warnings", `${PACKAGE}/bin/flagship.mjs`, ...args], options);
		};
		atEnd(() => void flagship("stop"));
		const log = () => readFileSync(`${home.flagship}/run/host.log`, "utf8");
		const address = () => {
			const { status, stdout, stderr } = flagship("host", "start");
			expect([status, stderr]).toEqual([0, ""]);
			return /unix:\S+\w/.exec(stdout)?.[0] ?? "";
		};
		address();
		const reserve = `${home.flagship}/reserve`;
		await until(() => existsSync(reserve) && statSync(reserve).size >= 4 * 1024 * 1024, "space that is kept", 30_000);
		flagship("host", "stop");
		disk.fill();
		const host = new TestHost(home, pi);
		await host.join(address());
		expect(log()).toMatch(/the disk is full; it starts on what \S+reserve kept for this/);
		expect(existsSync(reserve)).toBe(false);
		expect((await host.client.call(contract.status, {})).lieutenants).toEqual([]);
		// It may not be full enough for its own start any more, and still is for work.
		disk.fill();
		await expect(host.create({ name: "ada" })).rejects.toMatchObject({ code: "disk_low" });
		disk.free();
		await host.create({ name: "ada" });
		await host.state("ada", "idle", 60_000);
		await until(() => existsSync(reserve), "space that is kept again", 30_000);
		await host.client.call(contract.destroy, { name: "ada" });
		host.client.close();
	}, 120_000);

	test("the host's outbox takes a message whole or not at all", (context) => {
		const disk = smallDisk(2);
		if (disk === undefined) return context.skip("a small disk cannot be mounted here");
		const store = new Store(world.files.database(`${disk.folder}/host.db`), disk.folder);
		const outbox = new Outbox(store);
		const ask = (id: string) =>
			store.transaction(() =>
				outbox.add("ada", { id, n: 1, mode: "prompt", text: "x".repeat(50_000), receipt: "queued" }, "now"),
			);
		ask("first");
		disk.fill();
		const asked: string[] = ["first"];
		let refused: unknown;
		for (let i = 0; refused === undefined && i < 200; i++) {
			try {
				ask(`m${i}`);
				asked.push(`m${i}`);
			} catch (thrown) {
				refused = thrown;
			}
		}
		expect(String(refused)).toMatch(/full/);
		expect(outbox.open("ada").map((message) => message.id)).toEqual(asked);
		disk.free();
		ask("last");
		expect(outbox.open("ada").map((message) => message.id)).toEqual([...asked, "last"]);
		store.close();
	});
});
