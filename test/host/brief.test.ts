/** Since when, and how much since then: a real host's records, with a clock that is told. */
import { describe, expect, test } from "vitest";
import type { Lieutenant } from "../../src/contract/lieutenants.ts";
import type { Notice } from "../../src/contract/link.ts";
import {
	type Attendance,
	attendanceOf,
	attended,
	awayAfter,
	HOUR,
	keepAttendance,
	type Mark,
} from "../../src/host/brief/attendance.ts";
import { ownPart } from "../../src/host/brief/own.ts";
import { Inbox } from "../../src/host/store/inbox.ts";
import type { Standing } from "../../src/host/store/roster.ts";
import { TestStore } from "./database.ts";

const mark = (hours: number, lieutenants: Mark["lieutenants"] = {}): Mark => ({
	at: hours * HOUR,
	lieutenants,
	session: { id: "s", usd: 0 },
});

/** What each prompt, at these hours, is told of the time away before it. */
function told(hours: readonly number[], afterMs = 4 * HOUR): (number | undefined)[] {
	let attendance: Attendance | undefined;
	return hours.map((at) => {
		const next = attended(attendance, mark(at), afterMs);
		attendance = next.attendance;
		return next.away === undefined ? undefined : next.away.at / HOUR;
	});
}

describe("a person who types", () => {
	test("was away after four hours without a word, since the last one, and is told once", () => {
		expect(told([0, 3.9, 7.9, 8, 20, 20.1])).toEqual([undefined, undefined, 3.9, undefined, 8, undefined]);
	});

	test("is told nothing at the first prompt of all, nor when the clock was set back", () => {
		expect(told([100, 10, 11])).toEqual([undefined, undefined, undefined]);
	});

	test("may still ask for the last time away", () => {
		const store = new TestStore();
		expect(attendanceOf(store.store, "cap")).toBeUndefined();
		for (const hours of [0, 10, 10.5]) {
			keepAttendance(store.store, "cap", attended(attendanceOf(store.store, "cap"), mark(hours), 4 * HOUR).attendance);
		}
		expect(attendanceOf(store.crash(), "cap")).toEqual({ last: mark(10.5), since: mark(0) });
	});

	test.each([
		[{}, 4],
		[{ brief: { afterHours: 0.5 } }, 0.5],
		[{ brief: { afterHours: 0 } }, 4],
		[{ brief: { afterHours: "2" } }, 4],
		[{ brief: 3 }, 4],
	])("by settings %j: away after %d hours", (values, hours) => {
		expect(awayAfter(values)).toBe(hours * HOUR);
	});
});

const iso = (hours: number): string => new Date(hours * HOUR).toISOString();
const standing = (name: string, state: Lieutenant["state"], more: Partial<Standing> = {}): Standing => ({
	spec: { ...{ id: `id-${name}`, name, role: "r", place: "local", cwd: "/w", ports: 1, pi: [] }, createdAt: iso(0) },
	...{ owner: "cap", state, changedAt: iso(1), lives: 1, dead: 0, deaths: [], errors: 0 },
	...{ turns: 1, tokens: 1, costUsd: 0 },
	...more,
});
const notice = (name: string, type: Notice["type"], at: number, text: string): Notice => ({
	...{ id: `${name}-${type}-${at}`, type, owner: "cap", lieutenant: { id: `id-${name}`, name } },
	...{ text, at: iso(at) },
});

describe("the host's part of a brief", () => {
	test("holds who is stuck and why, who needs a key, and nobody who goes on", () => {
		const { stuck, keys } = ownPart({
			standings: [
				standing("ada", "stalled", { reason: "no sign of life" }),
				standing("bob", "failed"),
				standing("cyd", "stopped", { reason: "30 turns" }),
				standing("dan", "needs-credentials"),
				...(["idle", "working", "starting", "paused", "unreachable", "gone"] as const).map((state) =>
					standing(state, state),
				),
			],
			...{ notices: [], since: mark(2) },
		});
		expect(stuck).toEqual([
			{ name: "ada", state: "stalled", reason: "no sign of life" },
			{ name: "bob", state: "failed" },
			{ name: "cyd", state: "stopped", reason: "30 turns" },
		]);
		expect(keys).toEqual([{ name: "dan", state: "needs-credentials" }]);
	});

	test("counts what each has cost more since then, also those who are new or gone since", () => {
		const { spent } = ownPart({
			standings: [
				standing("ada", "idle", { costUsd: 1.5 }),
				standing("new", "idle", { costUsd: 0.25 }),
				standing("left", "gone", { costUsd: 3, changedAt: iso(3) }),
				standing("before", "gone", { costUsd: 9, changedAt: iso(1) }),
			],
			...{ notices: [], since: mark(2, { "id-ada": 1, "id-left": 2.5 }) },
		});
		expect(spent).toEqual([
			{ who: "ada", usd: 0.5 },
			{ who: "new", usd: 0.25 },
			{ who: "left", usd: 0.5 },
		]);
	});

	test("tells each one's last end and all questions since then, from what the inbox keeps when it was read, too", () => {
		const store = new TestStore();
		const inbox = new Inbox(store.store);
		for (const one of [
			notice("ada", "completion", 1, "ada finished long ago"),
			notice("ada", "completion", 3, "ada finished A.\nNext: …"),
			notice("ada", "completion", 4, "ada finished B.\nNext: …"),
			notice("bob", "question", 3, "bob was asked"),
			notice("bob", "death", 3, "bob died"),
			{ ...notice("eve", "completion", 3, "not ours"), owner: "other" },
		])
			inbox.add(one);
		inbox.acknowledge("cap", ["ada-completion-4"]);
		const { finished, questions } = ownPart({ standings: [], notices: inbox.newest("cap"), since: mark(2) });
		expect(finished).toEqual([{ name: "ada", text: "ada finished B." }]);
		expect(questions).toEqual([{ who: "bob", text: "bob was asked" }]);
	});
});
