import { describe, expect, test } from "vitest";
import { type Body, testHub, worldAt } from "../support.ts";

let now = Date.parse("2026-01-01T00:00:00Z");
const { ask, done, mint } = await testHub({ world: worldAt(() => now) });
const ann = { token: await mint("lieutenant", "ann") };
const bob = { token: await mint("lieutenant", "bob") };
const lead = { token: await mint("orchestrator", "lead") };
const titles = async (query: string): Promise<string[]> =>
	(await done("GET", `/reports?${query}`)).reports.map((report: Body) => report.title);

describe("a report", () => {
	test("is kept with its text as it came, and read by its id", async () => {
		const content = "  # Totals\n\n</script> $& \u2028\n";
		const report = await done("POST", "/reports", { title: " Totals ", author: " ann ", content, tags: ["usage"] });
		expect(report).toEqual({
			id: expect.stringMatching(/^[0-9A-Z]{26}$/),
			title: "Totals",
			author: "ann",
			tags: ["usage"],
			version: 1,
			createdAt: "2026-01-01T00:00:00.000Z",
			updatedAt: "2026-01-01T00:00:00.000Z",
			content,
		});
		expect(await done("GET", `/reports/${report.id}`)).toEqual(report);
		expect(await ask("GET", "/reports/none")).toMatchObject({ status: 404, body: { error: "report not found" } });
	});

	test.each([
		[{ author: "a", content: "c" }, "title is required"],
		[{ title: "t", content: "c" }, "author is required"],
		[{ title: "t", author: "a" }, "content is required"],
		[{ title: "t", author: "a", content: "c", tags: null }, "invalid tags: null"],
		[{ title: "t", author: "a", content: 5 }, "content is required"],
	])("with %j is refused in words", async (body, error) => {
		expect(await ask("POST", "/reports", body)).toMatchObject({ status: 400, body: { error } });
	});

	test("keeps every version, who made it and why; the newest is what is read", async () => {
		const { id } = await done("POST", "/reports", { title: "Plan", content: "one" }, ann);
		now += 1_000;
		expect(await done("PATCH", `/reports/${id}`, { content: "two", note: " clearer " }, ann)).toMatchObject({
			version: 2,
			content: "two",
			createdAt: "2026-01-01T00:00:00.000Z",
			updatedAt: "2026-01-01T00:00:01.000Z",
		});
		await done("PATCH", `/reports/${id}`, { title: "The plan" }, lead);
		expect(await done("GET", `/reports/${id}`)).toMatchObject({ title: "The plan", content: "two", version: 3 });
		expect(await done("GET", `/reports/${id}?version=1`)).toMatchObject({ title: "Plan", content: "one", version: 1 });
		expect((await ask("GET", `/reports/${id}?version=9`)).status).toBe(404);
		const { versions } = await done("GET", `/reports/${id}/versions`);
		expect(versions).toEqual([
			{ version: 3, title: "The plan", by: "lead", createdAt: "2026-01-01T00:00:01.000Z", length: 3 },
			{ version: 2, title: "Plan", by: "ann", createdAt: "2026-01-01T00:00:01.000Z", length: 3, note: "clearer" },
			{ version: 1, title: "Plan", by: "ann", createdAt: "2026-01-01T00:00:00.000Z", length: 3 },
		]);
		const first = await done("GET", `/reports/${id}/versions?limit=2`);
		const rest = await done("GET", `/reports/${id}/versions?limit=2&cursor=${first.next}`);
		expect([...first.versions, ...rest.versions]).toEqual(versions);
	});

	test("makes no version of a change that changes nothing, and refuses one on an older version", async () => {
		const { id } = await done("POST", "/reports", { title: "Same", content: "one" }, ann);
		expect(await done("PATCH", `/reports/${id}`, { title: "Same", content: "one" }, ann)).toMatchObject({ version: 1 });
		expect(await done("PATCH", `/reports/${id}`, { content: "two", ifVersion: 1 }, ann)).toMatchObject({ version: 2 });
		expect(await ask("PATCH", `/reports/${id}`, { content: "mine", ifVersion: 1 }, ann)).toMatchObject({
			status: 409,
			body: { error: `Report ${id} is at version 2, not 1` },
		});
		expect((await ask("PATCH", `/reports/${id}`, { title: " " }, ann)).body.error).toBe("title cannot be empty");
	});

	test("is changed and deleted by its author or who leads, by nobody else", async () => {
		const { id } = await done("POST", "/reports", { title: "Mine", content: "x" }, ann);
		for (const method of ["PATCH", "DELETE"]) {
			const { status, body } = await ask(method, `/reports/${id}`, { content: "y" }, bob);
			expect([status, body.error]).toEqual([
				403,
				`A lieutenant may not ${method === "PATCH" ? "change" : "delete"} a report of ann.`,
			]);
		}
		expect(await done("DELETE", `/reports/${id}`, undefined, ann)).toEqual({ deleted: true });
		expect((await ask("GET", `/reports/${id}/versions`)).status).toBe(404);
		expect(await titles("words=Mine")).toEqual([]);
	});

	test("tells each change on the feed, with who acted", async () => {
		const { id } = await done("POST", "/reports", { title: "Told", content: "x", author: "ann" });
		await done("PATCH", `/reports/${id}`, { content: "y" }, lead);
		await done("DELETE", `/reports/${id}`);
		expect(await done("GET", "/feed/events?limit=3")).toMatchObject([
			{ type: "report_created", agent: "ann", actor: "admin", detail: { report: id } },
			{ type: "report_updated", agent: "lead", detail: { report: id, version: 2 } },
			{ type: "report_deleted", agent: "admin", detail: { report: id } },
		]);
	});
});

test("reports are listed newest first without their text, by author, tag and words, in pages", async () => {
	for (let i = 0; i < 5; i++)
		await done("POST", "/reports", { title: `L${i}`, content: `body ${i}`, tags: [i % 2 === 0 ? "even" : "odd"] }, bob);
	expect(await titles("author=bob")).toEqual(["L4", "L3", "L2", "L1", "L0"]);
	expect(await titles("author=bob&tag=odd")).toEqual(["L3", "L1"]);
	expect(await titles("tag=od")).toEqual([]);
	expect(await titles("words=body+3")).toEqual(["L3"]);
	expect((await done("GET", "/reports?author=bob")).reports[0]).not.toHaveProperty("content");
	const first = await done("GET", "/reports?author=bob&limit=3");
	expect(await titles(`author=bob&limit=3&cursor=${first.next}`)).toEqual(["L1", "L0"]);
});

test("words are found in the newest version only", async () => {
	const { id } = await done("POST", "/reports", { title: "Words", content: "quokka" }, ann);
	await done("PATCH", `/reports/${id}`, { content: "wombat" }, ann);
	expect(await titles("words=wombat")).toEqual(["Words"]);
	expect(await titles("words=quokka")).toEqual([]);
});
