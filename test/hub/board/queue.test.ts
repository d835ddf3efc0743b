import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MINE_OPEN } from "../../../src/hub/board/handlers.ts";
import { boardSettingsSchema, KINDS, kindSettings } from "../../../src/hub/board/kinds.ts";
import { READY } from "../../../src/hub/board/ready.ts";
import { openStorage } from "../../../src/hub/database/database.ts";
import { loadModules } from "../../../src/hub/modules.ts";
import { realWorld } from "../../../src/world/real.ts";
import { makeFolder } from "../../support/folder.ts";
import { type Body, testHub } from "../support.ts";

const { ask, done, mint } = await testHub({ kinds: { ...KINDS, poem: ["it rhymes"], chore: [] } });
const boss = { token: await mint("orchestrator", "boss") };
const bob = { token: await mint("lieutenant", "bob") };
const ids = (tasks: readonly Body[]): readonly string[] => tasks.map(({ id }) => id);
const make = (fields: object = {}): Promise<Body> => done("POST", "/board/tasks", { title: "t", ...fields }, boss);

describe("what is ready", () => {
	test("is open, held by nobody, meant for nobody else and waits for nothing; by priority, score and age", async () => {
		const on = await testHub();
		const asked = { createdBy: "ann", title: "t" };
		const add = async (fields: object = {}) => (await on.done("POST", "/board/tasks", { ...asked, ...fields })).id;
		const [old, bumped, urgent, low] = [
			await add(),
			await add(),
			await add({ priority: "urgent" }),
			await add({ priority: "low" }),
		];
		await on.done("POST", `/board/tasks/${bumped}/bump`);
		await on.done("POST", `/board/tasks/${low}/bump`);
		const waiting = await add({ dependencies: [old], priority: "urgent" });
		const [forZoe, held] = [await add({ assignee: "zoe", priority: "high" }), await add({ priority: "high" })];
		for (const status of ["in_progress", "blocked", "in_review", "done"]) await add({ status });
		await on.done("POST", `/board/tasks/${held}/claim`, { agent: "bob" });
		const ready = async (query = "") => ids((await on.done("GET", `/board/ready${query}`)).tasks);
		expect(await ready()).toEqual([urgent, bumped, old, low]);
		expect(await ready("?for=zoe")).toEqual([urgent, forZoe, bumped, old, low]);
		await on.done("PATCH", `/board/tasks/${old}`, { status: "done" });
		expect(await ready()).toEqual([urgent, waiting, bumped, low]);
		await on.done("POST", `/board/tasks/${held}/release`, { agent: "bob" });
		await on.done("PATCH", `/board/tasks/${low}`, { priority: "high" });
		expect(await ready()).toEqual([urgent, waiting, low, held, bumped]);
		const first = await on.done("GET", "/board/ready?limit=2");
		expect([ids(first.tasks), first.count, first.more]).toEqual([[urgent, waiting], 2, true]);
	});

	test("can be claimed by who is told of it, and only once; property of any board", async () => {
		const on = await testHub();
		const eve = { token: await on.mint("lieutenant", "eve") };
		const status = fc.constantFrom("open", "open", "in_progress", "blocked", "done");
		const assignee = fc.constantFrom(undefined, undefined, "eve", "zoe");
		const task = fc.record({ status, assignee, waits: fc.array(fc.nat(9), { maxLength: 2 }) });
		await fc.assert(
			fc.asyncProperty(fc.array(task, { minLength: 1, maxLength: 7 }), async (tasks) => {
				for (const { id } of (await on.done("GET", "/board/tasks")).tasks)
					await on.done("DELETE", `/board/tasks/${id}`);
				const made: string[] = [];
				const expected: string[] = [];
				for (const { waits, ...fields } of tasks) {
					const dependencies = waits.flatMap((at) => made[at] ?? []);
					const { id } = await on.done("POST", "/board/tasks", {
						title: "t",
						createdBy: "ann",
						...fields,
						dependencies,
					});
					const free = waits.every((at) => made[at] === undefined || tasks[at]?.status === "done");
					if (fields.status === "open" && fields.assignee !== "zoe" && free) expected.push(id);
					made.push(id);
				}
				const { tasks: ready } = await on.done("GET", "/board/ready", undefined, eve);
				expect(ids(ready)).toEqual(expected);
				await Promise.all(expected.map((id) => on.done("POST", `/board/tasks/${id}/claim`, {}, eve)));
				expect((await on.done("GET", "/board/ready", undefined, eve)).tasks).toEqual([]);
			}),
			{ numRuns: 8 },
		);
	});

	test("is found in the order of an index: nothing is sorted, however many are open", async () => {
		const world = realWorld();
		const storage = openStorage(world, makeFolder(), (await loadModules(world)).schemas);
		const plan = storage.reading.all<{ detail: string }>(`explain query plan ${READY}`, 0, "bob", 50);
		storage.close();
		const steps = plan.map(({ detail }) => detail);
		expect(steps.filter((step) => step.includes("tasks_ready_for"))).toHaveLength(2);
		// What is sorted is what the two searches gave, each a page at most.
		const sorted = steps.flatMap((step, at) => (step.includes("TEMP B-TREE") ? [steps[at - 1]] : []));
		for (const before of sorted) expect(before).toMatch(/^SCAN \(subquery/);
		expect(steps.join()).not.toContain("SCAN tasks");
	});

	test("and what is one's own are found without a look at what is others', however much that is", async () => {
		const world = realWorld();
		const storage = openStorage(world, makeFolder(), (await loadModules(world)).schemas);
		const plan = storage.reading.all<{ detail: string }>(`explain query plan ${MINE_OPEN}`, "bob", 0);
		storage.close();
		expect(plan.map(({ detail }) => detail).filter((step) => step.includes("SCAN tasks"))).toEqual([]);
	});
});

describe("a kind of task", () => {
	test("brings its checklist, which is finished before it is done", async () => {
		const { id, kind, checklist } = await make({ kind: "poem" });
		expect([kind, checklist]).toEqual(["poem", [{ text: "it rhymes", done: false }]]);
		const refused = await ask("PATCH", `/board/tasks/${id}`, { status: "done" }, boss);
		expect(refused.body.error).toContain("its checklist is not finished: 1. it rhymes.");
		await done("POST", `/board/tasks/${id}/tick`, { item: 1 }, boss);
		expect(await done("PATCH", `/board/tasks/${id}`, { status: "done" }, boss)).toMatchObject({ kind: "poem" });
		expect(await make({ kind: "chore" })).not.toHaveProperty("checklist");
	});

	test("can be given later, as can a priority; whoever does another's task cannot change it", async () => {
		const { id } = await make();
		const path = `/board/tasks/${id}/terms`;
		expect((await ask("PATCH", path, { kind: "poem" }, bob)).body.code).toBe("forbidden");
		const terms = { kind: "poem", priority: "urgent" };
		const checklist = [{ text: "it rhymes", done: false }];
		expect(await done("PATCH", path, terms, boss)).toMatchObject({ ...terms, checklist });
		expect(await done("PATCH", path, { priority: "normal" }, boss)).not.toHaveProperty("priority");
		expect((await ask("PATCH", path, { kind: "sonnet" }, boss)).status).toBe(400);
	});

	test("that there is not is refused with those that there are", async () => {
		const { status, body } = await ask("POST", "/board/tasks", { title: "t", kind: "constructor" }, boss);
		expect([status, body.error]).toEqual([
			400,
			`invalid kind: constructor; there are ${Object.keys(KINDS).join(", ")}, poem, chore`,
		]);
		const { kinds } = await done("GET", "/board/kinds", undefined, bob);
		expect(kinds).toContainEqual({ kind: "poem", checklist: ["it rhymes"] });
	});

	test("can be added or changed in the settings; what cannot be read ends the start in words", () => {
		const read = (board: unknown) => kindSettings({ board }, "settings.json");
		expect(read({ kinds: { bug: [" a "], poem: [] } })).toEqual({ ...KINDS, bug: ["a"], poem: [] });
		expect(kindSettings({}, "settings.json")).toEqual(KINDS);
		for (const board of [[], { kind: {} }, { kinds: [] }, { kinds: { bug: "a" } }, { kinds: { bug: [" "] } }])
			expect(() => read(board)).toThrow(/settings\.json.*board/);
		const schema = JSON.parse(readFileSync(new URL("../../../docs/settings.schema.json", import.meta.url), "utf8"));
		expect(schema.properties.board).toEqual(boardSettingsSchema);
	});
});

describe("the history of a task", () => {
	test("says what changed, from what to what, by whom and through whose token; it outlives the task", async () => {
		const { id } = await make({ title: "one", tags: ["a"] });
		const path = `/board/tasks/${id}`;
		await done("POST", `${path}/claim`, {}, bob);
		await done("POST", `${path}/notes`, { content: "hm", type: "question" }, bob);
		await done("PATCH", path, { title: "two", tags: ["b"], priority: "high", description: "d".repeat(600) }, boss);
		await done("POST", `${path}/release`, { agent: "bob" });
		await done("PATCH", path, {}, boss);
		const before = (await done("GET", `${path}/history`)).changes;
		await done("DELETE", path, undefined, boss);
		const { changes, count } = await done("GET", `${path}/history`, undefined, bob);
		expect(changes.slice(1)).toEqual(before);
		expect(changes.map((change: Body) => [change.type, change.by, change.via, change.changed])).toEqual([
			["task_deleted", "boss", undefined, undefined],
			["task_updated", "boss", undefined, undefined],
			[
				...["task_released", "bob", "admin"],
				{ status: { from: "in_progress", to: "open" }, assignee: { from: "bob" }, claim: { from: "bob" } },
			],
			[
				...["task_updated", "boss", undefined],
				{
					title: { from: "one", to: "two" },
					description: { to: `${"d".repeat(500)}…` },
					tags: { from: ["a"], to: ["b"] },
					priority: { from: "normal", to: "high" },
				},
			],
			["task_noted", "bob", undefined, undefined],
			[
				...["task_claimed", "bob", undefined],
				{ status: { from: "open", to: "in_progress" }, assignee: { to: "bob" }, claim: { to: "bob" } },
			],
			["task_created", "boss", undefined, undefined],
		]);
		expect(count).toBe(7);
		const page = await done("GET", `${path}/history?limit=3`);
		const rest = await done("GET", `${path}/history?limit=9&cursor=${page.next}`);
		expect([...page.changes, ...rest.changes]).toEqual(changes);
		expect((await ask("GET", "/board/tasks/nope/history")).status).toBe(404);
	});

	test("is one with the feed: each change has its event, and a refused one leaves neither", async () => {
		const { id } = await make();
		expect((await ask("PATCH", `/board/tasks/${id}`, { status: "done" }, bob)).status).toBe(409);
		await done("POST", `/board/tasks/${id}/bump`, {}, boss);
		const { changes } = await done("GET", `/board/tasks/${id}/history`);
		const events = (await done("GET", "/feed/events?limit=1000")).filter((event: Body) => event.detail?.task === id);
		expect(changes.toReversed().map(({ seq }: Body) => seq)).toEqual(events.map(({ seq }: Body) => seq));
		expect(events.map(({ type }: Body) => type)).toEqual(["task_created", "task_bumped"]);
	});
});

describe("a search of the board", () => {
	const find = async (words: string, more = ""): Promise<readonly string[]> =>
		ids((await done("GET", `/board/search?words=${encodeURIComponent(words)}${more}`)).tasks);

	test("finds words in title, description, notes, tags and links, at once, newest first, in pages", async () => {
		const one = await make({ title: "Straßenbahn fährt", tags: ["zebra"] });
		const two = await make({ title: "other", description: "the tram of straßenbahn" });
		expect(await find("strassenbahn")).toEqual([]);
		expect(await find("straßenb")).toEqual([two.id, one.id]);
		expect(await find("straßenb FAHRT")).toEqual([one.id]);
		await done("POST", `/board/tasks/${two.id}/notes`, { content: "Needs sand for wheels", type: "finding" }, bob);
		expect(await find("tram wheels")).toEqual([two.id]);
		const artifacts = [{ type: "url", url: "https://x.example/rail", label: "timetable" }];
		await done("POST", `/board/tasks/${one.id}/artifacts`, { artifacts }, bob);
		expect(await find("zebra timetable")).toEqual([one.id]);
		const page = await done("GET", "/board/search?words=stra%C3%9Fenbahn&limit=1");
		expect(ids(page.tasks)).toEqual([two.id]);
		expect(await find("straßenbahn", `&cursor=${page.next}`)).toEqual([one.id]);
		await done("PATCH", `/board/tasks/${two.id}`, { status: "blocked" }, boss);
		expect(await find("straßenbahn", "&status=open")).toEqual([one.id]);
	});

	test("follows each change: what was taken out is not found, nor is what was deleted", async () => {
		const { id } = await make({ title: "quokka" });
		expect(await find("quokka")).toEqual([id]);
		await done("PATCH", `/board/tasks/${id}`, { title: "wombat" }, boss);
		expect([await find("quokka"), await find("wombat")]).toEqual([[], [id]]);
		await done("DELETE", `/board/tasks/${id}`, undefined, boss);
		expect(await find("wombat")).toEqual([]);
		const { id: next } = await make({ title: "numbat" });
		expect([await find("wombat"), await find("numbat")]).toEqual([[], [next]]);
	});

	test("takes what is syntax elsewhere for words, and refuses what holds none", async () => {
		await make({ title: 'say "NEAR(" OR title:x*' });
		expect(await find('"near(" title:x*')).toHaveLength(1);
		expect((await ask("GET", "/board/search?words=%22%22")).status).toBe(400);
	});
});

test("a board from before keeps its tasks: what they depend on counts, and they are found by words", async () => {
	const folder = makeFolder();
	const world = realWorld();
	const schemas = (await loadModules(world)).schemas.map((one) =>
		one.service === "board" ? { ...one, steps: one.steps.slice(0, 4) } : one,
	);
	const storage = openStorage(world, folder, schemas);
	const insert = `insert into tasks (id, title, status, tags, dependencies, created_by, created_at, updated_at, score)
		values (?, ?, 'open', '[]', ?, 'ann', 't', 't', 0)`;
	storage.writing.run(insert, "A", "the oldest", "[]");
	storage.writing.run(insert, "B", "younger", '["A","B","long gone"]');
	storage.close();
	const on = await testHub({ folder });
	expect((await on.done("GET", "/board/ready")).tasks.map((task: Body) => task.id)).toEqual(["A"]);
	expect(await on.done("GET", "/board/B")).toMatchObject({ dependencies: ["A", "B", "long gone"], waitsFor: ["A"] });
	expect((await on.done("GET", "/board/search?words=younger")).count).toBe(1);
	// What it named before may stay; what is new must be there.
	expect((await on.ask("PATCH", "/board/tasks/B", { dependencies: ["A", "long gone"] })).status).toBe(200);
	expect((await on.ask("PATCH", "/board/tasks/B", { dependencies: ["A", "longer gone"] })).status).toBe(400);
});
