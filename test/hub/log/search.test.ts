import { expect, test } from "vitest";
import { type Body, testHub } from "../support.ts";

const { ask, done, folder, hub } = await testHub();
const texts = async (words: string, query = ""): Promise<string[]> =>
	(await done("GET", `/log/search?words=${encodeURIComponent(words)}${query}`)).entries.map((one: Body) => one.text);

test("an entry is found as soon as it is answered, by words in any order, by their beginnings, as paths and hashes", async () => {
	await done("POST", "/log", { text: "totals by day in src/usage/totals.ts, commit 3fa91c2", agent: "ann" });
	await done("POST", "/log", { text: "Übergang geprüft: nothing about totals", agent: "bob" });
	expect(await texts("day totals")).toEqual(["totals by day in src/usage/totals.ts, commit 3fa91c2"]);
	expect((await texts("tot")).length).toBe(2);
	expect((await texts("src/usage/totals.ts")).length).toBe(1);
	expect((await texts("3fa9")).length).toBe(1);
	expect((await texts("uber GEPRUFT")).length).toBe(1);
	expect(await texts("totals", "&agent=bob")).toEqual(["Übergang geprüft: nothing about totals"]);
	expect(await texts("totals", "&until=2020-01-01")).toEqual([]);
	expect(await texts("totals", "&since=nonsense")).toEqual([]);
});

test.each([['"'], ["a OR"], ["NEAR("], ["text:x"], ["\u0000x"], ["*"], ["^b"], ["a* -b"]])(
	"%j is words, not syntax",
	async (words) => {
		const { status } = await ask("GET", `/log/search?words=${encodeURIComponent(words)}`);
		expect([200, 400]).toContain(status);
	},
);

test("what is found comes newest first, in pages, also of more entries than are indexed at once", async () => {
	for (let i = 0; i < 11; i++) {
		await Promise.all(Array.from({ length: 50 }, (_, n) => done("POST", "/log", { text: `many ${i * 50 + n}` })));
	}
	const pages: string[] = [];
	let cursor = "";
	do {
		const page = await done("GET", `/log/search?words=many&limit=100${cursor}`);
		pages.push(...page.entries.map((entry: Body) => entry.text));
		cursor = page.next === undefined ? "" : `&cursor=${page.next}`;
	} while (cursor !== "");
	const stored = (await done("GET", "/log")).entries.map((entry: Body) => entry.text);
	expect(pages).toEqual(stored.filter((text: string) => text.startsWith("many")).reverse());
	expect(pages.length).toBe(550);
});

test("after a restart everything is still found, once", async () => {
	await done("POST", "/log", { text: "unindexed at the end" });
	await hub.close();
	const again = await testHub({ folder });
	const found = await again.done("GET", "/log/search?words=unindexed");
	expect(found.count).toBe(1);
	expect((await again.done("GET", "/log/search?words=many&limit=1000")).count).toBe(550);
});
