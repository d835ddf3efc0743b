import { beforeEach, expect, test } from "vitest";
import type { Notice } from "../../src/contract/link.ts";
import { Inbox } from "../../src/host/store/inbox.ts";
import { TestStore } from "./database.ts";

let database: TestStore;
let inbox: Inbox;
beforeEach(() => {
	database = new TestStore();
	inbox = new Inbox(database.store);
});
const notice = (id: string, lieutenant = "L1", owner = "ann"): Notice => ({
	...{ id, type: "completion", owner, text: `${id} is done`, at: "2026-01-05T09:00:00.000Z" },
	lieutenant: { id: lieutenant, name: lieutenant.toLowerCase() },
});
const ids = (owner: string, session = "s1") => inbox.unread(owner, session).map(({ id }) => id);

test("notices wait for their owner alone, oldest first, also over a crash", () => {
	for (const id of ["b", "a"]) inbox.add(notice(id));
	inbox.add(notice("c", "L1", "ben"));
	inbox = new Inbox(database.crash());
	expect(ids("ann")).toEqual(["b", "a"]);
	expect(ids("ben")).toEqual(["c"]);
});

test("the same notice by two ways is one", () => {
	inbox.add(notice("a"));
	inbox.add({ ...notice("a"), text: "once more" });
	expect(inbox.unread("ann", "s1")).toEqual([notice("a")]);
});

test("an acknowledged one is not handed out again; nobody acknowledges another's", () => {
	for (const id of ["a", "b"]) inbox.add(notice(id));
	inbox.acknowledge("ben", ["a"]);
	inbox.acknowledge("ann", ["b"]);
	inbox = new Inbox(database.crash());
	expect(ids("ann")).toEqual(["a"]);
});

test("one that an earlier session got and did not acknowledge is marked again for the next, not for itself", () => {
	inbox.add(notice("a"));
	inbox.handed("a", "s1");
	expect(inbox.unread("ann", "s1")).toEqual([notice("a")]);
	expect(inbox.unread("ann", "s2")).toEqual([{ ...notice("a"), again: true }]);
	inbox.handed("a", "s2");
	expect(inbox.unread("ann", "s2")).toEqual([{ ...notice("a"), again: true }]);
});

test("who takes over a lieutenant gets what was not read about it, unmarked, and nothing else", () => {
	for (const [id, lieutenant] of [
		["a", "L1"],
		["b", "L2"],
		["c", "L1"],
	] as const)
		inbox.add(notice(id, lieutenant));
	inbox.acknowledge("ann", ["c"]);
	inbox.handed("a", "s1");
	inbox.move("L1", "ben");
	expect(ids("ann")).toEqual(["b"]);
	expect(inbox.unread("ben", "s9")).toEqual([notice("a", "L1", "ben")]);
});
