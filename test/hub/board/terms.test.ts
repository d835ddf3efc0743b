import { describe, expect, test } from "vitest";
import { type Body, testHub } from "../support.ts";

const { ask, done, mint } = await testHub();
const bob = { token: await mint("lieutenant", "bob") };
const eve = { token: await mint("lieutenant", "eve") };
const boss = { token: await mint("orchestrator", "boss") };
const host = { token: await mint("host", "machine") };
type As = typeof bob;

const create = async (terms: object, who: As = boss): Promise<string> => {
	const { id } = await done("POST", "/board/tasks", { title: "t" }, who);
	await done("PATCH", `/board/tasks/${id}/terms`, terms, who);
	return id;
};
const close = async (id: string, who: As): Promise<readonly [number, string]> => {
	const { status, body } = await ask("PATCH", `/board/tasks/${id}`, { status: "done" }, who);
	return [status, status === 200 ? body.status : `${body.code}: ${body.error}`];
};
const run = (fields: object = {}) => ({
	...{ command: "make test", passed: true, code: 0, said: "it ended with 0", tree: "a".repeat(40) },
	...{ at: "2026-01-01T00:00:00.000Z", ...fields },
});

describe("a checklist", () => {
	test("is finished before the task is done, by an orchestrator too; the refusal says what is open", async () => {
		const id = await create({ checklist: [" write it ", "show it"] });
		expect(await close(id, boss)).toEqual([
			409,
			expect.stringMatching(
				/^not_done: Task \w+ is not done: its checklist is not finished: 1. write it; 2. show it\.$/,
			),
		]);
		await done("POST", `/board/tasks/${id}/tick`, { item: 1 }, bob);
		expect((await ask("POST", `/board/tasks/${id}/approve`, {}, boss)).body.error).toContain("finished: 2. show it.");
		const ticked = await done("POST", `/board/tasks/${id}/tick`, { item: 2 }, bob);
		expect(ticked.checklist).toEqual([
			{ text: "write it", done: true },
			{ text: "show it", done: true },
		]);
		expect((await ask("POST", `/board/tasks/${id}/tick`, { item: 3 }, bob)).status).toBe(400);
		const longer = await done("PATCH", `/board/tasks/${id}/terms`, { checklist: ["show it", "ship it"] }, boss);
		expect(longer.checklist.map((item: Body) => item.done)).toEqual([true, false]);
		await done("POST", `/board/tasks/${id}/tick`, { item: 2 }, bob);
		expect(await close(id, boss)).toEqual([200, "done"]);
		const refusals = (await done("GET", "/feed/events?type=custom")).filter((event: Body) => event.agent === "boss");
		expect(refusals.map((event: Body) => event.metadata)).toEqual([
			{ gate: "evidence", verdict: "refused" },
			{ gate: "evidence", verdict: "refused" },
		]);
	});
});

describe("what must hold", () => {
	test("is not taken away by who does the work; of one's own task it may be", async () => {
		const id = await create({ check: "make test", checklist: ["it"] });
		await done("POST", `/board/tasks/${id}/claim`, {}, bob);
		for (const terms of [{ check: "true" }, { check: null }, { checklist: [] }])
			expect((await ask("PATCH", `/board/tasks/${id}/terms`, terms, bob)).body.code).toBe("forbidden");
		expect((await ask("PATCH", `/board/tasks/${id}/terms`, { territory: ["a"] }, eve)).body.code).toBe("task_taken");
		expect(await done("GET", `/board/tasks/${id}`)).toMatchObject({ check: "make test" });
		expect(await done("PATCH", `/board/tasks/${id}/terms`, { check: null }, boss)).not.toHaveProperty("check");
		expect(await create({ check: "true" }, bob)).toEqual(expect.any(String));
	});

	test("a check is seen by a host: words, artifacts and evidence of an agent's own are none", async () => {
		const id = await create({ check: "make test" });
		await done("POST", `/board/tasks/${id}/claim`, {}, bob);
		await done("POST", "/log", { text: "All 40 tests passed", facts: facts() }, bob);
		await done("POST", `/board/tasks/${id}/artifacts`, { artifacts: [{ type: "branch", url: "u", label: "l" }] }, bob);
		for (const who of [bob, boss]) {
			const [status, said] = await close(id, who);
			expect([status, said]).toEqual([409, expect.stringContaining("no host can run its check `make test`")]);
		}
		expect((await ask("POST", `/board/tasks/${id}/evidence`, run(), bob)).status).toBe(403);
		expect((await ask("POST", `/board/tasks/${id}/evidence`, run(), boss)).status).toBe(403);
		// A person decides by themselves.
		expect(await done("PATCH", `/board/tasks/${id}`, { status: "done" })).toMatchObject({ status: "done" });
	});

	test("what a host has seen stands on the task once, with command, exit, tree, when and by whom", async () => {
		const id = await create({ check: "make test" });
		for (const at of ["2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z", "2026-01-01T00:01:00.000Z"])
			await done("POST", `/board/tasks/${id}/evidence`, run({ at }), host);
		const { evidence } = await done("GET", `/board/tasks/${id}`);
		expect(evidence).toEqual([
			{ ...run(), host: expect.any(String) },
			{ ...run({ at: "2026-01-01T00:01:00.000Z" }), host: expect.any(String) },
		]);
		const told = (await done("GET", "/feed/events?type=task_checked")).filter(
			(event: Body) => event.detail.task === id,
		);
		expect(told).toHaveLength(2);
	});
});

const facts = () => ({ files: [], commits: [], effects: ["40 tests passed"] });
