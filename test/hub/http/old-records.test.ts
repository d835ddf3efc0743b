/** The rest of the old server's routes, as `old-client.test.ts` has the first: SkillHub, reports, commits, usage, health. */
import { describe, expect, test } from "vitest";
import { type Body, testHub } from "../support.ts";
import { iso, oldClient, ulid } from "./old-client.ts";

const { ask, done } = await testHub();
const { gives, refuses } = oldClient(ask);

const hash = expect.stringMatching(/^[0-9a-f]{64}$/);
const skill = (name: string, more: object = {}) => ({
	...{ name, description: "d", content: " c ", publishedBy: "ann" },
	...more,
});
const publish = (name: string, more: object = {}): Promise<Body> => done("POST", "/skills/items", skill(name, more));
const extend = (name: string, more: object = {}): Promise<Body> =>
	done("POST", "/skills/extensions", skill(name, more));

/** Both kinds refuse in the same words. */
async function refusesHalf(path: string): Promise<void> {
	for (const field of ["name", "description", "content", "publishedBy"]) {
		await refuses("POST", path, { ...skill("half"), [field]: undefined }, 400, `${field} is required`);
	}
	const broken = await ask("POST", path, undefined, { raw: "{" });
	expect([broken.status, broken.body.error]).toEqual([400, "Invalid JSON body"]);
}

const report = (more: object = {}): Promise<Body> =>
	done("POST", "/reports", { title: "t", author: "ann", content: " c ", ...more });
const five = { input: 1, output: 2, cacheRead: 3, cacheWrite: 4, total: 10 };
const session = (id: string, more: object = {}): Record<string, unknown> => ({
	...{ sessionId: id, agent: "ann", model: "m", tokens: five, cost: five, turns: 2 },
	...{ startedAt: new Date().toISOString(), endedAt: new Date().toISOString(), ...more },
});
const vm = (id: string, more: object = {}): Record<string, unknown> => ({
	...{ vmId: id, role: "worker", agent: "ann", createdAt: new Date().toISOString(), ...more },
});

const routes: Readonly<Record<string, () => Promise<void>>> = {
	"GET /health": async () => {
		const reply = await ask("GET", "/health", undefined, { token: null });
		expect([reply.status, reply.body]).toMatchObject([200, { status: "ok", uptime: expect.any(Number) }]);
	},
	"POST /skills/items": async () => {
		const whole = { ...skill("a1"), id: ulid, version: 1, tags: [], enabled: true };
		await gives("POST", "/skills/items", skill("a1"), 201, { ...whole, hash, publishedAt: iso, updatedAt: iso });
		expect(await publish("a1", { tags: ["x"], enabled: false })).toMatchObject({
			version: 2,
			tags: ["x"],
			enabled: false,
		});
		expect(await publish("a1")).toMatchObject({ version: 3, tags: ["x"], enabled: false });
		await refusesHalf("/skills/items");
	},
	"GET /skills/items": async () => {
		for (const name of ["b2", "b1"]) await publish(name, { tags: ["b"], enabled: name === "b1" });
		const names = async (query: string) =>
			(await done("GET", `/skills/items?tag=b${query}`)).skills.map(({ name }: Body) => name);
		expect(await names("")).toEqual(["b1", "b2"]);
		expect(await names("&enabled=true")).toEqual(["b1"]);
		expect(await names("&enabled=no")).toEqual(["b2"]);
		expect((await done("GET", "/skills/items?tag=b")).skills[0].content).toBe(" c ");
	},
	"GET /skills/items/:name": async () => {
		await publish("c1");
		expect(await done("GET", "/skills/items/c1")).toMatchObject({ name: "c1", version: 1 });
		await refuses("GET", "/skills/items/nothing", undefined, 404, "skill not found");
	},
	"PATCH /skills/items/:name": async () => {
		await publish("d1");
		const patch = { description: "e", tags: ["t"], enabled: false };
		expect(await done("PATCH", "/skills/items/d1", patch)).toMatchObject({ ...patch, version: 1 });
		await refuses("PATCH", "/skills/items/nothing", {}, 404, "skill not found");
	},
	"DELETE /skills/items/:name": async () => {
		await publish("e1");
		await gives("DELETE", "/skills/items/e1", undefined, 200, { deleted: true });
		await refuses("DELETE", "/skills/items/e1", undefined, 404, "skill not found");
	},
	"POST /skills/extensions": async () => {
		const whole = { ...skill("x1"), id: ulid, version: 1, enabled: true };
		await gives("POST", "/skills/extensions", skill("x1"), 201, { ...whole, hash, publishedAt: iso, updatedAt: iso });
		await refusesHalf("/skills/extensions");
	},
	"GET /skills/extensions": async () => {
		for (const name of ["y2", "y1"]) await extend(name);
		const { extensions, count } = await done("GET", "/skills/extensions");
		const names = extensions.map(({ name }: Body) => name);
		expect([names.length, names]).toEqual([count, [...names].sort()]);
	},
	"GET /skills/extensions/:name": async () => {
		await extend("z1");
		expect(await done("GET", "/skills/extensions/z1")).toMatchObject({ name: "z1" });
		await refuses("GET", "/skills/extensions/nothing", undefined, 404, "extension not found");
	},
	"DELETE /skills/extensions/:name": async () => {
		await extend("z2");
		await gives("DELETE", "/skills/extensions/z2", undefined, 200, { deleted: true });
		await refuses("DELETE", "/skills/extensions/z2", undefined, 404, "extension not found");
	},
	"GET /skills/manifest": async () => {
		await publish("m1");
		await publish("m2", { enabled: false });
		await extend("m3");
		const { skills, extensions } = await done("GET", "/skills/manifest");
		expect(skills).toContainEqual(expect.objectContaining({ name: "m1", version: 1 }));
		expect(skills).not.toContainEqual(expect.objectContaining({ name: "m2" }));
		expect(extensions).toContainEqual(expect.objectContaining({ name: "m3", version: 1 }));
	},
	"POST /skills/sync": async () => {
		await publish("s1");
		await publish("s1");
		await publish("s2");
		const asked = {
			agentId: "ann",
			vmId: "v",
			skills: [
				{ name: "s1", version: 1 },
				{ name: "gone", version: 4 },
			],
			extensions: [],
		};
		const { updates } = await done("POST", "/skills/sync", asked);
		expect(updates).toContainEqual({ type: "skill", name: "s1", version: 2, action: "update" });
		expect(updates).toContainEqual({ type: "skill", name: "s2", version: 1, action: "install" });
		expect(updates).toContainEqual({ type: "skill", name: "gone", version: 4, action: "remove" });
		const kinds = updates.map(({ type, action }: Body) => (action === "remove" ? `${type} remove` : type));
		const order = ["skill", "skill remove", "extension", "extension remove"];
		expect(kinds).toEqual(kinds.toSorted((a: string, b: string) => order.indexOf(a) - order.indexOf(b)));
		await refuses("POST", "/skills/sync", { ...asked, agentId: undefined }, 400, "agentId is required");
	},
	"GET /skills/agents": async () => {
		await done("POST", "/skills/sync", { agentId: "first", skills: [], extensions: [] });
		await done("POST", "/skills/sync", { agentId: "second", skills: [], extensions: [] });
		const { agents, count } = await done("GET", "/skills/agents");
		expect([agents.length, agents[0].agentId, agents[1].agentId]).toEqual([count, "second", "first"]);
	},
	"GET /skills/agents/:agentId": async () => {
		const has = { skills: [{ name: "k", version: 1 }], extensions: [] };
		await done("POST", "/skills/sync", { agentId: "kim", vmId: "v9", ...has });
		expect(await done("GET", "/skills/agents/kim")).toMatchObject({
			agentId: "kim",
			vmId: "v9",
			...has,
			lastSync: iso,
		});
		await refuses("GET", "/skills/agents/nobody", undefined, 404, "agent not found");
	},
	"POST /reports": async () => {
		const whole = { id: ulid, title: "t", author: "ann", content: " c ", tags: [], createdAt: iso, updatedAt: iso };
		await gives("POST", "/reports", { title: " t ", author: " ann ", content: " c " }, 201, { ...whole, version: 1 });
		await refuses("POST", "/reports", { author: "a", content: "c" }, 400, "title is required");
		await refuses("POST", "/reports", { title: "t", content: "c" }, 400, "author is required");
		await refuses("POST", "/reports", { title: "t", author: "a" }, 400, "content is required");
	},
	"GET /reports": async () => {
		const [one, two] = [
			await report({ author: "lister", tags: ["l"] }),
			await report({ author: "lister", tags: ["l"] }),
		];
		const { reports, count } = await done("GET", "/reports?author=lister&tag=l");
		expect([count, reports.map(({ id }: Body) => id)]).toEqual([2, [two.id, one.id]]);
		expect(reports[0]).not.toHaveProperty("content");
	},
	"GET /reports/:id": async () => {
		const made = await report();
		await gives("GET", `/reports/${made.id}`, undefined, 200, made);
		await refuses("GET", "/reports/nothing", undefined, 404, "report not found");
	},
	"DELETE /reports/:id": async () => {
		const { id } = await report();
		await gives("DELETE", `/reports/${id}`, undefined, 200, { deleted: true });
		await refuses("DELETE", `/reports/${id}`, undefined, 404, "report not found");
	},
	"POST /reports/:id/share": async () => {
		const { id } = await report();
		const made = await gives("POST", `/reports/${id}/share`, undefined, 201, {
			linkId: expect.any(String),
			url: expect.stringContaining("/reports/share/"),
		});
		expect((await fetch(made.url)).status).toBe(200);
		await refuses("POST", "/reports/nothing/share", {}, 404, "report not found");
	},
	"GET /reports/:id/shares": async () => {
		const { id } = await report();
		const { linkId } = await done("POST", `/reports/${id}/share`, { label: "for bob" });
		const link = { linkId, reportId: id, createdAt: iso, createdBy: expect.any(String), expiresAt: null };
		const links = [{ ...link, label: "for bob", revoked: 0, accessCount: 0 }];
		await gives("GET", `/reports/${id}/shares`, undefined, 200, { links, count: 1 });
		await refuses("GET", "/reports/nothing/shares", undefined, 404, "report not found");
	},
	"DELETE /reports/share/:linkId": async () => {
		const { linkId } = await done("POST", `/reports/${(await report()).id}/share`, {});
		await gives("DELETE", `/reports/share/${linkId}`, undefined, 200, { revoked: true });
		await refuses("DELETE", `/reports/share/${linkId}`, undefined, 400, "link already revoked");
		await refuses("DELETE", "/reports/share/nothing", undefined, 404, "share link not found");
	},
	"GET /reports/share/:linkId/access": async () => {
		const { linkId, url } = await done("POST", `/reports/${(await report()).id}/share`, {});
		await fetch(url, { headers: { "user-agent": "reader", referer: "http://from" } });
		const { id: reportId } = (await done("GET", "/reports")).reports[0];
		const access = { id: expect.anything(), linkId, reportId, timestamp: iso, ip: expect.any(String) };
		const log = [{ ...access, userAgent: "reader", referrer: "http://from" }];
		await gives("GET", `/reports/share/${linkId}/access`, undefined, 200, { log, count: 1 });
		await refuses("GET", "/reports/share/nothing/access", undefined, 404, "share link not found");
	},
	"GET /reports/share/:linkId": async () => {
		const { url } = await done("POST", `/reports/${(await report({ title: "Seen by all" })).id}/share`, {});
		const seen = await fetch(url);
		const page = await seen.text();
		expect([seen.status, page.includes("Seen by all"), page.includes("report-viewer")]).toEqual([200, true, true]);
		const gone = await ask("GET", "/reports/share/nothing", undefined, { token: null });
		expect([gone.status, gone.body]).toEqual([404, expect.stringContaining("invalid, expired, or has been revoked")]);
	},
	"GET /reports/share/:linkId/og-image.svg": async () => {
		const { url } = await done("POST", `/reports/${(await report()).id}/share`, {});
		const image = await fetch(`${url}/og-image.svg`);
		expect(image.headers.get("content-type")).toMatch(/^image\/svg\+xml/);
		expect(image.headers.get("cache-control")).toBe("public, max-age=3600");
		const none = await ask("GET", "/reports/share/nothing/og-image.svg", undefined, { token: null });
		expect([none.status, none.body]).toEqual([404, "Not found"]);
	},
	"POST /commits": async () => {
		const entry = { commitId: "c1", vmId: "v1", label: "l", agent: "ann", tags: ["a"], metadata: { x: 1 } };
		const sent = { ...entry, vmId: " v1 ", agent: " ann ", tags: [" a "] };
		await gives("POST", "/commits", sent, 201, { id: ulid, timestamp: iso, ...entry });
		await refuses("POST", "/commits", sent, 409, "commit already recorded");
		expect(await done("POST", "/commits", { commitId: "c2", vmId: "v", tags: [], agent: " " })).not.toHaveProperty(
			"tags",
		);
		await refuses("POST", "/commits", { vmId: "v" }, 400, "commitId is required");
		await refuses("POST", "/commits", { commitId: "c3" }, 400, "vmId is required");
		await refuses("POST", "/commits", { commitId: "c3", vmId: "v", tags: "x" }, 400, "tags must be an array");
	},
	"GET /commits": async () => {
		for (const commitId of ["l1", "l2"])
			await done("POST", "/commits", { commitId, vmId: "vl", tags: ["l"], agent: "eve" });
		const ids = async (query: string) =>
			(await done("GET", `/commits?${query}`)).commits.map(({ commitId }: Body) => commitId);
		for (const query of ["vmId=vl", "tag=l", "agent=eve", "agent=eve&since=2020-01-01"]) {
			expect([query, await ids(query)]).toEqual([query, ["l2", "l1"]]);
		}
		expect(await ids("label=none")).toEqual([]);
	},
	"GET /commits/:commitId": async () => {
		const made = await done("POST", "/commits", { commitId: "g1", vmId: "v" });
		await gives("GET", "/commits/g1", undefined, 200, made);
		await refuses("GET", "/commits/nothing", undefined, 404, "Commit not found");
	},
	"DELETE /commits/:commitId": async () => {
		await done("POST", "/commits", { commitId: "x1", vmId: "v" });
		await gives("DELETE", "/commits/x1", undefined, 200, { deleted: true });
		await refuses("DELETE", "/commits/x1", undefined, 404, "Commit not found");
	},
	"POST /usage/sessions": async () => {
		const sent = session("s1", { parentAgent: "boss", toolCalls: { read: 2 } });
		await gives("POST", "/usage/sessions", sent, 201, { ...sent, id: ulid, recordedAt: iso });
		expect(await done("POST", "/usage/sessions", session("s2"))).toMatchObject({ parentAgent: null, toolCalls: {} });
		for (const field of ["sessionId", "agent", "model", "startedAt", "endedAt"]) {
			await refuses("POST", "/usage/sessions", session("s3", { [field]: undefined }), 400, `${field} is required`);
		}
		const numbers = "must include input, output, cacheRead, cacheWrite, total as numbers";
		for (const field of ["tokens", "cost"]) {
			await refuses("POST", "/usage/sessions", session("s3", { [field]: { input: 1 } }), 400, `${field} ${numbers}`);
		}
		await refuses("POST", "/usage/sessions", session("s3", { turns: -1 }), 400, "turns must be a non-negative number");
	},
	"GET /usage/sessions": async () => {
		await done("POST", "/usage/sessions", session("o1", { agent: "olga", startedAt: "2020-01-01T00:00:00.000Z" }));
		await done("POST", "/usage/sessions", session("o2", { agent: "olga" }));
		const ids = async (query: string) =>
			(await done("GET", `/usage/sessions?agent=olga${query}`)).sessions.map(({ sessionId }: Body) => sessionId);
		expect([await ids(""), await ids("&range=7d"), await ids("&range=odd")]).toEqual([
			["o2", "o1"],
			["o2"],
			["o2", "o1"],
		]);
	},
	"POST /usage/vms": async () => {
		const sent = vm("u1", { commitId: "c" });
		const made = await gives("POST", "/usage/vms", sent, 201, { ...sent, id: ulid, recordedAt: iso });
		const destroyedAt = new Date().toISOString();
		expect(await done("POST", "/usage/vms", vm("u1", { destroyedAt }))).toMatchObject({ id: made.id, destroyedAt });
		for (const field of ["vmId", "agent", "createdAt"]) {
			await refuses("POST", "/usage/vms", vm("u2", { [field]: undefined }), 400, `${field} is required`);
		}
		await refuses("POST", "/usage/vms", vm("u2", { role: "custom" }), 400, "invalid role: custom");
	},
	"GET /usage/vms": async () => {
		for (const id of ["w1", "w2"]) await done("POST", "/usage/vms", vm(id, { role: "golden", agent: "gus" }));
		const { vms, count } = await done("GET", "/usage/vms?role=golden&agent=gus&range=1d");
		expect([count, vms.map(({ vmId }: Body) => vmId)]).toEqual([2, ["w2", "w1"]]);
	},
	"GET /usage": async () => {
		await done("POST", "/usage/sessions", session("big", { agent: "spender", cost: { ...five, total: 99.999 } }));
		const { range, totals, byAgent } = await done("GET", "/usage");
		expect(range).toBe("7d");
		expect(Object.keys(totals).sort()).toEqual(["cost", "sessions", "tokens", "vms"]);
		expect(byAgent.spender).toEqual({ tokens: 10, cost: 100, sessions: 1 });
		expect(Object.keys(byAgent)[0]).toBe("spender");
		expect((await done("GET", "/usage?range=odd")).range).toBe("odd");
	},
};

describe("a client of the old server", () => {
	test.each(Object.entries(routes))("%s is answered as the old server answered it", async (_route, run) => run());

	test("the SMS webhook, which rewrote the board, is not there", async () => {
		expect((await ask("POST", "/twilio/webhook", undefined, { token: null })).status).toBe(404);
	});

	test("with the old back door `test-token` is let in nowhere", async () => {
		for (const path of ["/board/tasks", "/log", "/reports", "/skills/items", "/usage", "/tokens"]) {
			const { status, body } = await ask("GET", path, undefined, { token: "test-token" });
			expect([path, status, body.error]).toEqual([path, 401, "Unauthorized — invalid token"]);
		}
	});
});
