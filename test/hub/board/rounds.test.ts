import { describe, expect, test } from "vitest";
import { until } from "../../support/until.ts";
import { idOf, type Play, playHost } from "../played-host.ts";
import { type Body, testHub } from "../support.ts";

const on = await testHub();
const { ask, done, mint, hub } = on;
const bob = { token: await mint("lieutenant", "bob") };
const eve = { token: await mint("lieutenant", "eve") };
const boss = { token: await mint("orchestrator", "boss") };
const finding = { file: "src/a.ts", line: 3, severity: "major", claim: "It counts twice", evidence: "a test shows 2" };

let messages = 0;
const TREES = ["a".repeat(40), "b".repeat(40)];
/** What the host says to a message; each test may have it say something else. */
let sending: Play = () => ({ output: { message: { id: `M${++messages}` } } });
const usual = sending;
let looks = 0;
const host = playHost("h1", await mint("host", "h1"), (call) => {
	if (call.operation === "lieutenants.send") return sending(call);
	const tree = TREES[looks++ % 2];
	return { output: { tree, branch: "lt/bob", since: "c".repeat(40), diff: `diff ${looks}`, cut: false } };
});
await host.link(hub.address);
await host.say("bob");
const sent = (task: string) =>
	host.calls.filter(({ operation, input }) => operation === "lieutenants.send" && (input as Body).task === task);

const textTo = (task: string): string => String((sent(task).at(-1)?.input as Body | undefined)?.message);

const handIn = async (id: string, summary: string, artifacts: readonly object[] = []): Promise<Body> =>
	done("POST", `/board/tasks/${id}/review`, { summary, artifacts }, bob);
const claimed = async (): Promise<string> => {
	const { id } = await done("POST", "/board/tasks", { title: "Totals" }, boss);
	await done("POST", `/board/tasks/${id}/claim`, {}, bob);
	return id;
};
const judge = (id: string, body: object, who = boss) => ask("POST", `/board/tasks/${id}/verdict`, body, who);
const rounds = async (id: string): Promise<Body[]> => (await done("GET", `/board/tasks/${id}/rounds`)).rounds;
const told = (id: string, state: string) =>
	until(async () => (await rounds(id)).at(-1)?.told?.state === state, `the message to be ${state}`);
const branch = { type: "branch", url: "lt/bob", label: "work" };

describe("a review in rounds", () => {
	test("goes back to its author with the findings, who holds the task again, and comes to an end", async () => {
		const id = await claimed();
		const text = (content: string) => ({ type: "file", url: "notes.md", label: "notes", content });
		await done("POST", `/board/tasks/${id}/artifacts`, { artifacts: [text("one\ntwo\n")] }, bob);
		expect(await handIn(id, "first try", [branch])).toMatchObject({ status: "in_review", round: 1 });
		expect((await ask("POST", `/board/tasks/${id}/renew`, {}, bob)).body.code).toBe("claim_lost");
		const { status, body } = await judge(
			id,
			{ verdict: "needs_changes", findings: [finding], comment: " See there " },
			eve,
		);
		expect(status).toBe(200);
		expect(body.task).toMatchObject({ status: "in_progress", assignee: "bob", claim: { by: "bob" } });
		expect(body.round).toMatchObject({ round: 1, verdict: "needs_changes", by: "eve", comment: "See there" });
		expect(body.round.told).toEqual({ to: "bob", lieutenant: idOf("bob"), state: "due" });
		await told(id, "queued");
		const [call] = sent(id);
		expect(call).toMatchObject({ target: idOf("bob"), author: { name: "eve" }, key: expect.any(String) });
		expect(textTo(id).split("\n")).toEqual([
			`Task ${id} (Totals) needs changes, says eve of round 1.`,
			"See there",
			"1. [major] src/a.ts:3: It counts twice Evidence: a test shows 2",
			"You hold it again. Mend what is named, then hand it in again with board_submit_for_review.",
		]);
		await host.receipt(`M${messages}`, "consumed");
		await told(id, "consumed");
		await done("POST", `/board/tasks/${id}/artifacts`, { artifacts: [text("one\n2\n")] }, bob);
		await handIn(id, "second try", [branch]);
		await until(async () => (await rounds(id)).at(-1)?.branch === "lt/bob", "the files of round 2 to be seen");
		const { differences } = await done("GET", `/board/tasks/${id}/diff`, undefined, eve);
		expect(differences).toEqual([
			expect.objectContaining({ label: "lt/bob", diff: expect.stringMatching(/^diff \d$/), cut: false }),
			{ label: "notes", from: "version 1", to: "version 2", diff: "@@ -1,2 +1,2 @@\n one\n-two\n+2", cut: false },
		]);
		expect((await judge(id, { verdict: "approve", round: 1 }, eve)).body.error).toContain(
			"round 2 was handed in since",
		);
		const minor = { severity: "nit", claim: "A long name", evidence: "totalsByDayAndAgent" };
		const approved = await judge(id, { verdict: "approve", findings: [minor], round: 2 }, eve);
		expect(approved.body.task).toMatchObject({ status: "done", round: 2 });
		const [first, second] = await rounds(id);
		expect(first).toMatchObject({ round: 1, submittedBy: "bob", summary: "first try", findings: [finding] });
		expect(first?.artifacts.map(({ label, version }: Body) => [label, version])).toEqual([
			["notes", 1],
			["work", 1],
		]);
		expect(second).toMatchObject({ round: 2, verdict: "approve", by: "eve", findings: [minor] });
		expect(second?.artifacts.map(({ label, version }: Body) => [label, version])).toEqual([
			["notes", 2],
			["work", 2],
		]);
		expect(sent(id)).toHaveLength(1);
		const { changes } = await done("GET", `/board/tasks/${id}/history`);
		expect(changes.map(({ type }: Body) => type).toReversed()).toEqual([
			...["task_created", "task_claimed", "task_artifacts_added", "task_submitted", "task_needs_changes"],
			...["task_verdict_delivered", "task_artifacts_added", "task_submitted", "task_approved"],
		]);
	});

	test("keeps the files of the round before as what the next is compared with", async () => {
		const id = await claimed();
		looks = 0;
		await handIn(id, "one");
		await until(async () => (await rounds(id)).at(-1)?.tree !== undefined, "the files of round 1");
		await handIn(id, "two, before any verdict");
		await until(async () => (await rounds(id)).at(-1)?.tree !== undefined, "the files of round 2");
		const asked = host.calls.filter(({ operation }) => operation === "lieutenants.changes").slice(-2);
		expect(asked.map(({ input }) => (input as Body).since)).toEqual([undefined, TREES[0]]);
		const [first] = await rounds(id);
		expect(first).not.toHaveProperty("verdict");
		await judge(id, { verdict: "approve" }, boss);
		expect((await rounds(id)).map(({ verdict }) => verdict)).toEqual([undefined, "approve"]);
	});

	test("is refused for one's own work, for what nobody handed in, and where it contradicts itself", async () => {
		const id = await claimed();
		const refusal = async (body: object, who = boss) => (await judge(id, body, who)).body;
		expect((await refusal({ verdict: "approve" })).error).toContain(
			"is in_progress: nothing of it waits for a verdict",
		);
		await handIn(id, "s", [branch]);
		expect((await refusal({ verdict: "approve" }, bob)).code).toBe("self_approval");
		expect((await refusal({ verdict: "approve", findings: [{ ...finding, severity: "blocker" }] })).code).toBe(
			"invalid_input",
		);
		expect((await refusal({ verdict: "needs_changes", comment: " " })).error).toContain("findings is required");
		for (const bad of [{ severity: "huge" }, { evidence: "" }, { line: 0 }])
			expect((await refusal({ verdict: "needs_changes", findings: [{ ...finding, ...bad }] })).code).toBe(
				"invalid_input",
			);
		expect((await judge(id, { verdict: "reject" })).status).toBe(400);
		expect((await rounds(id)).at(-1)).not.toHaveProperty("verdict");
		expect(await done("GET", `/board/tasks/${id}`)).toMatchObject({ status: "in_review" });
		expect(sent(id)).toEqual([]);
	});

	test("by the old routes is the same: rounds are kept, the author is told, the answers are the old ones", async () => {
		const id = await claimed();
		await handIn(id, "s", [branch]);
		const rejected = await done("POST", `/board/tasks/${id}/reject`, { reason: "no" }, boss);
		expect(rejected).toMatchObject({ status: "open", assignee: "bob" });
		expect(rejected).not.toHaveProperty("claim");
		await told(id, "queued");
		expect(textTo(id)).toContain("It is open: take it again with board_claim.");
		await handIn(id, "s");
		expect(await done("POST", `/board/tasks/${id}/approve`, { comment: "fine" }, boss)).toMatchObject({
			status: "done",
		});
		const kept = await rounds(id);
		expect(kept.map(({ verdict, comment }) => [verdict, comment])).toEqual([
			["needs_changes", "no"],
			["approve", "fine"],
		]);
		// In review by its status alone, as old clients write it.
		const other = (await done("POST", "/board/tasks", { title: "t", createdBy: "ann", status: "in_review" })).id;
		await done("POST", `/board/tasks/${other}/reject`, { reason: "no" });
		expect(await rounds(other)).toMatchObject([{ round: 1, submittedBy: "ann", verdict: "needs_changes" }]);
		// Never handed in: any status goes, as it always did, and there is no round.
		const fresh = (await done("POST", "/board/tasks", { title: "t", createdBy: "ann" })).id;
		await done("POST", `/board/tasks/${fresh}/approve`, {});
		expect(await rounds(fresh)).toEqual([]);
	});

	test("of a person's or an orchestrator's work opens it again, and there is nobody to send to", async () => {
		const { id } = await done("POST", "/board/tasks", { title: "t", assignee: "boss" }, boss);
		await done("POST", `/board/tasks/${id}/review`, { summary: "s" }, boss);
		const { body } = await judge(id, { verdict: "needs_changes", comment: "no" }, eve);
		expect(body.task).toMatchObject({ status: "open", assignee: "boss" });
		expect(body.round).not.toHaveProperty("told");
	});
});

describe("the message of a review", () => {
	const refused =
		(code: string, error: string): Play =>
		() => ({ error: { code, error, remedy: "r" } });

	test("waits for a host that is away, and for a lieutenant that is paused, saying why", async () => {
		const id = await claimed();
		await handIn(id, "s");
		await host.unlink();
		await judge(id, { verdict: "needs_changes", findings: [finding] });
		expect((await rounds(id)).at(-1)?.told).toMatchObject({ state: "due" });
		sending = refused("lieutenant_deaf", "bob is paused and takes no messages.");
		await host.link(hub.address);
		await until(async () => (await rounds(id)).at(-1)?.told.because !== undefined, "why it waits");
		expect((await rounds(id)).at(-1)?.told).toMatchObject({
			state: "due",
			because: "bob is paused and takes no messages.",
		});
		sending = usual;
		await told(id, "queued");
		expect(new Set(sent(id).map(({ key }) => key)).size).toBe(1);
		expect((await rounds(id)).at(-1)?.told).not.toHaveProperty("because");
	});

	test("whose fate is unknown is asked for again under the same key, once at a time", async () => {
		const id = await claimed();
		await handIn(id, "s");
		sending = () => undefined;
		await judge(id, { verdict: "needs_changes", findings: [finding] });
		await until(() => sent(id).length === 1, "the first attempt");
		await new Promise((resolve) => setTimeout(resolve, 2_500));
		expect(sent(id)).toHaveLength(1);
		sending = usual;
		await host.unlink();
		await host.link(hub.address);
		await told(id, "queued");
		expect(sent(id)).toHaveLength(2);
		expect(sent(id)[1]).toMatchObject({ key: sent(id)[0]?.key, input: sent(id)[0]?.input });
	});

	test("is dropped when somebody else has the task by then, or its lieutenant is gone: then anyone may take it", async () => {
		const taken = await claimed();
		await handIn(taken, "s");
		await host.unlink();
		await judge(taken, { verdict: "needs_changes", findings: [finding] });
		await done("POST", `/board/tasks/${taken}/release`, {}, boss);
		await done("POST", `/board/tasks/${taken}/claim`, {}, eve);
		await told(taken, "dropped");
		expect((await rounds(taken)).at(-1)?.told.because).toBe(`task ${taken} is eve's now`);
		const left = await claimed();
		await handIn(left, "s");
		await judge(left, { verdict: "needs_changes", findings: [finding] });
		await host.link(hub.address);
		await told(left, "queued");
		await handIn(left, "again");
		await host.unlink();
		await judge(left, { verdict: "needs_changes", findings: [finding] });
		sending = refused("lieutenant_unknown", "No lieutenant 'bob'.");
		await host.link(hub.address);
		await told(left, "dropped");
		sending = usual;
		const freed = await done("GET", `/board/tasks/${left}`);
		expect([freed.status, freed.assignee, freed.claim]).toEqual(["open", undefined, undefined]);
		await host.say("bob", "gone");
		const last = await claimed();
		await handIn(last, "s");
		const { body } = await judge(last, { verdict: "needs_changes", findings: [finding] });
		expect([body.task.status, body.task.assignee, body.round.told]).toEqual(["open", undefined, undefined]);
		expect(on.complaints).toEqual([]);
	});
});
