import { once } from "node:events";
import { afterAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { createClient } from "../../../src/client/client.ts";
import * as contract from "../../../src/contract/skillhub.ts";
import { realWorld } from "../../../src/world/real.ts";
import { until } from "../../support/until.ts";
import { ADMIN, testHub, worldAt } from "../support.ts";

let now = Date.parse("2026-01-01T00:00:00Z");
const { ask, done, mint, hub } = await testHub({ world: worldAt(() => now) });
const put = (name: string, content = name) =>
	done("POST", "/skills/items", { name, description: "d", content, publishedBy: "p" });
const entry = (name: string, version: number) => ({ name, version });

describe("what a machine should do", () => {
	test("is told in the old order: install, update, remove, skills before extensions", async () => {
		for (const name of ["a", "b", "c", "c"]) await put(name);
		const { hash } = await put("d");
		await done("POST", "/skills/extensions", { name: "e", description: "d", content: "e", publishedBy: "p" });
		const skills = [entry("b", 1), entry("c", 1), { ...entry("d", 1), hash: "0" }, entry("gone", 7)];
		const told = await done("POST", "/skills/sync", { agentId: "old-client", skills, extensions: [entry("x", 2)] });
		expect(told.updates).toEqual([
			{ type: "skill", ...entry("a", 1), action: "install" },
			{ type: "skill", ...entry("c", 2), action: "update" },
			{ type: "skill", ...entry("d", 1), action: "update" },
			{ type: "skill", ...entry("gone", 7), action: "remove" },
			{ type: "extension", ...entry("e", 1), action: "install" },
			{ type: "extension", ...entry("x", 2), action: "remove" },
		]);
		const all = { skills: [entry("a", 1), entry("b", 1), entry("c", 2), { ...entry("d", 1), hash }] };
		expect(await done("POST", "/skills/sync", { agentId: "old-client", ...all, extensions: [entry("e", 1)] })).toEqual({
			updates: [],
		});
	});

	test("includes to go back, where it has more than the hub: versions of another hub mean nothing here", async () => {
		const told = await done("POST", "/skills/sync", { agentId: "m", skills: [entry("a", 9)], extensions: [] });
		expect(told.updates).toContainEqual({ type: "skill", ...entry("a", 1), action: "update" });
	});

	test.each([
		[{ skills: [], extensions: [] }, "agentId is required"],
		[{ agentId: "a", extensions: [] }, "skills is required"],
		[{ agentId: "a", skills: [] }, "extensions is required"],
		[{ agentId: "a", skills: [{ name: "a" }], extensions: [] }, "skills.version is required"],
	])("is not told for %j, and nothing of it is kept", async (body, error) => {
		const before = await done("GET", "/skills/agents");
		expect(await ask("POST", "/skills/sync", body)).toMatchObject({ status: 400, body: { error } });
		expect(await done("GET", "/skills/agents")).toEqual(before);
	});
});

describe("who has which version", () => {
	test("is kept by each agent's last word, the latest first, in its own name only", async () => {
		const ann = { token: await mint("lieutenant", "ann") };
		now += 1_000;
		await done("POST", "/skills/sync", { skills: [entry("a", 1)], extensions: [], vmId: "vm-1" }, ann);
		const other = { agentId: "bob", skills: [], extensions: [] };
		expect(await ask("POST", "/skills/sync", other, ann)).toMatchObject({
			...{ status: 403, body: { code: "author_mismatch" } },
		});
		const { agents } = await done("GET", "/skills/agents");
		expect(agents.map((one: { agentId: string }) => one.agentId)).toEqual(["ann", "m", "old-client"]);
		expect(await done("GET", "/skills/agents/ann")).toEqual({
			...{ agentId: "ann", vmId: "vm-1", skills: [entry("a", 1)], extensions: [] },
			...{ lastSync: new Date(now).toISOString(), lieutenants: [] },
		});
		expect(await ask("GET", "/skills/agents/nobody")).toMatchObject({
			status: 404,
			body: { error: "agent not found" },
		});
	});

	test("is forgotten of one that has said nothing for a month", async () => {
		now += 31 * 24 * 3_600_000;
		await done("POST", "/skills/sync", { agentId: "m", skills: [], extensions: [] });
		expect((await done("GET", "/skills/agents")).count).toBe(1);
	});
});

describe("the stream of changes", () => {
	const client = createClient({
		world: realWorld(),
		version: "0.1.0",
		resolve: () => ({ url: hub.address, token: ADMIN }),
	});
	afterAll(() => client.close());
	const follow = (since?: string) => {
		const seen: contract.Change[] = [];
		let open = false;
		const following = client.subscribe(
			contract.stream,
			{},
			{
				since,
				onEvent: (event) => seen.push(event),
				onState: (now) => {
					open = now;
				},
			},
		);
		return { seen, following, opened: () => until(() => open, "the stream") };
	};

	test("tells each change in the old words, resumes after any of them, and tells nothing else", async () => {
		const { seen, opened, following } = follow();
		await opened();
		await put("live");
		await put("live", "more");
		await done("POST", "/log", { text: "something else" });
		for (const enabled of [false, false, true]) await done("PATCH", "/skills/items/live", { enabled });
		await done("DELETE", "/skills/items/live");
		await done("POST", "/skills/extensions", { name: "x", description: "d", content: "e", publishedBy: "p" });
		await until(() => seen.length === 7, "seven changes");
		expect(seen.map(({ type, name, version, action }) => [type, name, version, action])).toEqual([
			["skill", "live", 1, "publish"],
			["skill", "live", 2, "update"],
			["skill", "live", 2, "disable"],
			["skill", "live", 2, "update"],
			["skill", "live", 2, "enable"],
			["skill", "live", 2, "remove"],
			["extension", "x", 1, "publish"],
		]);
		expect(Object.keys(seen[0] ?? {}).sort()).toEqual(["action", "id", "name", "timestamp", "type", "version"]);
		following.close();
		const later = follow(seen[3]?.id);
		await until(() => later.seen.length === 3, "what followed");
		expect(later.seen).toEqual(seen.slice(4));
		later.following.close();
	});

	test("is there as a WebSocket, too", async () => {
		const socket = new WebSocket(`${hub.address.replace("http", "ws")}/skills/stream`, {
			headers: { authorization: `Bearer ${ADMIN}` },
		});
		await once(socket, "open");
		const first = once(socket, "message");
		await put("wired");
		expect(JSON.parse(String((await first)[0]))).toMatchObject({ name: "wired", action: "publish" });
		socket.close();
	});
});
