import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ADMIN, type Body, testHub, worldAt } from "../support.ts";
import { logIn, secretOf, visit } from "./visit.ts";

let now = Date.UTC(2026, 0, 1);
const { ask, done, mint, hub, folder } = await testHub({ world: worldAt(() => now) });
const at = hub.address;
const boss = await mint("orchestrator", "boss");
const link = async (body: unknown = {}, token = ADMIN): Promise<Body> =>
	done("POST", "/auth/magic-link", body, { token });
const button = (url: string) => visit(`${at}/ui/login`, { form: { token: secretOf(url) } });
const seen = (cookie: string) => visit(`${at}/tokens/me`, { cookie });

describe("a login link", () => {
	test("lets in once: its page shows a button, the button's POST begins a session", async () => {
		const { url, expiresAt } = await link();
		expect(url).toMatch(new RegExp(`^${at}/ui/login\\?token=[\\w-]{43}$`));
		expect(expiresAt).toBe(new Date(now + 300_000).toISOString());
		const door = await visit(url);
		expect([door.status, door.cookie]).toEqual([200, ""]);
		expect(door.text).toContain('<form method="post" action="login">');
		const first = await button(url);
		expect([first.status, first.headers.get("location")]).toEqual([303, "./"]);
		expect(JSON.parse((await seen(first.cookie)).text)).toEqual({ name: "admin", role: "admin" });
		const second = await button(url);
		expect([second.status, second.cookie]).toEqual([401, ""]);
		expect(second.text).toContain("used before");
		expect((await visit(url)).status).toBe(401);
	});

	test("is not used up by a program that previews it, however often", async () => {
		const { url } = await link();
		for (let i = 0; i < 5; i++)
			expect((await visit(url, { headers: { "user-agent": "preview-bot" } })).status).toBe(200);
		expect((await visit(url, { method: "HEAD" })).cookie).toBe("");
		expect((await button(url)).status).toBe(303);
	});

	test("has one winner of twenty who come at once", async () => {
		const { url } = await link();
		const form = { token: secretOf(url) };
		const from = (n: number) => ({ form, headers: { "x-forwarded-for": `203.0.113.${n}` } });
		const all = await Promise.all(Array.from({ length: 20 }, (_, n) => visit(`${at}/ui/login`, from(n))));
		expect(all.map(({ status }) => status).sort()).toEqual([303, ...Array.from({ length: 19 }, () => 401)]);
	});

	test("is over after five minutes", async () => {
		const { url } = await link();
		now += 300_000;
		expect([(await visit(url)).status, (await button(url)).status]).toEqual([401, 401]);
		const { url: other } = await link();
		now += 299_000;
		expect((await button(other)).status).toBe(303);
	});

	test("gives no more than its maker may: an orchestrator's is for a viewer", async () => {
		const { url } = await link({}, boss);
		const cookie = await logIn(url);
		expect(JSON.parse((await seen(cookie)).text)).toEqual({ name: "viewer", role: "viewer" });
		const own = { cookie, headers: { origin: at } };
		expect((await visit(`${at}/log`, { ...own, method: "POST", form: {} })).status).toBe(403);
		expect((await ask("POST", "/auth/magic-link", { role: "admin" }, { token: boss })).status).toBe(403);
		for (const role of ["lieutenant", "worker", "viewer", "host"] as const) {
			const token = await mint(role, `a-${role}`);
			expect((await ask("POST", "/auth/magic-link", {}, { token })).status, role).toBe(403);
		}
	});

	test("is made by nobody without a token, nor with one that everyone knows", async () => {
		expect((await ask("POST", "/auth/magic-link", {}, { token: null })).status).toBe(401);
		expect((await ask("POST", "/auth/magic-link", {}, { token: "test-token" })).status).toBe(401);
	});

	test("names the hub's own address, whatever Host header asks", async () => {
		const { url } = await done("POST", "/auth/magic-link", {}, { headers: { "x-forwarded-host": "evil.example" } });
		expect(new URL(url).origin).toBe(at);
		const behind = await testHub({ publicUrl: "https://hub.example.org/fleet" });
		expect((await behind.done("POST", "/auth/magic-link")).url).toMatch(
			/^https:\/\/hub\.example\.org\/fleet\/ui\/login\?/,
		);
	});

	test("and its session are kept as hashes alone, and told in no list and no event", async () => {
		const { url } = await link({ role: "viewer" });
		const cookie = await logIn(url);
		const secrets = [secretOf(url), cookie.split("=")[1] ?? ""];
		const files = readdirSync(folder).map((file) => readFileSync(`${folder}/${file}`));
		const told = JSON.stringify([await done("GET", "/feed/events"), await done("GET", "/auth/sessions")]);
		for (const secret of secrets) {
			expect(secret.length).toBe(43);
			expect(files.some((file) => file.includes(secret))).toBe(false);
			expect(told).not.toContain(secret);
		}
	});

	test("that ends with its maker's token lets nobody in, and who came by it is out", async () => {
		const chief = await mint("orchestrator", "chief");
		const used = await logIn((await link({}, chief)).url);
		const { url } = await link({}, chief);
		expect((await seen(used)).status).toBe(200);
		const { id } = (await done("GET", "/tokens")).tokens.find((token: Body) => token.name === "chief");
		await done("DELETE", `/tokens/${id}`);
		expect([(await seen(used)).status, (await button(url)).status]).toEqual([401, 401]);
	});
});

describe("the pages of the login", () => {
	test("say what to do without a link, refuse a wrong one, and run no script", async () => {
		const none = await visit(`${at}/ui/login`);
		expect([none.status, none.text]).toEqual([200, expect.stringContaining("flagship open")]);
		expect((await visit(`${at}/ui/login?token=nonsense`)).status).toBe(401);
		expect((await visit(`${at}/ui/login?token=a&token=b`)).status).toBe(401);
		expect((await visit(`${at}/ui/login`, { form: { other: "x" } })).status).toBe(400);
		const { url } = await link();
		const hostile = await visit(`${url}%22%3E%3Cscript%3E`);
		expect([hostile.status, hostile.text.includes("<script")]).toEqual([401, false]);
		const { headers } = await visit(url);
		expect(headers.get("content-security-policy")).toContain("default-src 'none'");
		expect(headers.get("content-security-policy")).toContain("form-action 'self'");
		expect([headers.get("cache-control"), headers.get("x-frame-options")]).toEqual(["private, no-store", "DENY"]);
	});

	test("lead to the login without a session, and to the dashboard with one", async () => {
		expect((await visit(`${at}/ui`)).headers.get("location")).toBe("ui/");
		expect((await visit(`${at}/ui/`)).headers.get("location")).toBe("login");
		const cookie = await logIn((await link({ role: "viewer" })).url);
		const { status, text } = await visit(`${at}/ui/`, { cookie });
		expect([status, text]).toEqual([200, expect.stringContaining('<meta name="flagship-role" content="viewer">')]);
		expect(text).toContain('src="static/app.js"');
	});

	test("take a link from a page of their own origin alone", async () => {
		const { url } = await link();
		const form = { token: secretOf(url) };
		const foreign = [
			{ origin: "https://evil.example" },
			{ "sec-fetch-site": "cross-site" },
			{ "sec-fetch-site": "same-site" },
		];
		for (const headers of foreign) expect((await visit(`${at}/ui/login`, { form, headers })).status).toBe(403);
		expect((await visit(`${at}/ui/login`, { form, headers: { "sec-fetch-site": "same-origin" } })).status).toBe(303);
	});
});
