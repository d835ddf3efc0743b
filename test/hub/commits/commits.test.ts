import { describe, expect, test } from "vitest";
import { type Body, testHub, worldAt } from "../support.ts";

let now = Date.parse("2026-01-01T00:00:00Z");
const { ask, done, mint } = await testHub({ world: worldAt(() => now) });
const ann = { token: await mint("lieutenant", "ann") };
const record = (commitId: string, fields: object = {}) =>
	done("POST", "/commits", { commitId, vmId: "vm", ...fields }, ann);
const ids = async (path: string): Promise<string[]> =>
	(await done("GET", path)).commits.map((one: Body) => one.commitId);

describe("a snapshot", () => {
	test("is recorded trimmed, once, by whoever its token is", async () => {
		const entry = await done(
			"POST",
			"/commits",
			{ commitId: " c1 ", vmId: " v1 ", label: "base", agent: " bob ", tags: [" a ", " "], metadata: { x: null } },
			{},
		);
		expect(entry).toEqual({
			id: expect.stringMatching(/^[0-9A-Z]{26}$/),
			commitId: "c1",
			vmId: "v1",
			timestamp: "2026-01-01T00:00:00.000Z",
			label: "base",
			agent: "bob",
			tags: ["a"],
			metadata: { x: null },
		});
		expect(await done("GET", "/commits/c1")).toEqual(entry);
		expect(await ask("POST", "/commits", { commitId: "c1", vmId: "v" })).toMatchObject({
			status: 409,
			body: { error: "commit already recorded" },
		});
		expect(await record("c2", { tags: [] })).not.toHaveProperty("tags");
		expect(await ask("GET", "/commits/none")).toMatchObject({ status: 404, body: { error: "Commit not found" } });
	});

	test.each([
		[{ vmId: "v" }, "commitId is required"],
		[{ commitId: "x" }, "vmId is required"],
		[{ commitId: "x", vmId: "v", tags: "a" }, "tags must be an array"],
		[{ commitId: "x", vmId: "v", tags: null }, "tags must be an array"],
	])("with %j is refused in words", async (body, error) => {
		expect(await ask("POST", "/commits", body)).toMatchObject({ status: 400, body: { error } });
	});

	test("is taken off by who leads alone, and the feed has all that happened to it", async () => {
		await record("gone");
		await done("PATCH", "/commits/gone", { tags: ["golden"] }, ann);
		expect((await ask("DELETE", "/commits/gone", undefined, ann)).status).toBe(403);
		expect(await done("DELETE", "/commits/gone")).toEqual({ deleted: true });
		expect((await ask("DELETE", "/commits/gone")).status).toBe(404);
		expect(await done("GET", "/feed/events?limit=3")).toMatchObject([
			{ type: "commit_recorded", agent: "ann", detail: { commit: "gone", vm: "vm" } },
			{ type: "commit_updated", agent: "ann", detail: { tags: ["golden"] } },
			{ type: "commit_removed", agent: "admin", detail: { commit: "gone" } },
		]);
	});
});

test("snapshots are listed newest first, by tag, agent, label, VM and time, in pages", async () => {
	now += 60_000;
	for (const n of [1, 2, 3])
		await record(`list-${n}`, { vmId: "lv", label: n === 2 ? "two" : "other", tags: [`t${n}`] });
	expect(await ids("/commits?vmId=lv")).toEqual(["list-3", "list-2", "list-1"]);
	expect(await ids("/commits?tag=t1")).toEqual(["list-1"]);
	expect(await ids("/commits?label=two&agent=ann")).toEqual(["list-2"]);
	expect(await ids("/commits?agent=bob")).toEqual(["c1"]);
	expect(await ids("/commits?since=2026-01-01T00:01:00Z")).toEqual(["list-3", "list-2", "list-1"]);
	expect(await ids("/commits?since=nonsense")).toEqual([]);
	const first = await done("GET", "/commits?vmId=lv&limit=2");
	expect(await ids(`/commits?vmId=lv&limit=2&cursor=${first.next}`)).toEqual(["list-1"]);
});

describe("the golden snapshot", () => {
	test("is the newest that is tagged so, also of one kind, also once it was checked", async () => {
		expect(await ask("GET", "/commits/golden/newest")).toMatchObject({ status: 404 });
		await record("g1", { label: "node", tags: ["golden"] });
		await record("g2", { label: "python", tags: ["golden"] });
		await record("g3", { label: "node" });
		expect(await done("GET", "/commits/golden/newest")).toMatchObject({ commitId: "g2" });
		expect(await done("GET", "/commits/golden/newest?label=node")).toMatchObject({ commitId: "g1" });
		await done("PATCH", "/commits/g3", { tags: ["golden", "checked"] }, ann);
		expect(await done("GET", "/commits/golden/newest?label=node")).toMatchObject({ commitId: "g3" });
		await done("PATCH", "/commits/g3", { tags: [] }, ann);
		expect(await done("GET", "/commits/golden/newest?label=node")).toMatchObject({ commitId: "g1" });
	});

	test("is never one that contains secrets", async () => {
		const secret = { commitId: "s1", vmId: "v", containsSecrets: true };
		expect((await ask("POST", "/commits", { ...secret, tags: [" golden "] }, ann)).status).toBe(409);
		expect(await record("s1", { containsSecrets: true })).toMatchObject({ containsSecrets: true });
		expect((await ask("PATCH", "/commits/s1", { tags: ["golden"] }, ann)).status).toBe(409);
		expect(await ids("/commits?tag=golden")).not.toContain("s1");
	});
});

describe("the lineage", () => {
	test("goes up to the first and down to what was made from it, and names what nobody recorded", async () => {
		await record("root", { parent: "elsewhere" });
		await record("middle", { parent: "root" });
		await record("leaf-1", { parent: "middle" });
		await record("leaf-2", { parent: "middle" });
		const { commit, ancestors, children, unrecorded } = await done("GET", "/commits/middle/lineage");
		expect(commit.commitId).toBe("middle");
		expect(ancestors.map((one: Body) => one.commitId)).toEqual(["root"]);
		expect(children.map((one: Body) => one.commitId)).toEqual(["leaf-2", "leaf-1"]);
		expect(unrecorded).toBe("elsewhere");
		const leaf = await done("GET", "/commits/leaf-1/lineage");
		expect(leaf.ancestors.map((one: Body) => one.commitId)).toEqual(["middle", "root"]);
		expect((await ask("GET", "/commits/none/lineage")).status).toBe(404);
	});

	test("has no circle, whichever end is recorded first", async () => {
		expect((await ask("POST", "/commits", { commitId: "self", vmId: "v", parent: "self" }, ann)).status).toBe(409);
		await record("b", { parent: "a" });
		await record("c", { parent: "b" });
		expect((await ask("POST", "/commits", { commitId: "a", vmId: "v", parent: "c" }, ann)).status).toBe(409);
		await record("a", { parent: "before-a" });
		expect((await done("GET", "/commits/c/lineage")).ancestors.length).toBe(2);
	});
});
