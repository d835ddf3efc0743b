import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { hashOf } from "../../../src/hub/tokens/tokens.ts";
import { ADMIN, testHub } from "../support.ts";

const { ask, done, mint, folder, hub } = await testHub();
const host = await mint("host", "host-1");
const register = (secret: string, role: string, name: string, token: string, parent?: string) =>
	ask(
		"POST",
		"/tokens/register",
		{ hash: hashOf(secret), role, name, ...(parent === undefined ? {} : { parent: hashOf(parent) }) },
		{ token },
	);
const me = (token: string) => ask("GET", "/tokens/me", undefined, { token });

describe("a token", () => {
	test("that is minted works at once and is kept only as a hash", async () => {
		const { secret, token } = await done("POST", "/tokens", { role: "orchestrator", name: "boss" });
		expect(token).toEqual({
			id: expect.any(String),
			role: "orchestrator",
			name: "boss",
			createdAt: expect.any(String),
		});
		expect((await me(secret)).body).toEqual({ name: "boss", role: "orchestrator" });
		expect(JSON.stringify(await done("GET", "/tokens"))).not.toContain(secret);
		expect(JSON.stringify(await done("GET", "/feed/events"))).not.toContain(secret);
		expect(secret.length).toBeGreaterThanOrEqual(43);
	});

	test("is nowhere on the disk, also when it was minted under a key", async () => {
		const key = { headers: { "idempotency-key": "mint" } };
		const { secret } = await done("POST", "/tokens", { role: "worker", name: "hidden" }, key);
		for (const file of readdirSync(folder)) expect(readFileSync(`${folder}/${file}`).includes(secret)).toBe(false);
	});

	test("that a host registers is bound to that host; saying it again changes nothing", async () => {
		const first = await register("lt-secret", "lieutenant", "usage", host);
		expect(first).toMatchObject({ status: 201, body: { role: "lieutenant", name: "usage", host: "host-1" } });
		expect((await register("lt-secret", "lieutenant", "usage", host)).body).toEqual(first.body);
		expect((await me("lt-secret")).body).toEqual({ name: "usage", role: "lieutenant", host: "host-1" });
		expect(await register("lt-secret", "worker", "usage", host)).toMatchObject({
			status: 409,
			body: { code: "conflict" },
		});
	});

	test("gives no more rights than its parent has", async () => {
		const boss = await mint("orchestrator", "chief");
		for (const [role, token, status] of [
			["admin", host, 403],
			["host", host, 403],
			["orchestrator", host, 201],
			["viewer", host, 201],
			["host", boss, 403],
			["orchestrator", boss, 201],
			["worker", boss, 201],
			["admin", ADMIN, 201],
		] as const) {
			expect((await ask("POST", "/tokens", { role, name: "x" }, { token })).status).toBe(status);
		}
		const lieutenant = await mint("lieutenant", "lt");
		expect((await ask("POST", "/tokens", { role: "worker", name: "x" }, { token: lieutenant })).status).toBe(403);
	});

	test("may stand below another of the caller's own, never below a stranger's", async () => {
		await register("lt-2", "lieutenant", "docs", host);
		expect(await register("w-2", "worker", "helper", host, "lt-2")).toMatchObject({
			status: 201,
			body: { host: "host-1" },
		});
		expect((await register("o-2", "orchestrator", "o", host, "lt-2")).status).toBe(403);
		const other = await mint("host", "host-2");
		expect((await register("w-3", "worker", "spy", other, "lt-2")).status).toBe(403);
		expect((await register("w-4", "worker", "spy", other, "nothing")).status).toBe(404);
	});

	test("ends with all below it, and cannot come back", async () => {
		const own = await mint("host", "host-3");
		const lieutenant = await mint("lieutenant", "a", own);
		await register("below", "worker", "b", own, lieutenant);
		const { tokens } = await done("GET", "/tokens", undefined, { token: own });
		expect(tokens.map((token: { name: string }) => token.name)).toEqual(["a", "b"]);
		const row = (await done("GET", "/tokens")).tokens.find((token: { name: string }) => token.name === "host-3");
		expect((await done("DELETE", `/tokens/${row.id}`)).revoked).toHaveLength(3);
		for (const secret of [own, lieutenant, "below"]) expect((await me(secret)).status).toBe(401);
		expect((await done("DELETE", `/tokens/${row.id}`)).revoked).toEqual([]);
		expect((await register("below", "worker", "b", ADMIN)).body).toHaveProperty("revokedAt");
		expect((await me("below")).status).toBe(401);
	});

	test("of another is nothing to end", async () => {
		const other = await mint("orchestrator", "other");
		const row = (await done("GET", "/tokens")).tokens.find((token: { name: string }) => token.name === "host-1");
		expect((await ask("DELETE", `/tokens/${row.id}`, undefined, { token: other })).status).toBe(403);
		expect((await ask("DELETE", "/tokens/nope")).status).toBe(404);
	});

	test.each([["short"], ["A".repeat(64)], [5]])("with the hash %s is refused", async (hash) => {
		expect((await ask("POST", "/tokens/register", { hash, role: "worker", name: "x" })).status).toBe(400);
	});

	test("outlives a restart of the hub, and so does its end", async () => {
		const kept = await mint("worker", "kept");
		const ended = await mint("worker", "ended");
		const row = (await done("GET", "/tokens")).tokens.find((token: { name: string }) => token.name === "ended");
		await done("DELETE", `/tokens/${row.id}`);
		await hub.close();
		const again = await testHub({ folder, adminTokens: ["another-admin"] });
		const status = async (token: string) => (await again.ask("GET", "/tokens/me", undefined, { token })).status;
		expect([await status(kept), await status(ended), await status(ADMIN), await status("another-admin")]).toEqual([
			200, 401, 401, 200,
		]);
		expect((await again.ask("POST", "/log", { text: "x", agent: "usage" }, { token: host })).status).toBe(201);
	});
});
