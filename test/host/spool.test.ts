import { beforeEach, expect, test } from "vitest";
import { SPOOL_MS, Spool } from "../../src/host/store/spool.ts";
import { TestStore } from "./database.ts";

let database: TestStore;
let spool: Spool;
beforeEach(() => {
	database = new TestStore();
	spool = new Spool(database.store);
});
const NOW = SPOOL_MS * 2;
const entry = (key: string, at = NOW, author = "host") => ({
	author,
	operation: "log.append",
	key,
	input: { text: key },
	at,
});

test("records wait in their order, also over a crash, each under its own key", () => {
	expect(spool.add(entry("b"))).toBe(1);
	expect(spool.add(entry("a"))).toBe(2);
	spool = new Spool(database.crash());
	const first = spool.next(NOW);
	expect(first).toMatchObject(entry("b"));
	spool.sent(first?.seq ?? 0);
	expect(spool.next(NOW)).toMatchObject(entry("a"));
});

test("a key that waits already is kept once, another author's is another", () => {
	spool.add(entry("a"));
	expect(spool.add({ ...entry("a"), input: { text: "other" } })).toBe(1);
	expect(spool.add(entry("a", NOW, "orchestrator:ann"))).toBe(2);
	expect(spool.next(NOW)?.input).toEqual({ text: "a" });
});

test("one that the hub refused is passed over and stays with its reason", () => {
	spool.add(entry("a"));
	spool.add(entry("b"));
	spool.refused(spool.next(NOW)?.seq ?? 0, "no such task");
	expect(spool.next(NOW)).toMatchObject(entry("b"));
	expect(spool.waiting(NOW)).toBe(1);
	expect(database.store.row("select refused from spool where key = 'a'")).toEqual({ refused: "no such task" });
});

test("one older than 7 days is not sent blindly, and not thrown away", () => {
	spool.add(entry("old", NOW - SPOOL_MS));
	expect(spool.next(NOW)).toBeUndefined();
	expect(database.store.rows("select key from spool")).toHaveLength(1);
	expect(spool.waiting(NOW)).toBe(0);
});
