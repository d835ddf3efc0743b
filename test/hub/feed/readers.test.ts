import { expect, test } from "vitest";
import { trim } from "../../../src/hub/feed/readers.ts";
import type { World } from "../../../src/world.ts";
import { makeFolder } from "../../support/folder.ts";
import { type Body, testHub, worldAt } from "../support.ts";

const DAY = 24 * 3_600_000;

/** A hub whose clock stands where the test puts it, with so many events of the first day. */
async function filled(events: number) {
	let now = Date.parse("2026-01-01T00:00:00Z");
	const world = worldAt(() => now);
	const folder = makeFolder();
	const first = await testHub({ folder, world });
	const tokens = { ann: await first.mint("lieutenant", "ann"), bob: await first.mint("lieutenant", "bob") };
	await first.hub.close();
	const storage = world.files.database(`${folder}/hub.db`);
	storage.exec("begin");
	const insert = storage.prepare(
		"insert into feed (id, timestamp, agent, type, summary) values (?, '2026-01-01T00:00:00.000Z', 'seed', 'custom', ?)",
	);
	for (let n = 0; n < events; n++) insert.run(`00SEED${String(n).padStart(20, "0")}`, `e${n}`);
	storage.exec("commit");
	storage.close();
	const again = await testHub({ folder, world });
	const wait = (ms: number): void => {
		now += ms;
	};
	return { ...again, tokens, wait, folder, world };
}

const oldest = async (done: Awaited<ReturnType<typeof testHub>>["done"]): Promise<Body> =>
	(await done("GET", "/feed/events?since=0&limit=1"))[0];

test("a reader's place is its own, goes only on, and says what is unread", async () => {
	const { done, ask, mint } = await testHub();
	const ann = { token: await mint("lieutenant", "ann") };
	const bob = { token: await mint("lieutenant", "bob") };
	const events: Body[] = [];
	for (let i = 0; i < 5; i++) events.push(await done("POST", "/feed/events", { type: "custom", summary: "x" }, ann));
	const upto = (n: number) => ({ upto: events[n].id });
	const first = await done("POST", "/feed/readers/page", upto(2), ann);
	expect(first).toMatchObject({ name: "page", by: "ann", seq: events[2].seq, unread: 2 });
	expect(await done("POST", "/feed/readers/page", upto(0), ann)).toMatchObject({ seq: events[2].seq });
	expect(await done("POST", "/feed/readers/page", { upto: "999999" }, bob)).toMatchObject({ by: "bob", unread: 0 });
	expect((await ask("POST", "/feed/readers/page", { upto: "never!" }, ann)).status).toBe(400);
	expect((await done("GET", "/feed/readers")).readers.map((reader: Body) => reader.by)).toEqual(["ann", "bob"]);
	await done("DELETE", "/feed/readers/page", undefined, bob);
	expect((await ask("DELETE", "/feed/readers/page", undefined, bob)).status).toBe(404);
	expect((await done("GET", "/feed/readers")).count).toBe(1);
});

test("what is old, beyond the newest ten thousand and read by all is forgotten, and what was is said", async () => {
	const { done, hub, tokens, wait, folder, world } = await filled(12_000);
	await done("POST", "/feed/readers/slow", { upto: "700" }, { token: tokens.ann });
	await done("POST", "/feed/readers/quick", { upto: "9000" }, { token: tokens.bob });
	const { total } = await done("GET", "/feed/stats");
	await hub.close();
	const run = async (): Promise<void> => {
		const { database, close } = await opened(folder, world);
		await trim({ database, world });
		await close();
	};
	await run();
	expect((await oldest((await testHub({ folder, world })).done)).seq).toBe(1);
	wait(29 * DAY);
	const later = await testHub({ folder, world });
	await later.done("POST", "/feed/readers/slow", { upto: "700" }, { token: tokens.ann });
	await later.done("POST", "/feed/readers/quick", { upto: "9000" }, { token: tokens.bob });
	await later.hub.close();
	wait(2 * DAY);
	await run();
	const after = await testHub({ folder, world });
	expect((await oldest(after.done)).seq).toBe(701);
	const [event] = await after.done("GET", "/feed/events?type=feed_trimmed&limit=1");
	expect(event).toMatchObject({ agent: "hub", detail: { upto: 700, events: 700 } });
	expect((await after.done("GET", "/feed/stats")).total).toBe(total - 700 + 1);
	await after.done("POST", "/feed/readers/slow", { upto: "11000" }, { token: tokens.ann });
	await after.done("POST", "/feed/readers/quick", { upto: "11000" }, { token: tokens.bob });
	await after.hub.close();
	await run();
	const last = await testHub({ folder, world });
	const kept = await last.done("GET", "/feed/stats");
	expect(kept.total).toBeGreaterThanOrEqual(10_000);
	expect((await oldest(last.done)).seq).toBeGreaterThan(2_000);
});

test("the counts follow a trimming while the hub runs; a reader that stays away for a month holds nothing back", async () => {
	const { done, tokens, wait, hub, folder, world } = await filled(11_500);
	await done("POST", "/feed/readers/gone", { upto: "1" }, { token: tokens.ann });
	await hub.close();
	wait(31 * DAY);
	// The chore runs by the hub's own timer: here its hour is a moment.
	const quick = {
		...world,
		clock: {
			...world.clock,
			every: (ms: number, run: () => void) => world.clock.every(ms === 3_600_000 ? 20 : ms, run),
		},
	};
	const live = await testHub({ folder, world: quick });
	const trimmed = async (): Promise<Body> => (await live.done("GET", "/feed/events?type=feed_trimmed&limit=9")).at(-1);
	await expect.poll(trimmed, { timeout: 10_000 }).toBeDefined();
	await expect.poll(async () => (await oldest(live.done)).seq, { timeout: 10_000 }).toBeGreaterThan(1_400);
	expect(await live.done("GET", "/feed/readers")).toMatchObject({ count: 0 });
	const stats = await live.done("GET", "/feed/stats");
	expect(Object.values<number>(stats.byType).reduce((sum, n) => sum + n, 0)).toBe(stats.total);
	const rows = world.files.database(`${folder}/hub.db`);
	expect(rows.prepare("select count(*) as n from feed").get()).toEqual({ n: stats.total });
	rows.close();
});

async function opened(folder: string, world: World) {
	const { createDatabase, openStorage } = await import("../../../src/hub/database/database.ts");
	const { createPublisher } = await import("../../../src/hub/feed/event.ts");
	const { createIds } = await import("../../../src/hub/ids.ts");
	const { loadModules } = await import("../../../src/hub/modules.ts");
	const storage = openStorage(world, folder, (await loadModules(world)).schemas);
	const greatest = storage.reading.get<{ id: string }>("select max(id) as id from feed")?.id;
	const publisher = createPublisher(world, createIds(world, greatest));
	const database = createDatabase({ world, storage, publisher, deliver: () => undefined });
	return { database, close: () => database.close() };
}
