import { describe, expect, test } from "vitest";
import { type Body, testHub, worldAt } from "../support.ts";

const HOUR = 3_600_000;
let now = Date.parse("2026-01-01T00:00:00Z");
const { ask, done, mint } = await testHub({ world: worldAt(() => now) });
await done("POST", "/journal", { text: "long ago", author: "Ädа", tags: ["Flaky "] });
now += 48 * HOUR;
const bob = { token: await mint("lieutenant", "Bob") };

const texts = async (query: string): Promise<string[]> =>
	(await done("GET", `/journal?${query}`)).entries.map((entry: Body) => entry.text);

describe("a journal entry", () => {
	test("is kept trimmed, with mood and tags; what is blank is left out", async () => {
		const entry = await done("POST", "/journal", { text: " odd ", mood: " wary ", tags: [" CI ", " ", "flaky"] }, bob);
		expect(entry).toEqual({
			id: expect.stringMatching(/^[0-9A-Z]{26}$/),
			timestamp: "2026-01-03T00:00:00.000Z",
			text: "odd",
			author: "Bob",
			mood: "wary",
			tags: ["CI", "flaky"],
		});
		expect(Object.keys(await done("POST", "/journal", { text: "plain", mood: " ", tags: [" "] }))).toEqual([
			"id",
			"timestamp",
			"text",
		]);
	});

	test("has the author of its token: another's name is refused", async () => {
		expect(await ask("POST", "/journal", { text: "x", author: "eve" }, bob)).toMatchObject({
			status: 403,
			body: { code: "author_mismatch" },
		});
	});

	test.each([
		[{}, "text is required"],
		[{ text: " " }, "text is required"],
		[{ text: 5 }, "text is required"],
		[{ text: "x", mood: 5 }, "invalid mood: 5"],
		[{ text: "x", tags: "ci" }, "invalid tags: ci"],
		[{ text: "x", tags: [null] }, "invalid tags: null"],
	])("with %j is refused in words, never with a fault of the hub", async (body, error) => {
		expect(await ask("POST", "/journal", body)).toMatchObject({ status: 400, body: { error } });
	});

	test("is one event of the feed, in the same commit, with the actor where another acted", async () => {
		const entry = await done("POST", "/journal", { text: "told", author: "Bob" });
		const [event] = await done("GET", "/feed/events?limit=1");
		expect(event).toMatchObject({ type: "journal_written", agent: "Bob", actor: "admin", detail: { entry: entry.id } });
	});
});

describe("the journal", () => {
	test("shows the last 24 hours, oldest first, and more when asked", async () => {
		expect(await texts("")).toEqual(["odd", "plain", "told"]);
		expect(await texts("last=7d")).toEqual(["long ago", "odd", "plain", "told"]);
		expect(await texts("since=nonsense")).toEqual([]);
	});

	test("is filtered by author and tag, in any case", async () => {
		expect(await texts("author=bOB")).toEqual(["odd", "told"]);
		expect(await texts("last=7d&author=%C3%A4d%D0%B0")).toEqual(["long ago"]);
		expect(await texts("last=7d&tag=FLAKY")).toEqual(["long ago", "odd"]);
		expect(await texts("tag=fla")).toEqual([]);
	});

	test("finds words of any age, also in the mood, and nothing that is only like syntax", async () => {
		expect(await texts("words=ago")).toEqual(["long ago"]);
		expect(await texts("words=WAR")).toEqual(["odd"]);
		expect(await texts("words=ago&last=24h")).toEqual([]);
		expect(await texts(`words=${encodeURIComponent('odd" OR "plain')}`)).toEqual([]);
		expect((await ask("GET", `/journal?words=${encodeURIComponent('-- *"')}`)).body.error).toBe(
			"words must hold a letter or a digit",
		);
	});

	test("comes as plain lines, by its own path and by raw=true", async () => {
		const lines = [
			"[2026-01-01T00:00:00.000Z] (Ädа) #Flaky long ago",
			"[2026-01-03T00:00:00.000Z] (Bob) [wary] #CI #flaky odd",
			"[2026-01-03T00:00:00.000Z] plain",
		];
		for (const path of ["/journal/raw?last=7d", "/journal?raw=true&last=7d"]) {
			const { body, headers } = await ask("GET", path);
			expect(headers.get("content-type")).toMatch(/^text\/plain/);
			expect(body.split("\n").slice(0, 3)).toEqual(lines);
		}
		expect((await ask("GET", "/journal/raw?author=nobody")).body).toBe("");
	});

	test("comes in pages that neither skip nor repeat", async () => {
		const first = await done("GET", "/journal?last=7d&limit=2");
		const second = await done("GET", `/journal?last=7d&limit=2&cursor=${first.next}`);
		expect([...first.entries, ...second.entries].map((entry: Body) => entry.text)).toEqual(await texts("last=7d"));
	});
});
