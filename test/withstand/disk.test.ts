/** A full disk: what cannot be kept is refused in words, what was kept stays, and with space it goes on. */
import { describe, expect, test } from "vitest";
import { createClient } from "../../src/client/client.ts";
import * as log from "../../src/contract/log.ts";
import { Outbox } from "../../src/host/store/outbox.ts";
import { Store } from "../../src/host/store/store.ts";
import { realWorld } from "../../src/world/real.ts";
import { ADMIN, realHub } from "../client/real-hub.ts";
import { smallDisk } from "../support/small-disk.ts";

const world = realWorld();

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
