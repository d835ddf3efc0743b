import { describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { ADMIN, type Body, testHub, worldAt } from "../support.ts";
import { logIn, visit } from "./visit.ts";

let now = Date.UTC(2026, 0, 1);
const world = worldAt(() => now);
const { done, hub, folder, ask, mint } = await testHub({ world });
let at = hub.address;
const link = async (role = "admin"): Promise<string> => (await done("POST", "/auth/magic-link", { role })).url;
const sessions = async (): Promise<Body> => (await done("GET", "/auth/sessions")).sessions;
const me = async (cookie: string) => (await visit(`${at}/tokens/me`, { cookie })).status;
const OWN = { "sec-fetch-site": "same-origin" };

describe("the cookie of a session", () => {
	test.each([
		["on plain HTTP", {}, false],
		["behind a proxy on this machine that speaks TLS", { "x-forwarded-proto": "https" }, true],
		["behind such a proxy that does not", { "x-forwarded-proto": "https, http" }, false],
	])("is HttpOnly, SameSite and, %s, Secure as it should", async (_where, headers, secure) => {
		const url = await link();
		const form = { token: new URL(url).searchParams.get("token") ?? "" };
		const answer = await visit(`${at}/ui/login`, { form, headers });
		const set = answer.headers.get("set-cookie") ?? "";
		expect(set).toMatch(/^flagship_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=86400/);
		expect(set.endsWith("; Secure")).toBe(secure);
	});

	test("is Secure where people reach the hub by https", async () => {
		const behind = await testHub({ publicUrl: "https://hub.example.org" });
		const { url } = await behind.done("POST", "/auth/magic-link");
		const form = { token: new URL(url).searchParams.get("token") ?? "" };
		const headers = { origin: "https://hub.example.org" };
		const answer = await visit(`${behind.hub.address}/ui/login`, { form, headers });
		expect(answer.headers.get("set-cookie")).toMatch(/; Secure$/);
	});
});

describe("a session", () => {
	test("reads without more, also by the addresses of old pages", async () => {
		const cookie = await logIn(await link());
		for (const path of ["/log", "/ui/api/log", "/ui/api/board/tasks?limit=1"])
			expect((await visit(at + path, { cookie })).status, path).toBe(200);
		expect((await visit(`${at}/ui/api/log`)).status).toBe(401);
	});

	test("changes something only when the request shows that the hub's own page asks", async () => {
		const cookie = await logIn(await link());
		const post = async (headers: Record<string, string>) => {
			const response = await fetch(`${at}/log`, {
				method: "POST",
				headers: { cookie, ...headers },
				body: '{"text":"x"}',
			});
			return [response.status, ((await response.json()) as Body).code];
		};
		const { host } = new URL(at);
		for (const headers of [
			{},
			{ origin: "null" },
			{ origin: "https://evil.example" },
			{ origin: `http://localhost:${new URL(at).port}` },
			{ origin: "http://127.0.0.1:1" },
			{ "sec-fetch-site": "cross-site" },
			{ "sec-fetch-site": "same-site", origin: at },
		] as Record<string, string>[])
			expect(await post(headers), JSON.stringify(headers)).toEqual([403, "other_origin"]);
		for (const headers of [OWN, { origin: at }, { origin: `https://${host}` }] as Record<string, string>[])
			expect((await post(headers))[0], JSON.stringify(headers)).toBe(201);
		expect((await done("GET", "/log")).entries).toHaveLength(3);
	});

	test("is not read out by another site's page, nor by its WebSocket", async () => {
		const cookie = await logIn(await link());
		const foreign = { origin: "https://evil.example" };
		expect((await visit(`${at}/log`, { cookie, headers: foreign })).status).toBe(403);
		expect((await visit(`${at}/log`, { cookie, headers: { "sec-fetch-site": "cross-site" } })).status).toBe(403);
		const socket = (headers: Record<string, string>) =>
			new Promise<string>((resolve) => {
				const one = new WebSocket(`${at.replace("http", "ws")}/ui/api/feed/stream`, {
					headers: { cookie, ...headers },
				});
				one.once("error", ({ message }) => resolve(message));
				one.once("open", () => resolve("open"));
				one.once("open", () => one.terminate());
			});
		expect(await socket(foreign)).toContain("403");
		expect(await socket({})).toContain("403");
		expect(await socket({ origin: at })).toBe("open");
	});

	test("is listed with where it came from, and ended by an admin; its streams end with it", async () => {
		const cookie = await logIn(await link("viewer"), { "user-agent": "A browser", "x-forwarded-for": "203.0.113.7" });
		const [newest] = await sessions();
		expect(newest).toMatchObject({ role: "viewer", createdBy: "admin", userAgent: "A browser", ip: "203.0.113.7" });
		const stream = await fetch(`${at}/feed/stream`, { headers: { cookie } });
		expect(stream.status).toBe(200);
		expect(await done("DELETE", `/auth/sessions/${newest.id}`)).toEqual({ ended: [newest.id] });
		// Ends by itself: were it still open, this would wait for ever.
		await stream.text();
		expect(await me(cookie)).toBe(401);
		expect((await sessions())[0]).toMatchObject({ id: newest.id, endedAt: expect.any(String) });
		expect(await done("DELETE", `/auth/sessions/${newest.id}`)).toEqual({ ended: [] });
		expect((await ask("DELETE", "/auth/sessions/nothing")).status).toBe(404);
	});

	test("of another's link is nothing that an orchestrator sees or ends", async () => {
		const boss = await mint("orchestrator", "boss");
		const cookie = await logIn(await link());
		const own = await logIn((await done("POST", "/auth/magic-link", {}, { token: boss })).url);
		const [ownRow, other] = await sessions();
		expect((await done("GET", "/auth/sessions", undefined, { token: boss })).sessions).toEqual([ownRow]);
		expect((await ask("DELETE", `/auth/sessions/${other.id}`, undefined, { token: boss })).status).toBe(404);
		expect(await done("DELETE", "/auth/sessions/all", undefined, { token: boss })).toEqual({ ended: [ownRow.id] });
		expect([await me(cookie), await me(own)]).toEqual([200, 401]);
	});

	test("logs out by itself, from its own page alone", async () => {
		const cookie = await logIn(await link());
		const out = (headers: Record<string, string>) => visit(`${at}/ui/logout`, { form: {}, cookie, headers });
		expect((await out({ origin: "https://evil.example" })).status).toBe(403);
		expect(await me(cookie)).toBe(200);
		const gone = await out(OWN);
		expect([gone.status, gone.headers.get("set-cookie")]).toEqual([303, expect.stringContaining("Max-Age=0")]);
		expect(await me(cookie)).toBe(401);
	});

	test("ends after a day", async () => {
		const cookie = await logIn(await link());
		now += 24 * 3_600_000 - 1;
		expect(await me(cookie)).toBe(200);
		now += 1;
		expect(await me(cookie)).toBe(401);
	});

	test("outlives a restart of the hub, and so does its end", async () => {
		const [kept, ended] = [await logIn(await link("viewer")), await logIn(await link("viewer"))];
		const [newest] = await sessions();
		await done("DELETE", `/auth/sessions/${newest.id}`);
		await hub.close();
		const again = await testHub({ folder, world });
		at = again.hub.address;
		expect([await me(kept), await me(ended)]).toEqual([200, 401]);
		await again.hub.close();
		// The token that made its link is none of this hub's any more.
		const other = await testHub({ folder, world, adminTokens: ["another-admin"] });
		at = other.hub.address;
		expect(await me(kept)).toBe(401);
		expect((await other.ask("GET", "/tokens/me", undefined, { token: ADMIN })).status).toBe(401);
	});
});
