import { describe, expect, test } from "vitest";
import { realWorld } from "../../../src/world/real.ts";
import { type Body, testHub } from "../support.ts";

const { ask, done, mint, folder } = await testHub();
const id = (letter: string): string => `01${letter.repeat(24)}`;
const hosts = { one: await mint("host", id("A")), two: await mint("host", id("B")) };
const token = async (role: "orchestrator" | "lieutenant" | "worker", name: string, host = hosts.one) => ({
	token: await mint(role, name, host),
});
const entry = (n: string, text: string, role = "user") => ({ entry: n, timestamp: "2026-01-01T00:00:00Z", role, text });
const keep = (lieutenant: string, name: string, owner: string, entries: object[], host = hosts.one) =>
	ask("POST", "/transcripts", { lieutenant, name, owner, entries }, { token: host });

/** As a host's link has told of it. */
function known(lieutenant: string, name: string, owner: string, host: string): void {
	const database = realWorld().files.database(`${folder}/hub.db`);
	database
		.prepare("replace into lieutenants (id, host, name, state, tokens, counter, doc) values (?, ?, ?, 'idle', 0, 1, ?)")
		.run(lieutenant, host, name, JSON.stringify({ owner }));
	database.close();
}

const [ada, eve, far, later] = [id("C"), id("D"), id("E"), id("F")];
for (const [lieutenant, name, owner, host] of [
	[ada, "ada", "captain", "one"],
	[eve, "eve", "pirate", "one"],
	[far, "far", "captain", "two"],
] as const) {
	known(lieutenant, name, owner, id(host === "one" ? "A" : "B"));
	await keep(lieutenant, name, owner, [entry("1", `${name} hears of the quokka`)], hosts[host]);
}
const names = async (as: { token: string }): Promise<string[]> =>
	(await done("GET", "/transcripts", undefined, as)).transcripts.map((one: Body) => one.name).sort();

describe("who may read", () => {
	const captain = token("orchestrator", "captain");
	const lieutenant = token("lieutenant", "ada");

	test("an admin all, a host its machine's, an orchestrator its fleet's, a lieutenant what its orchestrator may", async () => {
		expect(await names({ token: hosts.one })).toEqual(["ada", "eve"]);
		expect(await names(await captain)).toEqual(["ada", "far"]);
		expect(await names(await lieutenant)).toEqual(["ada", "far"]);
		expect(await names(await token("orchestrator", "pirate"))).toEqual(["eve"]);
		expect(await names(await token("worker", "nobody"))).toEqual([]);
		expect((await done("GET", "/transcripts")).count).toBe(3);
		const viewer = { token: await mint("viewer", "page") };
		expect((await ask("GET", "/transcripts", undefined, viewer)).status).toBe(403);
	});

	test("what may not be read is not found: by list, search, name or id", async () => {
		const { found } = await done("GET", "/transcripts/search?words=quokka", undefined, await lieutenant);
		expect(found.map((one: Body) => one.name).sort()).toEqual(["ada", "far"]);
		for (const asked of [eve, "eve", id("Z")]) {
			const { status, body } = await ask("GET", `/transcripts/${asked}`, undefined, await lieutenant);
			expect([status, body.error]).toEqual([404, "transcript not found"]);
			expect(
				(await ask("GET", `/transcripts/search?words=quokka&lieutenant=${asked}`, undefined, await captain)).status,
			).toBe(404);
		}
		expect((await done("GET", "/transcripts/ada", undefined, await lieutenant)).count).toBe(1);
	});

	test("a name that another has now does not open what its former holder said for another fleet", async () => {
		await keep(later, "eve", "captain", [entry("1", "new holder of the name")]);
		known(later, "eve", "captain", id("A"));
		const newEve = await token("lieutenant", "eve");
		expect((await ask("GET", `/transcripts/${eve}`, undefined, newEve)).status).toBe(404);
		expect((await done("GET", "/transcripts/eve", undefined, newEve)).lieutenant).toBe(later);
	});

	test("who is adopted is read by its new orchestrator, and no more by the former one", async () => {
		known(later, "eve", "pirate", id("A"));
		expect(await names(await token("orchestrator", "pirate", hosts.two))).toEqual(["eve", "eve"]);
		expect(await names(await captain)).toEqual(["ada", "far"]);
	});

	test("only its own host adds to it, and nobody but a host to any", async () => {
		const { status, body } = await keep(ada, "ada", "captain", [entry("9", "forged")], hosts.two);
		expect([status, body.error]).toEqual([403, "A host may not add to another host's transcript."]);
		const own = { lieutenant: ada, name: "ada", owner: "captain", entries: [entry("9", "forged")] };
		for (const as of [await captain, await lieutenant, {}])
			expect((await ask("POST", "/transcripts", own, as)).status).toBe(403);
	});
});

describe("a transcript", () => {
	test("takes each entry once, in order, however often it is sent, and tells the feed of what is new", async () => {
		const one = id("G");
		expect((await keep(one, "gus", "captain", [entry("1", "first"), entry("2", "second")])).body).toEqual({ added: 2 });
		expect((await keep(one, "gus", "captain", [entry("2", "second"), entry("3", "third")])).body).toEqual({ added: 1 });
		const { total } = await done("GET", "/feed/stats");
		expect((await keep(one, "gus", "captain", [entry("1", "changed")])).body).toEqual({ added: 0 });
		expect((await done("GET", "/feed/stats")).total).toBe(total);
		expect((await done("GET", "/feed/events?limit=1"))[0]).toMatchObject({
			type: "transcript_kept",
			summary: "1 entries of gus",
			detail: { lieutenant: one, entries: 1 },
		});
		const { entries } = await done("GET", "/transcripts/gus");
		expect(entries.map((said: Body) => said.text)).toEqual(["first", "second", "third"]);
		expect((await done("GET", "/transcripts?limit=1")).transcripts[0]).toMatchObject({ name: "gus", entries: 3 });
	});

	test("is read in pages, of so many entries or characters, from where a search has found", async () => {
		const many = id("H");
		for (let i = 0; i < 12; i++)
			expect((await keep(many, "hal", "captain", [entry(`${i}`, `${i} ${"x".repeat(59_000)}`)])).status).toBe(201);
		await keep(many, "hal", "captain", [entry("end", "the wombat is found", "assistant")]);
		const seen: string[] = [];
		let cursor = "";
		do {
			const page = await done("GET", `/transcripts/hal?limit=5${cursor}`);
			expect(page.count).toBeLessThanOrEqual(5);
			seen.push(...page.entries.map((said: Body) => said.entry));
			cursor = page.next === undefined ? "" : `&cursor=${page.next}`;
		} while (cursor !== "");
		expect(seen).toEqual([...Array.from({ length: 12 }, (_, i) => `${i}`), "end"]);
		const whole = await done("GET", "/transcripts/hal?limit=200");
		expect(whole.count).toBe(8);
		const [hit] = (await done("GET", "/transcripts/search?words=wombat&role=assistant")).found;
		expect(hit).toMatchObject({ lieutenant: many, name: "hal", role: "assistant", excerpt: "the «wombat» is found" });
		const there = await done("GET", `/transcripts/${many}?cursor=${hit.cursor}&limit=1`);
		expect(there.entries[0].text).toBe("the wombat is found");
		expect((await done("GET", "/transcripts/search?words=wombat&role=tool")).found).toEqual([]);
	});

	test("search comes newest first, in pages", async () => {
		const pager = id("J");
		for (let i = 0; i < 5; i++) await keep(pager, "jim", "captain", [entry(`${i}`, `emu ${i}`)]);
		const first = await done("GET", "/transcripts/search?words=emu&limit=3");
		const second = await done("GET", `/transcripts/search?words=emu&limit=3&cursor=${first.next}`);
		const excerpts = [...first.found, ...second.found].map((one: Body) => one.excerpt);
		expect(excerpts).toEqual(["«emu» 4", "«emu» 3", "«emu» 2", "«emu» 1", "«emu» 0"]);
	});

	test.each([
		[{ lieutenant: "../x" }, "invalid lieutenant: ../x"],
		[{ entries: [] }, "invalid entries: []"],
		[{ entries: [{ ...entry("1", "x"), role: "king" }] }, "invalid entries.role: king"],
		[{ entries: [entry("1", "")] }, "entries.text is required"],
		[{ entries: null }, "entries is required"],
	])("with %j is refused in words", async (fields, error) => {
		const good = { lieutenant: ada, name: "ada", owner: "captain", entries: [entry("1", "x")] };
		const { status, body } = await ask("POST", "/transcripts", { ...good, ...fields }, { token: hosts.one });
		expect([status, body.error]).toEqual([400, error]);
	});
});
