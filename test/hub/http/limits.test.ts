import { expect, test } from "vitest";
import { createTurnstile, LIMITS, limitSettings } from "../../../src/hub/http/limits.ts";
import { visit } from "../access/visit.ts";
import { ADMIN, type Body, testHub, worldAt } from "../support.ts";

let now = Date.UTC(2026, 0, 1);
const world = worldAt(() => now);
const limits = { failures: 5, logins: 3, pages: 4, requests: 6 };
const { ask, done, mint, hub } = await testHub({ world, limits });
const from = (address: string) => ({ headers: { "x-forwarded-for": address } });
const log = async (token: string, address?: string) => {
	const { status, headers, body } = await ask("GET", "/log", undefined, {
		token,
		...(address === undefined ? {} : from(address)),
	});
	return { status, code: body.code, wait: headers.get("retry-after") };
};
const times = async <T>(n: number, run: () => Promise<T>): Promise<T[]> => {
	const all: T[] = [];
	for (let i = 0; i < n; i++) all.push(await run());
	return all;
};

test("who guesses tokens is told to wait, and no admin is heard from there until then; others are", async () => {
	const agent = await mint("worker", "ada");
	const guesses = await times(6, () => log("a guess", "203.0.113.1"));
	expect(guesses.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 429]);
	expect(guesses[5]).toEqual({ status: 429, code: "too_many", wait: "12" });
	// Right or wrong, a guess has the same answer.
	expect((await log(ADMIN, "203.0.113.1")).status).toBe(429);
	expect((await log(agent, "203.0.113.1")).status).toBe(200);
	expect((await log(ADMIN, "203.0.113.2")).status).toBe(200);
	now += 12_000;
	expect((await log(ADMIN, "203.0.113.1")).status).toBe(200);
});

test("on this machine wrong tokens are held back, too, and nobody else is", async () => {
	expect((await times(6, () => log("revoked"))).map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 429]);
	expect((await log(ADMIN)).status).toBe(200);
	expect((await ask("GET", "/log", undefined, { token: null })).status).toBe(401);
});

test("login links are tried a few times a minute, also with the right one, from each address", async () => {
	const { url } = await done("POST", "/auth/magic-link");
	const attempt = (token: string, address: string) =>
		visit(`${hub.address}/ui/login`, { form: { token }, ...from(address) });
	const tried = await times(4, () => attempt("wrong", "203.0.113.3"));
	expect(tried.map(({ status }) => status)).toEqual([401, 401, 401, 429]);
	const secret = new URL(url).searchParams.get("token") ?? "";
	expect((await attempt(secret, "203.0.113.3")).status).toBe(429);
	expect((await attempt(secret, "203.0.113.4")).status).toBe(303);
});

test("pages without a token are limited for each address beyond this machine", async () => {
	const page = async (address?: string) =>
		(await visit(`${hub.address}/reports/share/nothing`, address === undefined ? {} : from(address))).status;
	expect(await times(5, () => page("203.0.113.5"))).toEqual([404, 404, 404, 404, 429]);
	expect(await page("203.0.113.6")).toBe(404);
	expect(new Set(await times(10, () => page()))).toEqual(new Set([404]));
});

test("requests of a token are limited beyond this machine, for each token, and not on it", async () => {
	const [one, two] = [await mint("worker", "one"), await mint("worker", "two")];
	const asked = await times(7, () => log(one, "203.0.113.7"));
	expect(asked.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200, 429]);
	expect((await log(two, "203.0.113.7")).status).toBe(200);
	expect(new Set((await times(20, () => log(one))).map(({ status }) => status))).toEqual(new Set([200]));
});

test("a WebSocket is told to wait as well", async () => {
	const upgrade = {
		connection: "upgrade",
		upgrade: "websocket",
		"sec-websocket-version": "13",
		"sec-websocket-key": "eA==",
	};
	const { request } = await import("node:http");
	const dial = () =>
		new Promise<Body>((resolve, reject) => {
			const headers = { ...upgrade, ...from("203.0.113.8").headers, authorization: "Bearer guess" };
			const sent = request(`${hub.address}/feed/stream`, { headers });
			sent.on("response", (response) => resolve([response.resume().statusCode, response.headers["retry-after"]]));
			sent.on("error", reject).end();
		});
	expect((await times(6, dial)).at(-1)).toEqual([429, "12"]);
});

test("what is remembered is bounded: whoever was not heard of for longest makes room", () => {
	const turnstile = createTurnstile(world, { ...limits, logins: 1 });
	turnstile.count("logins", "first");
	expect(() => turnstile.count("logins", "first")).toThrow("Too many login links");
	for (let i = 0; i < 10_000; i++) turnstile.count("logins", `other-${i}`);
	expect(() => turnstile.count("logins", "other-9999")).toThrow();
	expect(() => turnstile.count("logins", "first")).not.toThrow();
});

test("settings change a limit, 0 is none, and what is no limit is refused by name", () => {
	expect(limitSettings({}, "f")).toEqual(LIMITS);
	expect(limitSettings({ limits: { pages: 0 } }, "f")).toEqual({ ...LIMITS, pages: 0 });
	const none = createTurnstile(world, { ...limits, logins: 0 });
	for (let i = 0; i < 100; i++) none.count("logins", "a");
	for (const wrong of [5, [], { speed: 1 }, { pages: -1 }, { pages: "many" }, { pages: 1.5 }])
		expect(() => limitSettings({ limits: wrong }, "f")).toThrow("limits");
});
