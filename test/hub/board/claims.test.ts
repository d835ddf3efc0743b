import { describe, expect, test } from "vitest";
import { testHub, worldAt } from "../support.ts";

let now = Date.parse("2026-01-01T00:00:00Z");
const { ask, done, mint } = await testHub({ world: worldAt(() => now) });
const create = async (fields: object = {}): Promise<string> =>
	(await done("POST", "/board/tasks", { title: "t", createdBy: "ann", ...fields })).id;
const bob = { token: await mint("lieutenant", "bob") };
const eve = { token: await mint("lieutenant", "eve") };
const boss = { token: await mint("orchestrator", "boss") };

describe("a claim", () => {
	test("has exactly one winner of 64 at once, every time", async () => {
		const tokens = await Promise.all(Array.from({ length: 64 }, (_, i) => mint("worker", `w${i}`)));
		for (let round = 0; round < 40; round++) {
			const id = await create();
			const replies = await Promise.all(
				tokens.map((token) => ask("POST", `/board/tasks/${id}/claim`, undefined, { token })),
			);
			const winners = replies.flatMap(({ status }, i) => (status === 200 ? [`w${i}`] : []));
			expect(winners).toHaveLength(1);
			expect(replies.filter(({ status, body }) => status === 409 && body.code === "task_taken")).toHaveLength(63);
			expect(await done("GET", `/board/tasks/${id}`)).toMatchObject({
				assignee: winners[0],
				claim: { by: winners[0] },
			});
		}
	});

	test("starts an open task and can be renewed, and taken again by its holder", async () => {
		const id = await create();
		const until = (ms: number) => new Date(now + ms).toISOString();
		expect(await done("POST", `/board/tasks/${id}/claim`, { ttl: 60 }, bob)).toMatchObject({
			status: "in_progress",
			assignee: "bob",
			claim: { by: "bob", until: until(60_000) },
		});
		now += 30_000;
		expect(await done("POST", `/board/tasks/${id}/renew`, {}, bob)).toMatchObject({ claim: { until: until(60_000) } });
		expect(await done("POST", `/board/tasks/${id}/claim`, {}, bob)).toMatchObject({ claim: { until: until(900_000) } });
		expect((await ask("POST", `/board/tasks/${id}/renew`, {}, eve)).body.code).toBe("claim_lost");
	});

	test("ends by the hub's clock, and then another may take it", async () => {
		const id = await create();
		await done("POST", `/board/tasks/${id}/claim`, { ttl: 60 }, bob);
		now += 59_999;
		expect((await ask("POST", `/board/tasks/${id}/claim`, {}, eve)).status).toBe(409);
		now += 1;
		expect(await done("GET", `/board/tasks/${id}`)).not.toHaveProperty("claim");
		expect(await done("POST", `/board/tasks/${id}/claim`, {}, eve)).toMatchObject({ assignee: "eve" });
		expect((await ask("POST", `/board/tasks/${id}/renew`, {}, bob)).body.code).toBe("claim_lost");
	});

	test("can be given back, by its holder or who leads", async () => {
		const id = await create();
		await done("POST", `/board/tasks/${id}/claim`, {}, bob);
		expect((await ask("POST", `/board/tasks/${id}/release`, {}, eve)).body.code).toBe("claim_lost");
		const free = await done("POST", `/board/tasks/${id}/release`, {}, bob);
		expect(free).toMatchObject({ status: "open" });
		expect(free).not.toHaveProperty("assignee");
		await done("POST", `/board/tasks/${id}/claim`, {}, eve);
		expect(await done("POST", `/board/tasks/${id}/release`, {}, boss)).toMatchObject({ status: "open" });
	});

	test("guards the task against other agents, not against who leads", async () => {
		const id = await create();
		await done("POST", `/board/tasks/${id}/claim`, {}, bob);
		expect((await ask("PATCH", `/board/tasks/${id}`, { assignee: "eve" }, eve)).body.code).toBe("task_taken");
		expect((await ask("PATCH", `/board/tasks/${id}`, { status: "done" }, eve)).body.code).toBe("task_taken");
		expect((await ask("POST", `/board/tasks/${id}/review`, { summary: "s" }, eve)).body.code).toBe("task_taken");
		const moved = await done("PATCH", `/board/tasks/${id}`, { assignee: "eve" }, boss);
		expect(moved).toMatchObject({ assignee: "eve" });
		expect(moved).not.toHaveProperty("claim");
	});

	test("that has ended leaves what its holder said too late as a note, once, and changes nothing", async () => {
		const id = await create();
		await done("POST", `/board/tasks/${id}/claim`, { ttl: 60 }, bob);
		now += 60_000;
		await done("POST", `/board/tasks/${id}/claim`, {}, eve);
		const late = { summary: "The cause is in totals.ts, line 40." };
		for (let again = 0; again < 2; again++)
			expect((await ask("POST", `/board/tasks/${id}/review`, late, bob)).body.code).toBe("task_taken");
		expect((await ask("PATCH", `/board/tasks/${id}`, { status: "done" }, bob)).body.code).toBe("task_taken");
		const stranger = { token: await mint("lieutenant", "mallory") };
		expect((await ask("POST", `/board/tasks/${id}/review`, late, stranger)).body.code).toBe("task_taken");
		expect(await done("GET", `/board/tasks/${id}`)).toMatchObject({ status: "in_progress", claim: { by: "eve" } });
		const { notes } = await done("GET", `/board/tasks/${id}/notes`);
		const said = "Late, and refused, as eve has the task now. bob, who had it before, says:";
		expect(notes).toMatchObject([
			{ author: "bob", content: `${said} ${late.summary}` },
			{ author: "bob", content: `${said} the task is done` },
		]);
	});

	test("of a task meant for another, in review or done is refused", async () => {
		const meant = await create({ assignee: "eve" });
		expect((await ask("POST", `/board/tasks/${meant}/claim`, {}, bob)).body.code).toBe("task_taken");
		expect(await done("POST", `/board/tasks/${meant}/claim`, {}, eve)).toMatchObject({ assignee: "eve" });
		for (const status of ["in_review", "done"]) {
			const id = await create({ status });
			expect((await ask("POST", `/board/tasks/${id}/claim`, {}, bob)).body.code).toBe("conflict");
		}
	});

	test("ends when the task is handed in", async () => {
		const id = await create();
		await done("POST", `/board/tasks/${id}/claim`, {}, bob);
		expect(await done("POST", `/board/tasks/${id}/review`, { summary: "s" }, bob)).not.toHaveProperty("claim");
	});
});

describe("done needs evidence", () => {
	const claimed = async (): Promise<string> => {
		const id = await create();
		await done("POST", `/board/tasks/${id}/claim`, {}, bob);
		now += 1_000;
		return id;
	};
	const finish = (id: string, options: object = bob) => ask("PATCH", `/board/tasks/${id}`, { status: "done" }, options);
	const log = (facts: object, options: object = bob) =>
		done("POST", "/log", { text: "Did it.", facts: { files: [], commits: [], effects: [], ...facts } }, options);

	test("a lieutenant's word is none; the refusal says what would be", async () => {
		const id = await claimed();
		await log({ files: ["a.txt"] });
		const refused = await finish(id);
		expect(refused).toMatchObject({ status: 409, body: { code: "evidence_missing" } });
		expect(`${refused.body.error} ${refused.body.remedy}`).toMatch(/artifact.*commit.*board_add_artifact.*log_append/);
		expect(await done("GET", `/board/tasks/${id}`)).toMatchObject({ status: "in_progress", claim: { by: "bob" } });
	});

	test.each([
		["an artifact", (id: string) => done("POST", `/board/tasks/${id}/artifacts`, artifact, bob)],
		["a commit", () => log({ commits: ["3fa91c2"] })],
		["a passed test", () => log({ effects: ["35 tests passed"] })],
	])("%s is enough", async (_what, show) => {
		const id = await claimed();
		await show(id);
		expect((await finish(id)).body).toMatchObject({ status: "done" });
	});

	test("not what was logged before the claim, and not another agent's", async () => {
		await log({ commits: ["3fa91c2"] });
		now += 1_000;
		const id = await claimed();
		await log({ commits: ["3fa91c2"] }, eve);
		expect((await finish(id)).body.code).toBe("evidence_missing");
	});

	test("an orchestrator and a person decide by themselves", async () => {
		expect((await finish(await claimed(), boss)).body).toMatchObject({ status: "done" });
		expect((await finish(await claimed(), {})).body).toMatchObject({ status: "done" });
	});

	test("nor is a task put on the board as done", async () => {
		const reply = await ask("POST", "/board/tasks", { title: "t", createdBy: "bob", status: "done" }, bob);
		expect(reply.body.code).toBe("evidence_missing");
	});
});

const artifact = { artifacts: [{ type: "branch", url: "lt/bob", label: "work" }] };

describe("nobody approves their own", () => {
	const handedIn = async (): Promise<string> => {
		const id = await create();
		await done("POST", `/board/tasks/${id}/claim`, {}, bob);
		await done("POST", `/board/tasks/${id}/review`, { summary: "done", reviewedBy: "bob", ...artifact }, bob);
		return id;
	};
	const approve = (id: string, options: object) =>
		ask("POST", `/board/tasks/${id}/approve`, options === admin ? { approvedBy: "bob" } : {}, options);
	const admin = {};

	test("neither who handed it in, nor who held it before, nor by writing the status", async () => {
		const id = await handedIn();
		expect((await approve(id, bob)).body.code).toBe("self_approval");
		expect((await ask("PATCH", `/board/tasks/${id}`, { status: "done" }, bob)).body.code).toBe("self_approval");
		await done("PATCH", `/board/tasks/${id}`, { assignee: "ann" }, boss);
		expect((await approve(id, bob)).body.code).toBe("self_approval");
		expect((await approve(id, eve)).body).toMatchObject({ status: "done" });

		const passed = await create();
		await done("POST", `/board/tasks/${passed}/claim`, {}, bob);
		await done("POST", `/board/tasks/${passed}/artifacts`, artifact, bob);
		await done("POST", `/board/tasks/${passed}/release`, {}, bob);
		expect((await approve(passed, bob)).body.code).toBe("self_approval");
	});

	test("an admin may, in anyone's name; it is stored who it was", async () => {
		const id = await handedIn();
		expect((await approve(id, admin)).body).toMatchObject({ status: "done" });
		const events = await done("GET", "/feed/events?type=task_approved");
		expect(events.at(-1)).toMatchObject({ agent: "bob", actor: expect.any(String) });
	});
});

describe("the board's rules, as a person has set them", () => {
	test.each(["warn", "off"] as const)("%s: it is done, and the feed says what was missing", async (mode) => {
		const loose = await testHub({ rules: { board: mode, review: mode } });
		const cy = { token: await loose.mint("lieutenant", "cy") };
		const { id } = await loose.done("POST", "/board/tasks", { title: "t", createdBy: "ann" });
		await loose.done("POST", `/board/tasks/${id}/claim`, {}, cy);
		await loose.done("POST", `/board/tasks/${id}/review`, { summary: "done", reviewedBy: "cy" }, cy);
		await loose.done("POST", `/board/tasks/${id}/approve`, {}, cy);
		const events = await loose.done("GET", "/feed/events?type=task_approved");
		expect(events.at(-1).detail).toEqual({
			task: id,
			round: 1,
			...(mode === "warn" ? { unproven: true, own: true } : {}),
		});
	});
});
