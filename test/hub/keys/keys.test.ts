import { expect, test } from "vitest";
import { createDatabase, openStorage } from "../../../src/hub/database/database.ts";
import { feedSchema } from "../../../src/hub/feed/schema.ts";
import { forgetOldKeys } from "../../../src/hub/keys/keys.ts";
import { keysSchema } from "../../../src/hub/keys/schema.ts";
import { realWorld } from "../../../src/world/real.ts";
import { makeFolder } from "../../support/folder.ts";
import { testHub } from "../support.ts";

const { ask, done, mint } = await testHub();
const keyed = (key: string, token?: string) => ({
	headers: { "idempotency-key": key },
	...(token === undefined ? {} : { token }),
});
const count = async () => (await done("GET", "/log")).count;

test("a repeat gets the first answer and changes nothing, also when both are in flight", async () => {
	const before = await count();
	const replies = await Promise.all(
		Array.from({ length: 20 }, () => ask("POST", "/log", { text: "once" }, keyed("k1"))),
	);
	expect(new Set(replies.map(({ body }) => body.id)).size).toBe(1);
	expect(replies.every(({ status }) => status === 201)).toBe(true);
	expect(await ask("POST", "/log", { text: "once" }, keyed("k1"))).toMatchObject({
		status: 201,
		body: replies[0]?.body,
	});
	expect(await count()).toBe(before + 1);
	expect(replies[0]?.body.id).not.toBe("k1");
});

test("another body under the same key is refused", async () => {
	await done("POST", "/log", { text: "a" }, keyed("k2"));
	expect(await ask("POST", "/log", { text: "b" }, keyed("k2"))).toMatchObject({
		status: 409,
		body: { code: "key_reused" },
	});
});

test("another path under the same key is another request", async () => {
	const a = await done("POST", "/board/tasks", { title: "a", createdBy: "x" });
	const b = await done("POST", "/board/tasks", { title: "b", createdBy: "x" });
	await done("POST", `/board/tasks/${a.id}/bump`, undefined, keyed("k3"));
	expect(await ask("POST", `/board/tasks/${b.id}/bump`, undefined, keyed("k3"))).toMatchObject({ status: 409 });
});

test("a key belongs to one token and one operation", async () => {
	const other = await mint("worker", "w");
	const first = await done("POST", "/log", { text: "x" }, keyed("k4"));
	expect((await done("POST", "/log", { text: "x" }, keyed("k4", other))).id).not.toBe(first.id);
	expect((await ask("POST", "/feed/events", { agent: "a", type: "custom", summary: "s" }, keyed("k4"))).status).toBe(
		201,
	);
});

test("a refusal is not stored: its repeat is judged anew", async () => {
	const vm = { id: "vm-1", name: "n", role: "worker", address: "a", registeredBy: "x" };
	await done("POST", "/registry/vms", vm);
	expect((await ask("POST", "/registry/vms", vm, keyed("k5"))).status).toBe(409);
	await done("DELETE", "/registry/vms/vm-1");
	expect((await ask("POST", "/registry/vms", vm, keyed("k5"))).status).toBe(201);
});

test("a key without an end is refused", async () => {
	expect((await ask("POST", "/log", { text: "x" }, keyed("k".repeat(201)))).status).toBe(400);
});

test("keys are forgotten after seven days", async () => {
	const world = realWorld();
	const storage = openStorage(world, makeFolder(), [feedSchema, keysSchema]);
	const publisher = () => expect.unreachable();
	const database = createDatabase({ world, storage, publisher, deliver: () => undefined });
	const day = 24 * 3_600_000;
	const row = { token: "t", operation: "o", body: "b", answer: "{}" };
	await database.write((tx) =>
		tx
			.insertInto("keys")
			.values([
				{ ...row, key: "old", at: 0 },
				{ ...row, key: "young", at: 2 * day },
			])
			.execute(),
	);
	await forgetOldKeys(database, 8 * day);
	expect(await database.read.selectFrom("keys").select("key").execute()).toEqual([{ key: "young" }]);
	await database.close();
});
