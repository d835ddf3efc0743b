import { describe, expect, test } from "vitest";
import { type Body, testHub, worldAt } from "../support.ts";

const HOUR = 3_600_000;
let now = Date.parse("2026-01-01T00:00:00Z");
const { ask, done } = await testHub({ world: worldAt(() => now) });
for (const [hours, text] of [
	[0, "old"],
	[24, "yesterday"],
	[30, "recent"],
	[48, "now"],
] as const) {
	now = Date.parse("2026-01-01T00:00:00Z") + hours * HOUR;
	await done("POST", "/log", { text: ` ${text} `, ...(text === "old" ? {} : { agent: " bob " }) });
}

const texts = async (query: string): Promise<string[]> =>
	(await done("GET", `/log?${query}`)).entries.map((entry: Body) => entry.text);

describe("the log", () => {
	test("shows the last 24 hours, oldest first", async () => {
		expect(await texts("")).toEqual(["yesterday", "recent", "now"]);
	});

	test.each([
		["last=18h", ["recent", "now"]],
		["last=7d", ["old", "yesterday", "recent", "now"]],
		["last=nonsense", ["yesterday", "recent", "now"]],
		["since=2026-01-02T06:00:00Z", ["recent", "now"]],
		["since=2026-01-02T06:00:00Z&last=7d", ["recent", "now"]],
		["since=2026-01-02T08:00:00%2B02:00", ["recent", "now"]],
		["until=2026-01-02T00:00:00.000Z", ["old", "yesterday"]],
		["since=2026-01-02&until=2026-01-02T06:00:00Z", ["yesterday", "recent"]],
		["since=nonsense", []],
		["until=nonsense", []],
	])("understands %s", async (query, expected) => {
		expect(await texts(query)).toEqual(expected);
	});

	test("comes as plain lines, too", async () => {
		const { body, headers } = await ask("GET", "/log/raw?last=7d");
		expect(headers.get("content-type")).toMatch(/^text\/plain/);
		expect(body.split("\n").slice(0, 2)).toEqual([
			"[2026-01-01T00:00:00.000Z] old",
			"[2026-01-02T00:00:00.000Z] (bob) yesterday",
		]);
		expect((await ask("GET", "/log/raw?since=nonsense")).body).toBe("");
	});

	test("refuses an entry without text", async () => {
		for (const body of [{}, { text: "  " }, { text: 5 }]) {
			expect(await ask("POST", "/log", body)).toMatchObject({ status: 400, body: { error: "text is required" } });
		}
	});

	test("comes in pages", async () => {
		const first = await done("GET", "/log?last=7d&limit=3");
		expect(first.count).toBe(3);
		const second = await done("GET", `/log?last=7d&limit=3&cursor=${first.next}`);
		expect(second.entries.map((entry: Body) => entry.text)).toEqual(["now"]);
		expect(second).not.toHaveProperty("next");
	});

	test("keeps its order when the clock is set back", async () => {
		now -= HOUR;
		await done("POST", "/log", { text: "later, by an earlier clock" });
		expect((await texts("last=7d")).at(-1)).toBe("later, by an earlier clock");
	});

	test("gives the facts of an entry back as they were attached", async () => {
		const facts = { files: ["src/a.ts"], commits: ["3fa91c2".padEnd(40, "0")], effects: [], mark: "auto" };
		const { id } = await done("POST", "/log", { text: "with facts", agent: "ada", facts });
		const { entries } = await done("GET", "/log?last=1h");
		expect(entries.find((entry: Body) => entry.id === id)).toMatchObject({ agent: "ada", facts });
		expect(entries.find((entry: Body) => entry.text === "now")).not.toHaveProperty("facts");
	});

	test("keeps the facts that an entry accounts for, and the feed says how it came to be", async () => {
		const facts = { files: ["a.ts"], commits: ["abc"], effects: [], mark: "auto" };
		const entry = await done("POST", "/log", { text: "x", agent: "bob", facts });
		expect(entry).toMatchObject({ agent: "bob", facts });
		expect((await done("GET", "/log")).entries.at(-1)).toEqual(entry);
		expect((await done("GET", "/feed/events?limit=1"))[0].detail).toEqual({ entry: entry.id, mark: "auto" });
		expect((await ask("POST", "/log", { text: "x", facts: { files: [] } })).body.error).toBe(
			"facts.commits is required",
		);
	});
});
