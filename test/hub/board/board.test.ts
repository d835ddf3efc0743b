import { describe, expect, test } from "vitest";
import { type Body, testHub } from "../support.ts";

const { ask, done, mint } = await testHub();
const ULID = /^[0-9A-HJKMNP-TV-Z]{26}$/;
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const create = (fields: object = {}) => done("POST", "/board/tasks", { title: "t", createdBy: "ann", ...fields });
const refusal = async (method: string, path: string, body?: unknown) => {
	const reply = await ask(method, path, body);
	return [reply.status, reply.body.error];
};

describe("a task", () => {
	test("is stored trimmed, with its defaults", async () => {
		const task = await create({ title: "  Ship it ", description: " now " });
		expect(Object.keys(task)).toEqual([
			...["id", "title", "description", "status", "tags", "dependencies", "createdBy", "createdAt", "updatedAt"],
			...["notes", "artifacts", "score"],
		]);
		expect(task).toMatchObject({
			id: expect.stringMatching(ULID),
			title: "Ship it",
			description: "now",
			status: "open",
			createdBy: "ann",
			createdAt: expect.stringMatching(ISO),
			score: 0,
			tags: [],
		});
		expect(await done("GET", `/board/tasks/${task.id}`)).toEqual(task);
		expect(await done("GET", `/board/${task.id}`)).toEqual(task);
	});

	test("is changed by field, and PATCH {} only touches it", async () => {
		const task = await create({ assignee: "bob", tags: ["a"] });
		const path = `/board/tasks/${task.id}`;
		const other = await create();
		expect(await done("PATCH", path, { status: "blocked", tags: ["b"], dependencies: [other.id] })).toMatchObject({
			status: "blocked",
			assignee: "bob",
			tags: ["b"],
			dependencies: [other.id],
		});
		expect(await done("PATCH", path, { assignee: null })).not.toHaveProperty("assignee");
		const touched = await done("PATCH", path, {});
		expect(touched.updatedAt >= task.updatedAt).toBe(true);
		expect(await refusal("PATCH", path, { status: "bogus" })).toEqual([400, "invalid status: bogus"]);
		expect(await refusal("PATCH", path, { title: "  " })).toEqual([400, "title cannot be empty"]);
		expect(await refusal("PATCH", path, { tags: null })).toEqual([400, "invalid tags: null"]);
	});

	test.each([
		["GET", ""],
		["PATCH", ""],
		["DELETE", ""],
		["POST", "/bump"],
		["GET", "/notes"],
		["POST", "/approve"],
		["POST", "/claim"],
	])("that is not there is answered 404 to %s %s", async (method, rest) => {
		expect(await refusal(method, `/board/tasks/nope${rest}`, method === "GET" ? undefined : {})).toEqual([
			404,
			"task not found",
		]);
	});

	test("can be deleted with all that hangs on it", async () => {
		const { id } = await create({ tags: ["gone"] });
		await done("POST", `/board/tasks/${id}/notes`, { author: "a", content: "c", type: "finding" });
		expect(await done("DELETE", `/board/tasks/${id}`)).toEqual({ deleted: true });
		expect(await refusal("GET", `/board/tasks/${id}`)).toEqual([404, "task not found"]);
		expect((await done("GET", "/board/tasks?tag=gone")).tasks).toEqual([]);
	});

	test("matters more with each bump", async () => {
		const { id } = await create();
		await done("POST", `/board/tasks/${id}/bump`);
		expect(await done("POST", `/board/tasks/${id}/bump`)).toMatchObject({ score: 2 });
	});

	test("carries notes, oldest first", async () => {
		const { id } = await create();
		const path = `/board/tasks/${id}/notes`;
		const first = await done("POST", path, { author: " bob ", content: " one ", type: "question" });
		expect(first).toEqual({
			id: expect.stringMatching(ULID),
			author: "bob",
			content: "one",
			type: "question",
			createdAt: expect.stringMatching(ISO),
		});
		await done("POST", path, { author: "bob", content: "two", type: "update" });
		const { notes, count } = await done("GET", path);
		expect([count, notes.map((note: Body) => note.content)]).toEqual([2, ["one", "two"]]);
		expect(await refusal("POST", path, { content: "c", type: "update" })).toEqual([400, "author is required"]);
		expect(await refusal("POST", path, { author: "a", type: "update" })).toEqual([400, "content is required"]);
		expect(await refusal("POST", path, { author: "a", content: "c", type: "x" })).toEqual([
			400,
			"invalid note type: x",
		]);
	});

	test("takes all artifacts or none", async () => {
		const { id } = await create();
		const path = `/board/tasks/${id}/artifacts`;
		const good = { type: "branch", url: "u", label: "l" };
		const bad = [
			[{}, "artifacts array is required and must not be empty"],
			[{ artifacts: [] }, "artifacts array is required and must not be empty"],
			[{ artifacts: "x" }, "artifacts array is required and must not be empty"],
			[{ artifacts: [good, { ...good, type: "x" }] }, "invalid artifact type: x"],
			[{ artifacts: [good, { ...good, url: "" }] }, "artifact url is required"],
			[{ artifacts: [good, { type: "url", url: "u" }] }, "artifact label is required"],
		] as const;
		for (const [body, error] of bad) expect(await refusal("POST", path, body)).toEqual([400, error]);
		expect((await done("GET", `/board/tasks/${id}`)).artifacts).toEqual([]);
		const { artifacts } = await done("POST", path, { artifacts: [good, { ...good, addedBy: "bob" }] });
		expect(artifacts).toEqual([
			{ ...good, addedAt: expect.stringMatching(ISO) },
			{ ...good, addedAt: expect.stringMatching(ISO), addedBy: "bob" },
		]);
	});
});

describe("a review", () => {
	test("takes summary and artifacts, and nothing when one of them is bad", async () => {
		const { id } = await create();
		const path = `/board/tasks/${id}/review`;
		expect(await refusal("POST", "/board/tasks/nope/review", {})).toEqual([400, "summary is required"]);
		const bad = {
			summary: "done",
			artifacts: [
				{ type: "url", url: "u", label: "l" },
				{ type: "x", url: "u", label: "l" },
			],
		};
		expect(await refusal("POST", path, bad)).toEqual([400, "invalid artifact type: x"]);
		expect(await done("GET", `/board/tasks/${id}`)).toMatchObject({ status: "open", notes: [], artifacts: [] });
		const good = { summary: " done ", reviewedBy: "bob", artifacts: [{ type: "url", url: "u", label: "l" }] };
		expect(await done("POST", path, good)).toMatchObject({
			status: "in_review",
			notes: [{ author: "bob", content: "done", type: "update" }],
			artifacts: [{ url: "u", addedBy: "bob" }],
		});
		const { tasks } = await done("GET", "/board/review");
		expect(tasks[0].id).toBe(id);
	});

	test("lists what waits, last changed first", async () => {
		const [a, b] = [await create(), await create()];
		for (const { id } of [b, a]) await done("POST", `/board/tasks/${id}/review`, { summary: "s" });
		const { tasks } = await done("GET", "/board/review");
		expect(tasks.slice(0, 2).map((task: Body) => task.id)).toEqual([a.id, b.id]);
	});

	test("ends in approval or goes back", async () => {
		const { id } = await create();
		expect(await done("POST", `/board/tasks/${id}/reject`, { reason: " no ", rejectedBy: "ann" })).toMatchObject({
			status: "open",
			notes: [{ content: "Rejected by ann: no", author: "ann" }],
		});
		expect(await refusal("POST", "/board/tasks/nope/reject", {})).toEqual([400, "reason is required"]);
		expect(await done("POST", `/board/tasks/${id}/approve`, { approvedBy: "ann", comment: "good" })).toMatchObject({
			status: "done",
			notes: [{}, { content: "Approved by ann: good" }],
		});
	});

	test("is not given to oneself", async () => {
		const bob = await mint("lieutenant", "bob");
		const eve = await mint("lieutenant", "eve");
		const { id } = await create();
		await done("POST", `/board/tasks/${id}/claim`, {}, { token: bob });
		const artifacts = [{ type: "branch", url: "lt/bob", label: "work" }];
		await done("POST", `/board/tasks/${id}/review`, { summary: "s", artifacts }, { token: bob });
		const own = await ask("POST", `/board/tasks/${id}/approve`, {}, { token: bob });
		expect([own.status, own.body.code]).toEqual([403, "self_approval"]);
		expect(await done("POST", `/board/tasks/${id}/approve`, {}, { token: eve })).toMatchObject({ status: "done" });
	});
});

describe("the list", () => {
	test("filters by status, assignee and tag, and takes an empty field for none", async () => {
		const task = await create({ assignee: "zoe", tags: ["z", "y"], status: "blocked" });
		const found = async (query: string) =>
			(await done("GET", `/board/tasks?${query}`)).tasks.map((one: Body) => one.id);
		expect(await found("assignee=zoe&tag=z&status=blocked")).toEqual([task.id]);
		expect(await found("assignee=zoe&status=&tag=")).toEqual([task.id]);
		expect(await found("assignee=zoe&tag=x")).toEqual([]);
		expect(await found("status=bogus")).toEqual([]);
		await done("PATCH", `/board/tasks/${task.id}`, { tags: ["q"] });
		expect(await found("tag=z")).toEqual([]);
		expect(await found("tag=q")).toEqual([task.id]);
	});

	test("comes newest first, in pages that neither skip nor repeat while tasks are added", async () => {
		const made = [];
		for (let i = 0; i < 7; i++) made.unshift((await create({ assignee: "pager", title: `${i}` })).id);
		const seen: string[] = [];
		let cursor = "";
		do {
			const page = await done("GET", `/board/tasks?assignee=pager&limit=3${cursor === "" ? "" : `&cursor=${cursor}`}`);
			seen.push(...page.tasks.map((task: Body) => task.id));
			expect(page.count).toBe(page.tasks.length);
			await create({ assignee: "pager" });
			cursor = page.next ?? "";
		} while (cursor !== "");
		expect(seen).toEqual(made);
	});

	test.each([["limit=0"], ["limit=1001"], ["limit=abc"], ["cursor=x"], ["limit=1&limit=2"]])(
		"refuses %s",
		async (query) => {
			expect((await ask("GET", `/board/tasks?${query}`)).status).toBe(400);
		},
	);
});
