import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EXTENSION_CONTENT_MAX } from "../../../src/contract/extensions.ts";
import { SKILL_CONTENT_MAX } from "../../../src/contract/skills.ts";
import { type Body, testHub } from "../support.ts";

const { ask, done, mint } = await testHub();
const orchestrator = { token: await mint("orchestrator", "cap") };
const ann = { token: await mint("lieutenant", "ann") };
const bob = { token: await mint("worker", "bob") };

const item = (name: string, fields: object = {}) => ({
	...{ name, description: `about ${name}`, content: `# ${name}`, publishedBy: "someone" },
	...fields,
});
const put = (name: string, fields: object = {}) => done("POST", "/skills/items", item(name, fields));
const sha256 = (text: string) => createHash("sha256").update(text, "utf8").digest("hex");
const manifest = async () => done("GET", "/skills/manifest");
const named = (entries: Body[], name: string) => entries.find((entry) => entry.name === name);

describe("a skill", () => {
	test("is published, read, listed, changed and withdrawn in the old API's words, with its hash", async () => {
		const first = await put("plain", { tags: ["a"], description: "  about plain " });
		const content = "# plain";
		expect(first).toEqual({
			id: expect.stringMatching(/^[0-9A-Z]{26}$/),
			...{ name: "plain", version: 1, description: "about plain", content, hash: sha256(content) },
			...{ publishedBy: "someone", publishedAt: expect.any(String), updatedAt: expect.any(String) },
			...{ tags: ["a"], enabled: true },
		});
		expect(await done("GET", "/skills/items/plain")).toEqual(first);
		expect(named((await done("GET", "/skills/items")).skills, "plain")).toEqual(first);
		expect((await done("GET", "/skills/items?tag=a")).count).toBe(1);
		const second = await put("plain", { content: "more" });
		expect(second).toMatchObject({ version: 2, tags: ["a"], enabled: true, id: first.id, hash: sha256("more") });
		expect(await done("PATCH", "/skills/items/plain", { enabled: false, description: "other" })).toMatchObject({
			...{ version: 2, enabled: false, description: "other", content: "more" },
		});
		expect(named((await manifest()).skills, "plain")).toBeUndefined();
		expect((await manifest()).withdrawn).toContain("plain");
		// Publishing keeps what was said before of tags and enabled.
		expect(await put("plain")).toMatchObject({ version: 3, enabled: false, tags: ["a"] });
		expect(named((await done("GET", "/skills/items?enabled=false")).skills, "plain")).toBeDefined();
		expect(named((await done("GET", "/skills/items?enabled=true")).skills, "plain")).toBeUndefined();
		expect(await done("DELETE", "/skills/items/plain")).toEqual({ deleted: true });
		for (const method of ["GET", "DELETE"])
			expect(await ask(method, "/skills/items/plain")).toMatchObject({
				status: 404,
				body: { error: "skill not found" },
			});
	});

	test("published again after it was withdrawn goes on counting, so that nobody keeps the old text", async () => {
		await put("back");
		await put("back");
		await done("DELETE", "/skills/items/back");
		expect(await put("back", { content: "new" })).toMatchObject({ version: 3, enabled: true });
		expect(named((await manifest()).skills, "back")).toEqual({
			...{ name: "back", version: 3, hash: sha256("new"), description: "about back" },
		});
		expect((await manifest()).withdrawn).not.toContain("back");
	});

	test("keeps every version; an earlier one can be read, and published again as the newest", async () => {
		for (const content of ["one", "two", "three"]) await put("kept", { content });
		await done("DELETE", "/skills/items/kept");
		const { versions, count } = await done("GET", "/skills/items/kept/versions");
		expect([count, versions.map((one: Body) => one.version)]).toEqual([3, [3, 2, 1]]);
		expect(versions[2]).toMatchObject({ hash: sha256("one"), bytes: 3, publishedBy: "someone" });
		const page = await done("GET", "/skills/items/kept/versions?limit=2");
		expect(page.next).toBe("2");
		expect((await done("GET", "/skills/items/kept/versions?limit=2&cursor=2")).versions).toHaveLength(1);
		expect((await done("GET", "/skills/items/kept/versions/2")).content).toBe("two");
		expect(await done("POST", "/skills/items/kept/versions/1/restore")).toMatchObject({ version: 4, content: "one" });
		expect((await ask("GET", "/skills/items/kept/versions/9")).status).toBe(404);
		expect((await ask("GET", "/skills/items/never/versions")).status).toBe(404);
	});

	test.each([
		[{ name: " " }, "name is required"],
		[{ name: undefined }, "name is required"],
		[{ description: "" }, "description is required"],
		[{ content: " \n" }, "content is required"],
		[{ publishedBy: undefined }, "publishedBy is required"],
		[{ name: "../../../evil" }, "invalid name: ../../../evil"],
		[{ name: "n".repeat(65) }, "name is longer than 64 characters"],
		[{ content: "x".repeat(SKILL_CONTENT_MAX + 1) }, `content is longer than ${SKILL_CONTENT_MAX} characters`],
		[{ tags: null }, "invalid tags: null"],
		[{ enabled: "yes" }, "invalid enabled: yes"],
	])("with %j is refused", async (fields, error) => {
		expect(await ask("POST", "/skills/items", item("bad", fields))).toMatchObject({ status: 400, body: { error } });
	});

	test("has no name that could leave its folder, whatever is sent", async () => {
		const wild = fc.oneof(
			fc.string({ unit: "binary", maxLength: 70 }),
			fc.stringMatching(/^[-.a-zA-Z0-9_/\\ ~]{1,70}$/),
			fc.constantFrom("..", ".", "a/b", "a\\b", "/etc", "a\u0000b", "con\n", "A", "-a", "a-", "a--b", "_hub"),
		);
		await fc.assert(
			fc.asyncProperty(wild, async (name) => {
				const { status } = await ask("POST", "/skills/items", item(name));
				const plain = /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) && !name.includes("\n") && name.length <= 64;
				expect(status).toBe(plain ? 201 : 400);
			}),
			{ numRuns: 200 },
		);
	});

	test("of text that is no UTF-8 is hashed as it is given back", async () => {
		const { content, hash } = await put("odd", { content: "a\ud800b\u0000\u2028" });
		expect(hash).toBe(sha256(content));
		expect((await done("GET", "/skills/items/odd")).content).toBe(content);
	});

	test("by two publishers at once has dense versions, none of them lost", async () => {
		const publish = async (who: string) => {
			const made: Body[] = [];
			for (let n = 0; n < 25; n++) made.push(await put("raced", { content: `${who} ${n}` }));
			return made;
		};
		const made = (await Promise.all([publish("x"), publish("y")])).flat();
		expect(made.map(({ version }) => version).sort((a, b) => a - b)).toEqual(
			Array.from({ length: 50 }, (_, i) => i + 1),
		);
		for (const { version, content } of made)
			expect((await done("GET", `/skills/items/raced/versions/${version}`)).content).toBe(content);
	});

	test("of one agent is not another agent's to change; an orchestrator may", async () => {
		const mine = { name: "mine", description: "d", content: "c" };
		expect(await done("POST", "/skills/items", mine, ann)).toMatchObject({ publishedBy: "ann" });
		expect((await done("POST", "/skills/items", mine, ann)).version).toBe(2);
		for (const [method, path, body] of [
			["POST", "/skills/items", mine],
			["PATCH", "/skills/items/mine", { enabled: false }],
			["DELETE", "/skills/items/mine", undefined],
			["POST", "/skills/items/mine/versions/1/restore", {}],
		] as const)
			expect(await ask(method, path, body, bob)).toMatchObject({ status: 403, body: { code: "forbidden" } });
		expect(await ask("POST", "/skills/items", { ...mine, publishedBy: "cap" }, ann)).toMatchObject({
			...{ status: 403, body: { code: "author_mismatch" } },
		});
		expect(await done("PATCH", "/skills/items/mine", { enabled: false }, orchestrator)).toMatchObject({
			enabled: false,
		});
		expect(await done("GET", "/skills/items/mine")).toMatchObject({ version: 2, publishedBy: "ann" });
	});

	test("is listed page by page, by name, a page bounded by what it holds", async () => {
		for (let n = 10; n < 80; n++) await put(`page-${n}`, { content: "x".repeat(65_000), tags: ["page"] });
		const names: string[] = [];
		let cursor = "";
		let pages = 0;
		do {
			const page = await done("GET", `/skills/items?tag=page${cursor}`);
			names.push(...page.skills.map((one: Body) => one.name));
			cursor = page.next === undefined ? "" : `&cursor=${page.next}`;
			pages++;
		} while (cursor !== "");
		expect(names).toEqual(Array.from({ length: 70 }, (_, i) => `page-${i + 10}`));
		expect(pages).toBe(2);
	});
});

describe("a code extension", () => {
	const code = { name: "tool", description: "d", content: "export default () => {}" };

	test("is published, changed and withdrawn by an admin alone", async () => {
		for (const who of [orchestrator, ann, bob, { token: await mint("host", "h-1") }]) {
			expect(await ask("POST", "/skills/extensions", code, who)).toMatchObject({
				...{ status: 403, body: { code: "forbidden" } },
			});
			expect((await ask("DELETE", "/skills/extensions/tool", undefined, who)).status).toBe(403);
			expect((await ask("PATCH", "/skills/extensions/tool", { enabled: true }, who)).status).toBe(403);
		}
		const made = await done("POST", "/skills/extensions", { ...code, publishedBy: "person" });
		expect(made).toMatchObject({ version: 1, hash: sha256(code.content), publishedBy: "person" });
		expect(made).not.toHaveProperty("tags");
		expect(await done("GET", "/skills/extensions/tool", undefined, ann)).toEqual(made);
	});

	test("that is disabled is in no manifest, and not among the enabled", async () => {
		expect(named((await manifest()).extensions, "tool")).toMatchObject({ version: 1, hash: sha256(code.content) });
		await done("PATCH", "/skills/extensions/tool", { enabled: false });
		expect((await manifest()).extensions).toEqual([]);
		expect((await done("GET", "/skills/extensions?enabled=true")).count).toBe(0);
		expect((await done("GET", "/skills/extensions")).count).toBe(1);
		expect(await done("DELETE", "/skills/extensions/tool")).toEqual({ deleted: true });
		expect(await ask("GET", "/skills/extensions/tool")).toMatchObject({ body: { error: "extension not found" } });
		expect((await done("GET", "/skills/extensions/tool/versions")).count).toBe(1);
		expect((await done("GET", "/skills/extensions/tool/versions/1")).content).toBe(code.content);
	});

	test("has a bounded size, and a name that stays in its folder", async () => {
		const bad = (fields: object) => ask("POST", "/skills/extensions", { ...code, publishedBy: "p", ...fields });
		expect((await bad({ name: "../../../evil" })).status).toBe(400);
		expect((await bad({ content: "x".repeat(EXTENSION_CONTENT_MAX + 1) })).status).toBe(400);
	});
});
