import { beforeEach, expect, test } from "vitest";
import { type Asked, Outbox } from "../../src/host/store/outbox.ts";
import { TestStore } from "./database.ts";

const AT = "2026-01-05T09:00:00.000Z";
const LATER = "2026-01-05T09:00:01.000Z";
let database: TestStore;
let outbox: Outbox;
beforeEach(() => {
	database = new TestStore();
	outbox = new Outbox(database.store);
});
const reopen = () => {
	outbox = new Outbox(database.crash());
};
const asked = (id: string, more: Partial<Asked> = {}): Asked => ({
	...{ id, n: 1, mode: "prompt", text: `text of ${id}`, receipt: "queued" },
	...more,
});

test("what was asked is there after a crash, in the order of asking, and not among another's", () => {
	for (const id of ["z", "a", "m"]) outbox.add("lt", asked(id), AT);
	outbox.add("other", asked("o"), AT);
	reopen();
	expect(outbox.open("lt")).toEqual([asked("z"), asked("a"), asked("m")]);
	expect(outbox.pending("lt")).toBe(3);
});

test("a further attempt is noted before it is made, and counts as an attempt", () => {
	outbox.add("lt", asked("a"), AT);
	outbox.attempt("a", 2);
	reopen();
	expect(outbox.open("lt")[0]?.n).toBe(2);
	expect(outbox.get("a")?.attempts).toBe(2);
});

test("what has ended is open no more, and its text stays to be read", () => {
	outbox.add("lt", asked("a"), AT);
	outbox.settle("a", "accepted", undefined, AT);
	expect(outbox.pending("lt")).toBe(1);
	outbox.settle("a", "consumed", undefined, LATER);
	reopen();
	expect(outbox.open("lt")).toEqual([]);
	expect(outbox.get("a")).toMatchObject({ text: "text of a", receipt: "consumed", createdAt: AT, changedAt: LATER });
});

test("why it ended is kept", () => {
	outbox.add("lt", asked("a"), AT);
	outbox.settle("a", "lost", "the lieutenant was destroyed", AT);
	expect(outbox.get("a")?.because).toBe("the lieutenant was destroyed");
});

test("the intent of a hard steer outlives the host, also of one that was hardened later", () => {
	outbox.add("lt", asked("a", { mode: "steer", hard: { supersedes: ["x"] } }), AT);
	outbox.add("lt", asked("b", { mode: "steer" }), AT);
	outbox.harden("b", ["a"]);
	reopen();
	expect(outbox.open("lt").map(({ hard }) => hard)).toEqual([{ supersedes: ["x"] }, { supersedes: ["a"] }]);
});

test("the newest are listed first, as many as wanted", () => {
	for (const id of ["a", "b", "c"]) outbox.add("lt", asked(id), AT);
	expect(outbox.list("lt", 2).map(({ id }) => id)).toEqual(["c", "b"]);
});

test("what a transaction wrote that did not end is not there after a crash", () => {
	expect(() =>
		database.store.transaction(() => {
			outbox.add("lt", asked("a"), AT);
			throw new Error("killed here");
		}),
	).toThrow("killed here");
	reopen();
	expect(outbox.get("a")).toBeUndefined();
});
