/**
 * The routes of the old server, one by one, as its clients use them: no handshake, one shared token, authors in the body.
 * What they answer is what the old server answered; `docs/compatibility.md` lists where that is not so, and why.
 */
import { describe, expect, test } from "vitest";
import { type Body, testHub } from "../support.ts";
import { iso, oldClient, ulid } from "./old-client.ts";

const { ask, done } = await testHub();

const { gives, refuses } = oldClient(ask);

const task = (more: object = {}): Body => ({
	...{ id: ulid, title: "t", status: "open", tags: [], dependencies: [], createdBy: "ann" },
	...{ createdAt: iso, updatedAt: iso, notes: [], artifacts: [], score: 0 },
	...more,
});
const newTask = (more: object = {}): Promise<Body> =>
	done("POST", "/board/tasks", { title: "t", createdBy: "ann", ...more });
const NO_TASK = "/board/tasks/nothing";

const routes: Readonly<Record<string, () => Promise<void>>> = {
	"POST /board/tasks": async () => {
		const whole = { description: " d ", status: "blocked", assignee: " bob ", tags: ["x"] };
		const made = await ask("POST", "/board/tasks", { title: " t ", createdBy: " ann ", ...whole });
		expect(made.status).toBe(201);
		expect(made.body).toMatchObject(task({ description: "d", status: "blocked", assignee: "bob", tags: ["x"] }));
		await refuses("POST", "/board/tasks", { createdBy: "a" }, 400, "title is required");
		await refuses("POST", "/board/tasks", { title: " ", createdBy: "a" }, 400, "title is required");
		await refuses("POST", "/board/tasks", { title: "t" }, 400, "createdBy is required");
		await refuses("POST", "/board/tasks", { title: "t", createdBy: "a", status: "X" }, 400, "invalid status: X");
	},
	"GET /board/tasks": async () => {
		const one = await newTask({ tags: ["only"], assignee: "eve" });
		const two = await newTask({ tags: ["only"], assignee: "eve", status: "done" });
		const listed = await done("GET", "/board/tasks?tag=only&assignee=eve");
		expect([listed.count, listed.tasks.map(({ id }: Body) => id)]).toEqual([2, [two.id, one.id]]);
		expect((await done("GET", "/board/tasks?tag=only&status=done")).count).toBe(1);
		expect((await done("GET", "/board/tasks?tag=only&status=")).count).toBe(2);
		await gives("GET", "/board/tasks?status=unknown", undefined, 200, { tasks: [], count: 0 });
	},
	"GET /board/tasks/:id": async () => {
		const { id } = await newTask();
		expect(await done("GET", `/board/tasks/${id}`)).toMatchObject(task({ id }));
		await refuses("GET", NO_TASK, undefined, 404, "task not found");
	},
	"GET /board/:id": async () => {
		const { id } = await newTask();
		expect(await done("GET", `/board/${id}`)).toMatchObject(task({ id }));
		await refuses("GET", "/board/nothing", undefined, 404, "task not found");
	},
	"PATCH /board/tasks/:id": async () => {
		const { id } = await newTask({ assignee: "bob", description: "d" });
		const path = `/board/tasks/${id}`;
		expect(await done("PATCH", path, { title: " u ", status: "in_progress", tags: ["a"] })).toMatchObject({
			...{ title: "u", status: "in_progress", tags: ["a"], assignee: "bob", description: "d" },
		});
		expect(await done("PATCH", path, { assignee: null })).not.toHaveProperty("assignee");
		expect(await done("PATCH", path, {})).toMatchObject({ title: "u" });
		await refuses("PATCH", path, { status: "X" }, 400, "invalid status: X");
		await refuses("PATCH", path, { title: " " }, 400, "title cannot be empty");
		await refuses("PATCH", NO_TASK, {}, 404, "task not found");
	},
	"DELETE /board/tasks/:id": async () => {
		const { id } = await newTask();
		await gives("DELETE", `/board/tasks/${id}`, undefined, 200, { deleted: true });
		await refuses("DELETE", `/board/tasks/${id}`, undefined, 404, "task not found");
	},
	"POST /board/tasks/:id/bump": async () => {
		const { id } = await newTask();
		expect(await done("POST", `/board/tasks/${id}/bump`)).toMatchObject({ id, score: 1 });
		await refuses("POST", `${NO_TASK}/bump`, undefined, 404, "task not found");
	},
	"POST /board/tasks/:id/notes": async () => {
		const path = `/board/tasks/${(await newTask()).id}/notes`;
		const note = { id: ulid, author: "ann", content: "c", type: "finding", createdAt: iso };
		await gives("POST", path, { author: " ann ", content: " c ", type: "finding" }, 201, note);
		await refuses("POST", path, { content: "c", type: "finding" }, 400, "author is required");
		await refuses("POST", path, { author: "a", type: "finding" }, 400, "content is required");
		await refuses("POST", path, { author: "a", content: "c", type: "X" }, 400, "invalid note type: X");
		await refuses("POST", `${NO_TASK}/notes`, { author: "a", content: "c", type: "finding" }, 404, "task not found");
	},
	"GET /board/tasks/:id/notes": async () => {
		const path = `/board/tasks/${(await newTask()).id}/notes`;
		await gives("GET", path, undefined, 200, { notes: [], count: 0 });
		for (const content of ["one", "two"]) await done("POST", path, { author: "a", content, type: "update" });
		expect((await done("GET", path)).notes.map(({ content }: Body) => content)).toEqual(["one", "two"]);
		await refuses("GET", `${NO_TASK}/notes`, undefined, 404, "task not found");
	},
	"POST /board/tasks/:id/artifacts": async () => {
		const path = `/board/tasks/${(await newTask()).id}/artifacts`;
		const good = { type: "branch", url: "u", label: "l", addedBy: "ann" };
		const made = await ask("POST", path, { artifacts: [good] });
		expect([made.status, made.body.artifacts]).toMatchObject([201, [{ ...good, addedAt: iso }]]);
		const none = "artifacts array is required and must not be empty";
		for (const artifacts of [undefined, [], "x"]) await refuses("POST", path, { artifacts }, 400, none);
		const bad = (more: object) => ({ artifacts: [{ ...good, ...more }] });
		await refuses("POST", path, bad({ type: "X" }), 400, "invalid artifact type: X");
		await refuses("POST", path, bad({ url: undefined }), 400, "artifact url is required");
		await refuses("POST", path, bad({ label: " " }), 400, "artifact label is required");
		await refuses("POST", `${NO_TASK}/artifacts`, { artifacts: [good] }, 404, "task not found");
	},
	"POST /board/tasks/:id/review": async () => {
		const path = `/board/tasks/${(await newTask()).id}/review`;
		const artifacts = [{ type: "url", url: "u", label: "l" }];
		const handed = await ask("POST", path, { summary: " s ", reviewedBy: "ann", artifacts });
		expect(handed.status).toBe(200);
		expect(handed.body).toMatchObject({
			status: "in_review",
			notes: [{ author: "ann", content: "s", type: "update" }],
			artifacts: [{ ...artifacts[0], addedBy: "ann" }],
		});
		expect((await done("POST", `/board/tasks/${(await newTask()).id}/review`, { summary: "s" })).notes).toMatchObject([
			{ author: "unknown" },
		]);
		await refuses("POST", `${NO_TASK}/review`, {}, 400, "summary is required");
		await refuses("POST", `${NO_TASK}/review`, { summary: "s" }, 404, "task not found");
	},
	"POST /board/tasks/:id/approve": async () => {
		const { id } = await newTask();
		const approved = await ask("POST", `/board/tasks/${id}/approve`, { approvedBy: "bob", comment: "fine" });
		expect([approved.status, approved.body]).toMatchObject([
			200,
			{ status: "done", notes: [{ author: "bob", content: "Approved by bob: fine" }] },
		]);
		const bare = await done("POST", `/board/tasks/${(await newTask()).id}/approve`, {});
		expect(bare.notes).toMatchObject([{ content: "Approved by unknown" }]);
		await refuses("POST", `${NO_TASK}/approve`, {}, 404, "task not found");
	},
	"POST /board/tasks/:id/reject": async () => {
		const { id } = await newTask();
		const rejected = await ask("POST", `/board/tasks/${id}/reject`, { rejectedBy: "bob", reason: "no" });
		expect([rejected.status, rejected.body]).toMatchObject([
			200,
			{ status: "open", notes: [{ author: "bob", content: "Rejected by bob: no" }] },
		]);
		await refuses("POST", `${NO_TASK}/reject`, {}, 400, "reason is required");
		await refuses("POST", `${NO_TASK}/reject`, { reason: "no" }, 404, "task not found");
	},
	"GET /board/review": async () => {
		const { id } = await newTask();
		await done("POST", `/board/tasks/${id}/review`, { summary: "s" });
		const { tasks, count } = await done("GET", "/board/review");
		expect(tasks[0]).toMatchObject({ id, status: "in_review" });
		expect([tasks.length, new Set(tasks.map(({ status }: Body) => status)).size]).toEqual([count, 1]);
	},
	"POST /feed/events": async () => {
		const event = { agent: "ann", type: "token_update", summary: " s ", detail: { a: 1 }, metadata: [1] };
		await gives("POST", "/feed/events", event, 201, {
			...event,
			id: ulid,
			timestamp: iso,
			seq: expect.any(Number),
			actor: "admin",
		});
		await refuses("POST", "/feed/events", { type: "custom" }, 400, "Missing or invalid 'agent' field");
		const types = "task_started, task_completed, task_failed, blocker_found, question, finding, skill_proposed, ";
		const rest = "file_changed, cost_update, agent_started, agent_stopped, token_update, custom";
		await refuses("POST", "/feed/events", { agent: "a" }, 400, `Invalid 'type'. Must be one of: ${types}${rest}`);
		const noSummary = { agent: "a", type: "custom", summary: 5 };
		await refuses("POST", "/feed/events", noSummary, 400, "Missing or invalid 'summary' field");
		const broken = await ask("POST", "/feed/events", undefined, { raw: "{" });
		expect([broken.status, broken.body.error]).toEqual([400, "Invalid JSON body"]);
	},
	"GET /feed/events": async () => {
		for (const summary of ["1", "2", "3"])
			await done("POST", "/feed/events", { agent: "lister", type: "custom", summary });
		const listed = async (query: string) => (await done("GET", `/feed/events?agent=lister${query}`)) as Body[];
		const all = await listed("");
		expect(all.map(({ summary }) => summary)).toEqual(["1", "2", "3"]);
		expect((await listed("&limit=2")).map(({ summary }) => summary)).toEqual(["2", "3"]);
		expect((await listed(`&since=${all[0].id}`)).map(({ summary }) => summary)).toEqual(["2", "3"]);
		expect(await listed("&type=question")).toEqual([]);
	},
	"GET /feed/events/:id": async () => {
		const event = await done("POST", "/feed/events", { agent: "a", type: "custom", summary: "s" });
		await gives("GET", `/feed/events/${event.id}`, undefined, 200, event);
		await refuses("GET", "/feed/events/nothing", undefined, 404, "Event not found");
	},
	"GET /feed/stats": async () => {
		const latest = await done("POST", "/feed/events", { agent: "stats", type: "finding", summary: "s" });
		const stats = await done("GET", "/feed/stats");
		expect(Object.keys(stats).sort()).toEqual(["byAgent", "byType", "latestPerAgent", "total"]);
		expect(stats).toMatchObject({ byAgent: { stats: 1 }, latestPerAgent: { stats: latest } });
	},
	"DELETE /feed/events": async () =>
		gives("DELETE", "/feed/events", undefined, 200, { ok: true }).then(() => undefined),
	"POST /log": async () => {
		await gives("POST", "/log", { text: " x ", agent: " ann " }, 201, {
			id: ulid,
			timestamp: iso,
			text: "x",
			agent: "ann",
		});
		await gives("POST", "/log", { text: "x", agent: " " }, 201, { id: ulid, timestamp: iso, text: "x" });
		await refuses("POST", "/log", { text: " " }, 400, "text is required");
	},
	"GET /log": async () => {
		await done("POST", "/log", { text: "now" });
		for (const query of ["", "?last=7d", "?last=nonsense", "?since=2020-01-01T00:00:00.000Z", "?until=2999-01-01"]) {
			const { entries, count } = await done("GET", `/log${query}`);
			expect([query, entries.at(-1).text, entries.length]).toEqual([query, "now", count]);
		}
		await gives("GET", "/log?until=2020-01-01", undefined, 200, { entries: [], count: 0 });
	},
	"GET /log/raw": async () => {
		const { timestamp } = await done("POST", "/log", { text: "plain", agent: "ann" });
		const { status, body, headers } = await ask("GET", "/log/raw");
		expect([status, body.split("\n").at(-1)]).toEqual([200, `[${timestamp}] (ann) plain`]);
		expect(headers.get("content-type")).toMatch(/^text\/plain/);
		await gives("GET", "/log/raw?until=2020-01-01", undefined, 200, "");
	},
	"POST /journal": async () => {
		const entry = { text: "x", author: "ann", mood: "wary", tags: ["a", "b"] };
		const sent = { text: " x ", author: " ann ", mood: " wary ", tags: [" a ", "", "b"] };
		await gives("POST", "/journal", sent, 201, { id: ulid, timestamp: iso, ...entry });
		await gives("POST", "/journal", { text: "x", tags: [""] }, 201, { id: ulid, timestamp: iso, text: "x" });
		await refuses("POST", "/journal", { mood: "m" }, 400, "text is required");
	},
	"GET /journal": async () => {
		await done("POST", "/journal", { text: "j", author: "Zoe", tags: ["Odd"] });
		expect(await done("GET", "/journal?author=zoe&tag=odd&last=1h")).toMatchObject({
			count: 1,
			entries: [{ text: "j" }],
		});
		expect((await ask("GET", "/journal?author=zoe&raw=true")).body).toMatch(/\] \(Zoe\) #Odd j$/);
	},
	"GET /journal/raw": async () => {
		const { timestamp } = await done("POST", "/journal", {
			text: "r",
			author: "Yan",
			mood: "calm",
			tags: ["t1", "t2"],
		});
		await gives("GET", "/journal/raw?author=yan", undefined, 200, `[${timestamp}] (Yan) [calm] #t1 #t2 r`);
	},
	"POST /registry/vms": async () => {
		const vm = { id: "v1", name: "n", role: "worker", address: "a", registeredBy: "ann" };
		const more = { services: [{ name: "web", port: 80, healthPath: "/h" }], metadata: { a: 1 } };
		const times = { status: "running", registeredAt: iso, lastSeen: iso };
		await gives("POST", "/registry/vms", { ...vm, ...more }, 201, { ...vm, ...more, ...times });
		await refuses("POST", "/registry/vms", vm, 409, "VM already registered");
		for (const [field, error] of [
			["id", "id is required"],
			["name", "name is required"],
			["address", "address is required"],
			["registeredBy", "registeredBy is required"],
		] as const) {
			await refuses("POST", "/registry/vms", { ...vm, id: "v2", [field]: " " }, 400, error);
		}
		await refuses("POST", "/registry/vms", { ...vm, id: "v2", role: "X" }, 400, "invalid role: X");
		await refuses("POST", "/registry/vms", { ...vm, id: "v2", status: "X" }, 400, "invalid status: X");
	},
	"GET /registry/vms": async () => {
		await register("l1", { role: "infra", status: "paused" });
		await register("l2", { role: "infra" });
		const ids = async (query: string) => (await done("GET", `/registry/vms${query}`)).vms.map(({ id }: Body) => id);
		expect(await ids("?role=infra")).toEqual(["l2", "l1"]);
		expect(await ids("?role=infra&status=running")).toEqual(["l2"]);
	},
	"GET /registry/vms/:id": async () => {
		await register("g1");
		expect(await done("GET", "/registry/vms/g1")).toMatchObject({ id: "g1", status: "running" });
		await refuses("GET", "/registry/vms/nothing", undefined, 404, "VM not found");
	},
	"PATCH /registry/vms/:id": async () => {
		await register("p1");
		const patch = { name: "m", status: "stopped", address: "b", services: [], metadata: { x: 1 } };
		expect(await done("PATCH", "/registry/vms/p1", { ...patch, role: "infra" })).toMatchObject({
			...patch,
			role: "worker",
		});
		await refuses("PATCH", "/registry/vms/p1", { status: "X" }, 400, "invalid status: X");
		await refuses("PATCH", "/registry/vms/p1", { name: " " }, 400, "name cannot be empty");
		await refuses("PATCH", "/registry/vms/p1", { address: "" }, 400, "address cannot be empty");
		await refuses("PATCH", "/registry/vms/nothing", {}, 404, "VM not found");
	},
	"DELETE /registry/vms/:id": async () => {
		await register("d1");
		await gives("DELETE", "/registry/vms/d1", undefined, 200, { deleted: true });
		await refuses("DELETE", "/registry/vms/d1", undefined, 404, "VM not found");
	},
	"POST /registry/vms/:id/heartbeat": async () => {
		await register("h1", { status: "stopped" });
		await gives("POST", "/registry/vms/h1/heartbeat", undefined, 200, { id: "h1", lastSeen: iso });
		expect(await done("GET", "/registry/vms/h1")).toMatchObject({ status: "stopped" });
		await refuses("POST", "/registry/vms/nothing/heartbeat", undefined, 404, "VM not found");
	},
	"GET /registry/discover/:role": async () => {
		await register("c1", { role: "custom" });
		await register("c2", { role: "custom", status: "stopped" });
		await register("c3", { role: "custom" });
		const { vms, count } = await done("GET", "/registry/discover/custom");
		expect([count, vms.map(({ id }: Body) => id)]).toEqual([2, ["c1", "c3"]]);
		await gives("GET", "/registry/discover/unknown", undefined, 200, { vms: [], count: 0 });
	},
};

const register = (id: string, more: object = {}): Promise<Body> =>
	done("POST", "/registry/vms", { id, name: id, role: "worker", address: "a", registeredBy: "ann", ...more });

describe("a client of the old server", () => {
	test.each(Object.entries(routes))("%s is answered as the old server answered it", async (_route, run) => run());
});
