import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createTokens } from "../../../src/hub/tokens/tokens.ts";
import { realWorld } from "../../../src/world/real.ts";
import { ADMIN, type Body, testHub } from "../support.ts";

const files: string[] = ["the-first-secret-of-this-home"];
const home = {
	secret: files[0] ?? "",
	renew() {
		const next = `another-secret-of-this-home-${files.length}`;
		files.push(next);
		return next;
	},
};
const { ask, done, mint, folder, hub } = await testHub({ homeToken: home });
const me = async (token: string) => (await ask("GET", "/tokens/me", undefined, { token })).status;
const listed = async (name: string): Promise<Body> =>
	(await done("GET", "/tokens")).tokens.find((token: Body) => token.name === name);
const rotate = (id: string, token = ADMIN) => ask("POST", `/tokens/${id}/rotate`, undefined, { token });

describe("a rotated token", () => {
	test("keeps its id, rights and those below it; the old secret opens nothing from then on", async () => {
		const old = await mint("orchestrator", "boss");
		const child = await mint("worker", "below", old);
		const { id } = await listed("boss");
		const { status, body } = await rotate(id);
		expect([status, body]).toEqual([200, { id, role: "orchestrator", name: "boss", secret: expect.any(String) }]);
		expect([await me(old), await me(body.secret), await me(child)]).toEqual([401, 200, 200]);
		expect(await listed("boss")).toMatchObject({ id, rotatedAt: expect.any(String) });
		await done("DELETE", `/tokens/${id}`);
		expect([await me(body.secret), await me(child)]).toEqual([401, 401]);
		expect(await rotate(id)).toMatchObject({ status: 409, body: { code: "conflict" } });
	});

	test("ends the streams that its old secret opened", async () => {
		const old = await mint("viewer", "watcher");
		const stream = await fetch(`${hub.address}/feed/stream`, { headers: { authorization: `Bearer ${old}` } });
		expect(stream.status).toBe(200);
		await rotate((await listed("watcher")).id);
		// Ends by itself: were it still open, this would wait for ever.
		await stream.text();
	});

	test("has its new secret nowhere on the disk, in no list and in no event", async () => {
		await mint("worker", "hidden");
		const { id } = await listed("hidden");
		const { body } = await ask("POST", `/tokens/${id}/rotate`, undefined, { headers: { "idempotency-key": "again" } });
		for (const file of readdirSync(folder)) expect(readFileSync(`${folder}/${file}`).includes(body.secret)).toBe(false);
		const [event] = await done("GET", "/feed/events?limit=1");
		expect(event).toMatchObject({ type: "token_rotated", agent: "admin", detail: { token: id } });
	});

	test("is rotated by its holder, whoever stands above it, or an admin, and nobody else", async () => {
		const boss = await mint("orchestrator", "one");
		await mint("worker", "of-one", boss);
		const stranger = await mint("orchestrator", "two");
		const [own, below] = [await listed("one"), await listed("of-one")];
		expect((await rotate(below.id, stranger)).status).toBe(403);
		expect((await rotate(own.id, stranger)).status).toBe(403);
		expect((await rotate("nothing", boss)).status).toBe(404);
		expect((await rotate(below.id, boss)).status).toBe(200);
		expect((await rotate(own.id, boss)).status).toBe(200);
		expect(await me(boss)).toBe(401);
	});

	test("is none that a host keeps for its agents: they would be cut off", async () => {
		const host = await mint("host", "machine-1");
		await mint("lieutenant", "ada", host);
		for (const name of ["machine-1", "ada"]) {
			const { status, body } = await rotate((await listed(name)).id);
			expect([status, body.code, body.error]).toEqual([409, "conflict", expect.stringContaining("Host machine-1")]);
		}
		expect(await me(host)).toBe(200);
	});
});

describe("the admin token of the home", () => {
	test("is rotated in its file; the answer does not hold it, and the old one opens nothing", async () => {
		const [first = ""] = files;
		const { status, body } = await rotate("admin", first);
		expect([status, body]).toEqual([200, { id: "admin", role: "admin", name: "admin" }]);
		expect(files).toHaveLength(2);
		expect([await me(first), await me(files[1] ?? ""), await me(ADMIN)]).toEqual([401, 200, 200]);
	});

	test("is for an admin alone", async () => {
		const boss = await mint("orchestrator", "three");
		const before = files.length;
		expect((await rotate("admin", boss)).status).toBe(403);
		expect(files).toHaveLength(before);
	});

	test("stays when no file of this hub holds it, or VERS_AUTH_TOKEN is the same", async () => {
		const other = await testHub();
		expect(await other.ask("POST", "/tokens/admin/rotate")).toMatchObject({
			status: 409,
			body: { code: "conflict", remedy: expect.stringContaining("VERS_AUTH_TOKEN") },
		});
		const tokens = createTokens({
			...{ world: realWorld(), reader: { all: () => [] } as never, adminTokens: ["same"] },
			home: { secret: "same", renew: () => "other" },
		});
		expect(() => tokens.renewHome()).toThrow("VERS_AUTH_TOKEN");
		expect(tokens.caller("same")?.role).toBe("admin");
	});

	test("stays the one that it was when the disk refuses another", async () => {
		const full = {
			secret: "kept",
			renew: () => {
				throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
			},
		};
		const other = await testHub({ homeToken: full });
		const { status } = await other.ask("POST", "/tokens/admin/rotate", undefined, { token: "kept" });
		expect(status).toBeGreaterThanOrEqual(500);
		expect((await other.ask("GET", "/tokens/me", undefined, { token: "kept" })).status).toBe(200);
	});
});

describe("when a token was last used", () => {
	test("is told to the minute, without a write for each request, and outlives a restart", async () => {
		const one = await testHub();
		const used = await one.mint("worker", "busy");
		await one.mint("worker", "idle");
		const rows = async (at: typeof one) => (await at.done("GET", "/tokens")).tokens;
		expect(await rows(one)).toMatchObject([{ name: "busy" }, { name: "idle" }]);
		for (const row of await rows(one)) expect(row).not.toHaveProperty("lastUsedAt");
		await one.done("GET", "/tokens/me", undefined, { token: used });
		const minute = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:00\.000Z$/);
		expect(await rows(one)).toMatchObject([{ name: "busy", lastUsedAt: minute }, { name: "idle" }]);
		await one.hub.close();
		const two = await testHub({ folder: one.folder });
		const [busy, idle] = await rows(two);
		expect([busy.lastUsedAt, idle.lastUsedAt]).toEqual([minute, undefined]);
	});
});
