import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Body, testHub } from "../support.ts";

const { ask, done, mint } = await testHub();
const boss = { token: await mint("orchestrator", "boss") };
const bob = { token: await mint("lieutenant", "bob") };

const make = async (title: string, dependencies: readonly string[] = [], fields: object = {}): Promise<string> =>
	(await done("POST", "/board/tasks", { title, dependencies, ...fields }, boss)).id;
const depend = (id: string, dependencies: readonly string[]) =>
	ask("PATCH", `/board/tasks/${id}`, { dependencies }, boss);
const get = (id: string): Promise<Body> => done("GET", `/board/tasks/${id}`);
const finish = (id: string) => done("PATCH", `/board/tasks/${id}`, { status: "done" });

describe("a dependency", () => {
	test("holds its task up until it is done, in the list, in the answer and in the words of a claim", async () => {
		const first = await make("first");
		const second = await make("second", [` ${first} `, first]);
		expect(await get(second)).toMatchObject({ dependencies: [first], waitsFor: [first] });
		const { tasks } = await done("GET", "/board/tasks?limit=1");
		expect(tasks[0]).toMatchObject({ id: second, waitsFor: [first] });
		expect(await done("POST", `/board/tasks/${second}/claim`, {}, bob)).toMatchObject({ waitsFor: [first] });
		await finish(first);
		expect(await get(second)).not.toHaveProperty("waitsFor");
		await done("PATCH", `/board/tasks/${first}`, { status: "open" });
		expect(await get(second)).toMatchObject({ waitsFor: [first] });
	});

	test("that is not on the board is refused, and nothing is made or changed", async () => {
		const first = await make("first");
		const before = (await done("GET", "/board/tasks")).count;
		for (const dependencies of [["nope"], [first, "nope"]]) {
			const { status, body } = await ask("POST", "/board/tasks", { title: "t", dependencies }, boss);
			expect([status, body.error]).toEqual([400, "unknown dependency: nope"]);
			expect((await depend(first, dependencies)).status).toBe(400);
		}
		expect((await done("GET", "/board/tasks")).count).toBe(before);
		expect(await get(first)).toMatchObject({ dependencies: [] });
	});

	test("that is deleted holds up nobody any more, and the history of who waited says so", async () => {
		const [first, other] = [await make("first"), await make("other")];
		const second = await make("second", [first, other]);
		await done("DELETE", `/board/tasks/${first}`, undefined, boss);
		expect(await get(second)).toMatchObject({ dependencies: [other], waitsFor: [other] });
		const { changes } = await done("GET", `/board/tasks/${second}/history`);
		expect(changes[0]).toMatchObject({
			...{ type: "task_dependency_deleted", by: "boss" },
			changed: { dependencies: { from: [first, other], to: [other] } },
		});
		const [deleted] = (await done("GET", "/feed/events?type=task_deleted")).slice(-1);
		expect(deleted.detail).toEqual({ task: first, released: [second] });
	});

	test("in a circle is refused with its path, also of itself", async () => {
		const a = await make("a");
		const b = await make("b", [a]);
		const c = await make("c", [b]);
		const circle = await depend(a, [c]);
		expect([circle.status, circle.body.code]).toEqual([409, "dependency_cycle"]);
		expect(circle.body.error).toContain(`${a} → ${c} → ${b} → ${a}.`);
		expect((await depend(a, [a])).body.error).toContain(`${a} → ${a}.`);
		expect(await get(a)).toMatchObject({ dependencies: [] });
		expect((await depend(c, [a])).status).toBe(200);
	});

	test("keeps a task from being done, by whomever but a person", async () => {
		const first = await make("the ground");
		const second = await make("second", [first]);
		const refused = await ask("PATCH", `/board/tasks/${second}`, { status: "done" }, boss);
		expect([refused.status, refused.body.code]).toEqual([409, "not_done"]);
		expect(refused.body.error).toContain(`it depends on ${first} (the ground), which is open.`);
		expect((await ask("POST", `/board/tasks/${second}/approve`, {}, boss)).body.code).toBe("not_done");
		const made = { title: "t", dependencies: [first], status: "done" };
		expect((await ask("POST", "/board/tasks", made, boss)).body.code).toBe("not_done");
		// Taken away in the same change, it is in nobody's way.
		expect((await ask("PATCH", `/board/tasks/${second}`, { dependencies: [], status: "done" }, boss)).status).toBe(200);
		const third = await make("third", [first]);
		expect(await finish(third)).toMatchObject({ status: "done" });
	});
});

/** The model: what each waits for, and whether a new list would close a circle. */
function closes(edges: ReadonlyMap<number, readonly number[]>, task: number, wanted: readonly number[]): boolean {
	const seen = new Set<number>();
	const queue = [...wanted];
	for (let n = queue.pop(); n !== undefined; n = queue.pop()) {
		if (n === task) return true;
		if (!seen.has(n)) queue.push(...(edges.get(n) ?? []));
		seen.add(n);
	}
	return false;
}

test("any order of changes to a graph is taken exactly when it closes no circle, and a path named is a circle", async () => {
	const size = 7;
	const node = fc.integer({ min: 0, max: size - 1 });
	const steps = fc.array(fc.tuple(node, fc.uniqueArray(node, { maxLength: 3 })), { minLength: 1, maxLength: 20 });
	await fc.assert(
		fc.asyncProperty(steps, async (changes) => {
			const ids = await Promise.all(Array.from({ length: size }, (_, n) => make(`${n}`)));
			const edges = new Map<number, readonly number[]>();
			for (const [task, wanted] of changes) {
				const answer = await depend(
					ids[task] ?? "",
					wanted.map((n) => ids[n] ?? ""),
				);
				const circle = closes(edges, task, wanted);
				expect(answer.status).toBe(circle ? 409 : 200);
				if (!circle) edges.set(task, wanted);
				else {
					const named = String(answer.body.error).match(/[0-9A-Z]{26}/g) ?? [];
					const path = named.map((id) => ids.indexOf(id));
					expect([path[0], path.at(-1)]).toEqual([task, task]);
					const proposed = new Map(edges).set(task, wanted);
					for (const [at, n] of path.slice(1).entries()) expect(proposed.get(path[at] ?? -1)).toContain(n);
				}
			}
			for (const [n, id] of ids.entries()) {
				const { dependencies } = await get(id);
				expect(dependencies).toEqual((edges.get(n) ?? []).map((to) => ids[to]));
			}
		}),
		{ numRuns: 12 },
	);
});
