import { beforeEach, expect, test } from "vitest";
import type { Notice } from "../../src/contract/link.ts";
import { Reports } from "../../src/host/store/reports.ts";
import { TestStore } from "./database.ts";

let database: TestStore;
let reports: Reports;
beforeEach(() => {
	database = new TestStore();
	reports = new Reports(database.store);
});
const notice = (id: string): Notice => ({
	...{
		id,
		type: "death",
		owner: "ann",
		lieutenant: { id: "L1", name: "ada" },
		text: id,
		at: "2026-01-05T09:00:00.000Z",
	},
});
const add = (subject: string, text: string) => reports.add(subject, { type: "notice", notice: notice(text) });
const due = (above = 0, limit = 9) =>
	reports
		.due(above, limit)
		.map((report) => [report.counter, report.type === "notice" ? report.notice.text : report.type]);

test("the hub gets the newest word about each thing, in the order of the host's counter", () => {
	add("lieutenant:1", "idle");
	add("notice:1", "dead");
	add("lieutenant:1", "working");
	expect(due()).toEqual([
		[2, "dead"],
		[3, "working"],
	]);
	expect(due(2)).toEqual([[3, "working"]]);
	expect(due(0, 1)).toEqual([[2, "dead"]]);
});

test("what the hub has kept is not told again; a newer word about it is", () => {
	add("notice:1", "dead");
	add("lieutenant:1", "idle");
	reports.kept(2);
	expect(due()).toEqual([]);
	add("lieutenant:1", "working");
	expect(due()).toEqual([[3, "working"]]);
});

test("a word newer than the one that the hub kept stays due", () => {
	add("lieutenant:1", "idle");
	add("lieutenant:1", "working");
	reports.kept(1);
	expect(due()).toEqual([[2, "working"]]);
});

test("a new link is told how each lieutenant stands, and nothing else that was kept", () => {
	add("lieutenant:1", "idle");
	add("notice:1", "dead");
	reports.kept(2);
	reports.restate();
	expect(due()).toEqual([[1, "idle"]]);
});

test("the counter goes on after a crash: the hub would ignore what counts anew", () => {
	add("notice:1", "dead");
	reports.kept(1);
	reports = new Reports(database.crash());
	add("notice:2", "dead again");
	expect(due()).toEqual([[2, "dead again"]]);
});
