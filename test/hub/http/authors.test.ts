import { describe, expect, test } from "vitest";
import { MODERN, testHub } from "../support.ts";

const { ask, done, mint } = await testHub();
const host = await mint("host", "host-1");
const bound = await mint("lieutenant", "usage", host);
const boundWorker = await mint("worker", "helper", bound).catch(() => undefined);
const stranger = await mint("lieutenant", "docs");
const lastEvent = async () => (await done("GET", "/feed/events?limit=1"))[0];

describe("the author", () => {
	test("of a lieutenant is its token, named or not", async () => {
		expect(await done("POST", "/log", { text: "x" }, { token: bound })).toMatchObject({ agent: "usage" });
		expect(await done("POST", "/log", { text: "x", agent: " usage " }, { token: bound })).toMatchObject({
			agent: "usage",
		});
		expect(await lastEvent()).not.toHaveProperty("actor");
	});

	test.each([["agent"], ["author"], ["createdBy"], ["reviewedBy"], ["approvedBy"], ["registeredBy"]])(
		"of a lieutenant that names another in '%s' is refused",
		async (field) => {
			const { status, body } = await ask("POST", "/log", { text: "x", [field]: "someone" }, { token: bound });
			expect([status, body.code]).toEqual([403, "author_mismatch"]);
		},
	);

	test("of an artifact is checked as well", async () => {
		const { id } = await done("POST", "/board/tasks", { title: "t" }, { token: bound });
		const artifacts = [{ type: "url", url: "u", label: "l", addedBy: "someone" }];
		expect(await ask("POST", `/board/tasks/${id}/artifacts`, { artifacts }, { token: bound })).toMatchObject({
			status: 403,
			body: { code: "author_mismatch" },
		});
		expect((await done("GET", `/board/tasks/${id}`)).artifacts).toEqual([]);
	});

	test("may be any agent for an admin, and the feed says who acted", async () => {
		expect(await done("POST", "/log", { text: "x", agent: "anyone" })).toMatchObject({ agent: "anyone" });
		expect(await lastEvent()).toMatchObject({ agent: "anyone", actor: "admin" });
	});

	test("may be a host's own lieutenant for a host, also after its token has ended", async () => {
		const { tokens } = await done("GET", "/tokens");
		const named = await done("POST", "/log", { text: "x", agent: "usage" }, { token: host });
		expect(named).toMatchObject({ agent: "usage" });
		expect(await lastEvent()).toMatchObject({ agent: "usage", actor: "host-1" });
		const brief = await mint("lieutenant", "brief", host);
		const row = (await done("GET", "/tokens")).tokens.find((token: { name: string }) => token.name === "brief");
		await done("DELETE", `/tokens/${row.id}`);
		expect((await ask("GET", "/log", undefined, { token: brief })).status).toBe(401);
		expect(await done("POST", "/log", { text: "x", agent: "brief" }, { token: host })).toMatchObject({
			agent: "brief",
		});
		expect(tokens.length).toBeGreaterThan(2);
	});

	test.each([["docs"], ["nobody"], ["host-2"], ["admin"]])(
		"'%s' is refused to a host that does not hold it",
		async (agent) => {
			expect(stranger).toBeTypeOf("string");
			const { status, body } = await ask("POST", "/log", { text: "x", agent }, { token: host });
			expect([status, body.code]).toEqual([403, "author_mismatch"]);
		},
	);

	test("is a worker's, too, but a lieutenant may not make tokens", () => {
		expect(boundWorker).toBeUndefined();
	});

	test("that an old client forgot is asked for; one that shakes hands is known by its token", async () => {
		expect(await ask("POST", "/board/tasks", { title: "t" })).toMatchObject({
			status: 400,
			body: { error: "createdBy is required" },
		});
		expect(await ask("POST", "/feed/events", { type: "custom", summary: "s" })).toMatchObject({
			status: 400,
			body: { error: "Missing or invalid 'agent' field" },
		});
		expect(await done("POST", "/board/tasks", { title: "t" }, { headers: MODERN })).toMatchObject({
			createdBy: "admin",
		});
	});

	test("is left out where the old API leaves it out", async () => {
		expect(await done("POST", "/log", { text: "x" })).not.toHaveProperty("agent");
		const { id } = await done("POST", "/board/tasks", { title: "t", createdBy: "a" });
		expect((await done("POST", `/board/tasks/${id}/approve`, {})).notes[0]).toMatchObject({
			content: "Approved by unknown",
		});
	});
});
