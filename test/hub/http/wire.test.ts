import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { startHub } from "../../../src/hub/hub.ts";
import { loadModules } from "../../../src/hub/modules.ts";
import { realWorld } from "../../../src/world/real.ts";
import { makeFolder } from "../../support/folder.ts";
import { ADMIN, MODERN, testHub } from "../support.ts";

const { ask, done, mint, hub } = await testHub();

describe("a request", () => {
	test("without a token learns that the header is missing", async () => {
		const { status, body } = await ask("GET", "/log", undefined, { token: null });
		expect(status).toBe(401);
		expect(body).toMatchObject({ error: "Unauthorized — missing Authorization header", code: "unauthorized" });
	});

	test.each([["Bearer wrong"], ["Basic abc"], ["Bearer"], [`Bearer ${ADMIN} x`]])(
		"with '%s' learns that its token is invalid",
		async (authorization) => {
			const { status, body } = await ask("GET", "/log", undefined, { token: null, headers: { authorization } });
			expect([status, body.error]).toEqual([401, "Unauthorized — invalid token"]);
		},
	);

	test("may write the scheme as it likes", async () => {
		const { status } = await ask("GET", "/log", undefined, {
			token: null,
			headers: { authorization: `bEaReR ${ADMIN}` },
		});
		expect(status).toBe(200);
	});

	test("of any content type is read as JSON", async () => {
		for (const type of [
			"text/plain",
			"application/x-www-form-urlencoded",
			"application/json; charset=latin1",
			"nonsense",
		]) {
			expect((await ask("POST", "/log", { text: type }, { headers: { "content-type": type } })).status).toBe(201);
		}
	});

	test("without a content type is read as JSON", async () => {
		const status = await new Promise((resolve, reject) => {
			const sent = request(`${hub.address}/log`, { method: "POST", headers: { authorization: `Bearer ${ADMIN}` } });
			sent.on("response", (response) => resolve(response.resume().statusCode)).on("error", reject);
			sent.end('{"text":"x"}');
		});
		expect(status).toBe(201);
	});

	test.each([["{"], ["null"], ["[]"], ["5"], ['"text"'], ["\u0000"]])(
		"with the body %j is answered 400",
		async (raw) => {
			const { status, body } = await ask("POST", "/log", undefined, { raw });
			expect([status, body.error]).toEqual([400, "Invalid JSON body"]);
		},
	);

	test("to delete is answered, whatever body an agent sends with it", async () => {
		const orchestrator = await mint("orchestrator", "boss");
		for (const raw of ["null", "5", "[]", "{}"]) {
			const { status } = await ask("DELETE", "/board/tasks/nothing", undefined, { token: orchestrator, raw });
			expect([raw, status]).toEqual([raw, 404]);
		}
	});

	test("above 1 MiB is refused with 413", async () => {
		const { status, body } = await ask("POST", "/log", { text: "x".repeat(1_048_577) });
		expect([status, body.code]).toEqual([413, "too_large"]);
	});

	test("for an unknown path is answered 404, for an unknown method 405 with what there is", async () => {
		expect((await ask("GET", "/nowhere")).body).toMatchObject({ code: "not_found", error: "/nowhere not found" });
		const { status, body } = await ask("PUT", "/board/tasks/x");
		expect(status).toBe(405);
		expect(body).toMatchObject({ code: "method_not_allowed", error: expect.stringContaining("GET, PATCH, DELETE") });
	});

	test("with a broken percent sign is answered 400", async () => {
		expect((await ask("GET", "/board/tasks/%E0%A4%A")).status).toBe(400);
	});

	test.each([
		[
			"whose head is too long",
			`GET /log?x=${"x".repeat(20_000)} HTTP/1.1`,
			"address and headers are longer than 16 KiB",
		],
		["that is no HTTP", "HELO hub", "the request cannot be read (HPE_INVALID_METHOD)"],
	])("%s is refused in words, too", async (_what, line, error) => {
		const { hostname, port } = new URL(hub.address);
		const socket = connect(Number(port), hostname);
		socket.end(`${line}\r\nhost: hub\r\n\r\n`);
		const answer = (await socket.toArray()).join("");
		expect(answer).toMatch(/^HTTP\/1.1 400 /);
		expect(JSON.parse(answer.slice(answer.indexOf("{")))).toMatchObject({ error, code: "invalid_input" });
	});

	test("that shakes hands with another protocol is told what to update", async () => {
		const { status, body } = await ask("GET", "/log", undefined, {
			headers: { ...MODERN, "x-flagship-protocol": "2" },
		});
		expect([status, body.code]).toEqual([409, "update_needed"]);
	});

	test("is told the hub's protocol and version, whatever becomes of it", async () => {
		for (const path of ["/health", "/log", "/nowhere"]) {
			const { headers } = await ask("GET", path, undefined, { token: null });
			expect([headers.get("x-flagship-protocol"), headers.get("x-flagship-version")]).toEqual(["1", "0.1.0"]);
		}
	});

	test("for the health needs no token", async () => {
		const { status, body } = await ask("GET", "/health", undefined, { token: null });
		expect(status).toBe(200);
		expect(body).toEqual({ status: "ok", uptime: expect.any(Number), version: "0.1.0", protocol: 1 });
	});

	test("of a role that may not is refused in words", async () => {
		const viewer = await mint("viewer", "someone");
		expect((await ask("GET", "/log", undefined, { token: viewer })).status).toBe(200);
		const { status, body } = await ask("POST", "/log", { text: "x" }, { token: viewer });
		expect([status, body.code, body.error]).toEqual([403, "forbidden", "A viewer may not use log.append."]);
	});

	test("with a value of the wrong type is not helped along", async () => {
		const wrong = [
			[{ title: "t", createdBy: "a", description: 5 }, "invalid description: 5"],
			[{ title: "t", createdBy: "a", tags: null }, "invalid tags: null"],
			[{ title: "t", createdBy: "a", tags: [5] }, "invalid tags: 5"],
			[{ title: 5, createdBy: "a" }, "title is required"],
			[{ title: "  ", createdBy: "a" }, "title is required"],
			[{ title: null, createdBy: "a" }, "title is required"],
			[{ createdBy: "a", status: "bogus" }, "title is required"],
			[{ title: "t" }, "createdBy is required"],
			[{ title: "t", createdBy: 5 }, "createdBy is required"],
			[{ title: "t", createdBy: "a", status: "bogus" }, "invalid status: bogus"],
			[{ title: "x".repeat(2_001), createdBy: "a" }, "title is longer than 2000 characters"],
		] as const;
		for (const [input, error] of wrong) {
			expect(await ask("POST", "/board/tasks", input)).toMatchObject({
				status: 400,
				body: { error, code: "invalid_input" },
			});
		}
	});

	test("may say more than is known", async () => {
		expect(await done("POST", "/log", { text: "x", more: { a: 1 }, __proto__: { text: "y" } })).toMatchObject({
			text: "x",
		});
		expect(await done("POST", "/log", undefined, { raw: '{"text":"x","__proto__":{"agent":"z"}}' })).not.toHaveProperty(
			"agent",
		);
	});

	test("keeps text as it is, line separators and NUL included", async () => {
		const text = "a\u2028b\u0000c😀\n\td";
		const { id } = await done("POST", "/log", { text });
		const { entries } = await done("GET", "/log");
		expect(entries.find((entry: { id: string }) => entry.id === id).text).toBe(text);
	});
});

describe("a hub", () => {
	const start = (host: string, adminTokens: string[]) =>
		startHub({
			world: realWorld(),
			dataFolder: makeFolder(),
			host,
			port: 0,
			adminTokens,
			version: "0.1.0",
			complain: () => undefined,
		});

	test("ends though a request never arrives whole, and answers one that does", async () => {
		const ending = await start("127.0.0.1", [ADMIN]);
		const { hostname, port } = new URL(ending.address);
		// The server says "100 Continue" once it has seen the head.
		const headers = { authorization: `Bearer ${ADMIN}`, "content-length": 12, expect: "100-continue" };
		const post = () => request({ hostname, port, method: "POST", path: "/log", headers });
		const [stalled, whole] = [post(), post()];
		stalled.on("error", () => undefined);
		const answered = new Promise((resolve) =>
			whole.on("response", (response) => resolve(response.resume().statusCode)),
		);
		await Promise.all(
			[stalled, whole].map((sent) => {
				sent.flushHeaders();
				return once(sent, "continue");
			}),
		);
		whole.write('{"text"');
		const closing = ending.close();
		whole.end(':"x"}');
		expect(await answered).toBe(201);
		await closing;
	});

	test("without a token refuses to listen beyond this machine", async () => {
		await expect(start("0.0.0.0", [])).rejects.toMatchObject({ code: "hub_unprotected" });
	});

	test("without a token serves this machine, but no page in its browser", async () => {
		const open = await start("127.0.0.1", []);
		expect((await fetch(`${open.address}/log`)).status).toBe(200);
		for (const headers of [{ origin: "https://evil.example" }, { "sec-fetch-site": "cross-site" }] as const)
			expect((await fetch(`${open.address}/log`, { headers: { ...headers } })).status).toBe(401);
		// A name of somebody else's that leads here: to a browser its page is then one of ours.
		const { hostname, port } = new URL(open.address);
		const byName = (host: string) =>
			new Promise((resolve, reject) => {
				const sent = request({ hostname, port, path: "/log", headers: { host } });
				sent.on("response", (response) => resolve(response.resume().statusCode)).on("error", reject);
				sent.end();
			});
		expect(await Promise.all([`evil.example:${port}`, `localhost:${port}`].map(byName))).toEqual([401, 200]);
		await open.close();
	});

	test("answers every operation that the contract gives to it", async () => {
		const { operations, handlers } = await loadModules(realWorld());
		const answered = new Set(handlers.map((handler) => handler.operation.name));
		expect(operations.filter(({ at, name }) => at === "hub" && !answered.has(name)).map(({ name }) => name)).toEqual(
			[],
		);
		expect(new Set(operations.map(({ name }) => name)).size).toBe(operations.length);
		expect(new Set(operations.map(({ method, path }) => `${method} ${path}`)).size).toBe(operations.length);
		const tools = operations.flatMap(({ tool }) => tool ?? []);
		expect(new Set(tools).size).toBe(tools.length);
	});

	test("forwards what concerns lieutenants, and nothing else that a host does", async () => {
		expect((await ask("POST", "/spool", { operation: "log.append", input: {}, key: "k" })).status).toBe(404);
	});

	test("says what keeps it from leaving", () => {
		expect(hub.activity()).toMatchObject({ streams: 0, links: 0, working: 0, schedules: 0 });
	});
});
