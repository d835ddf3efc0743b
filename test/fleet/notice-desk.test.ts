import { beforeEach, describe, expect, test } from "vitest";
import type { Notice } from "../../src/contract/link.ts";
import { type EntryLike, NOTICE, NoticeDesk } from "../../src/fleet/notice-desk.ts";

const notice = (id: string): Notice => ({
	...{ id, type: "completion", owner: "cap", lieutenant: { id: "01L", name: "ada" } },
	...{ text: `${id} happened`, at: "2026-01-01T00:00:00.000Z" },
});
const [ONE, TWO] = [notice("one"), notice("two")];

let entries: EntryLike[];
let sent: string[];
let read: string[];
let desk: NoticeDesk;

/** pi has put it into the transcript. */
const lands = (id: string): void =>
	void entries.push({ type: "custom_message", customType: NOTICE, details: { notice: id } });
const answers = (stopReason = "stop"): void =>
	void entries.push({ type: "message", message: { role: "assistant", stopReason } });

beforeEach(() => {
	[entries, sent, read] = [[], [], []];
	desk = new NoticeDesk({
		entries: () => entries,
		send: ({ id }) => sent.push(id),
		acknowledge: (ids) => read.push(...ids),
	});
});

describe("while a prompt is on its way into a run", () => {
	test("a notice waits: a run of its own would make pi drop the prompt; it goes out when the run has begun", () => {
		desk.hold();
		desk.arrived(ONE, false);
		desk.arrived(TWO, false);
		expect([sent, desk.unsent]).toEqual([[], [ONE, TWO]]);
		desk.release();
		expect([sent, desk.unsent]).toEqual([["one", "two"], []]);
		desk.arrived(ONE, false);
		desk.release();
		expect(sent).toEqual(["one", "two"]);
	});

	test("what pi had dropped waits as well, and is sent once", () => {
		desk.arrived(ONE, false);
		desk.hold();
		desk.settled();
		expect([sent, desk.unsent]).toEqual([["one"], [ONE]]);
		desk.settled();
		desk.release();
		expect(sent).toEqual(["one", "one"]);
	});

	test("what is in the conversation already is not sent again by its release", () => {
		lands("one");
		desk.hold();
		desk.arrived(ONE, false);
		desk.release();
		expect(sent).toEqual([]);
		answers();
		desk.turned();
		expect(read).toEqual(["one"]);
	});
});

test("release without hold sends nothing that is kept for the end of a printed run", () => {
	desk.arrived(ONE, true);
	desk.release();
	expect([sent, desk.unsent]).toEqual([[], [ONE]]);
	expect(desk.take()).toEqual([ONE]);
	desk.hold();
	desk.release();
	expect(sent).toEqual([]);
});

test("a notice is acknowledged once, when an answer follows it; an error or an abort is none", () => {
	desk.arrived(ONE, false);
	lands("one");
	for (const reason of ["error", "aborted"]) {
		answers(reason);
		desk.turned();
	}
	expect(read).toEqual([]);
	answers();
	desk.turned();
	desk.settled();
	expect([read, sent]).toEqual([["one"], ["one"]]);
});

test("what pi dropped is sent again when it settles, what it still shows is not", () => {
	desk.arrived(ONE, false);
	desk.arrived(TWO, false);
	lands("two");
	desk.settled();
	expect(sent).toEqual(["one", "two", "one"]);
});
