import { expect, test } from "vitest";
import type { Lieutenant, Message } from "../../src/contract/lieutenants.ts";
import { type Entry, parseEntry } from "../../src/pi/entry.ts";
import type { Hearing } from "../sim/rules.ts";
import { failuresOf, type History, type Seen } from "./history.ts";

const ID = "01JARZ3NDEKTSV4RRFFQ690031";
const said = (id: string, parentId: string | null): object => ({
	...{ type: "message", id, parentId, timestamp: "2026-03-10T12:00:00Z" },
	message: { role: "user", content: `<<flagship:${ID}.1>>\nsay-1` },
});
const answered = (id: string, parentId: string): object => ({
	...{ type: "message", id, parentId, timestamp: "2026-03-10T12:00:01Z" },
	message: { role: "assistant", content: [{ type: "text", text: "done" }], stopReason: "stop" },
});
const entries = (...raw: object[]): Entry[] => raw.map(parseEntry).filter((entry) => entry !== undefined);
const row = { id: "l1", name: "ada", state: "idle", lives: 2 } as Lieutenant;
const message = { id: ID, text: "say-1", receipt: "consumed" } as Message;

const good: Seen = {
	...{ row, alive: true, entries: entries(said("a", null), answered("b", "a")), messages: [message], commits: ["c1"] },
};
const heard = (conversation: string, again = false): Hearing => ({ conversation, notice: "n1", again });
const history = (fleet: Partial<Seen>, more: Partial<History> = {}): History => ({
	acknowledged: new Map([["say-1", ID]]),
	fleet: [{ ...good, ...fleet }],
	notices: [{ id: "n1", type: "death", lieutenant: { id: "l1", name: "ada" } }],
	told: [heard("c1")],
	entries: [{ id: "e", timestamp: "", text: "", facts: { files: [], commits: ["c1"], effects: [] } }],
	...more,
});

test("a run in which all is well has no failure", () => {
	expect(failuresOf(history({}))).toEqual([]);
});

test("a notice may be told again in another conversation, also where the first one kept nothing of it", () => {
	expect(failuresOf(history({}, { told: [heard("c1"), heard("c2", true)] }))).toEqual([]);
	expect(failuresOf(history({}, { told: [heard("c2", true)] }))).toEqual([]);
});

test.each([
	["an acknowledged message that is stored nowhere", history({ messages: [] }), "was acknowledged and is not stored"],
	["a message without an end", history({ messages: [{ ...message, receipt: "accepted" }] }), "rests as accepted"],
	[
		"a message that nobody gave up and that is lost",
		history({ messages: [{ ...message, receipt: "lost" }] }),
		"is lost although",
	],
	[
		"a message that was said twice",
		history({ entries: entries(said("a", null), answered("b", "a"), said("c", "b")) }),
		"stands 2 times",
	],
	["a receipt without an answer", history({ entries: entries(said("a", null)) }), "has no answer"],
	["working while dead", history({ alive: false }), "its process is dead"],
	["one that never comes to rest", history({ row: { ...row, state: "working" } }), "rests as working"],
	["a death that is not told", history({}, { notices: [], told: [] }), "0 deaths told of 1"],
	["a notice told twice", history({}, { told: [heard("c1"), heard("c1", true)] }), "stands twice in conversation c1"],
	["a notice told as new in two", history({}, { told: [heard("c1"), heard("c2")] }), "comes to c2 as if it were new"],
	["a notice never told", history({}, { told: [] }), "was never told"],
	["a commit without an entry", history({ commits: ["c1", "c2"] }), "commit c2 is not logged"],
])("%s is found", (_what, found, sentence) => {
	expect(failuresOf(found).join("\n")).toContain(sentence);
});
