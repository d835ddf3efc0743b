import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { until } from "../../support/until.ts";
import { type Body, testHub, worldAt } from "../support.ts";

let now = Date.parse("2026-01-01T00:00:00Z");
const { ask, done, mint, hub } = await testHub({ world: worldAt(() => now) });
const bob = { token: await mint("lieutenant", "bob") };
const eve = { token: await mint("lieutenant", "eve") };
const create = async (title: string, ...territory: readonly string[]): Promise<string> => {
	const { id } = await done("POST", "/board/tasks", { title, createdBy: "ann" });
	return (await done("PATCH", `/board/tasks/${id}/terms`, { territory })).id;
};
const claim = (id: string, who: { token: string }): Promise<Body> =>
	done("POST", `/board/tasks/${id}/claim`, { ttl: 60 }, who);
const held = async (): Promise<readonly string[]> =>
	(await done("GET", "/board/territories")).territories.map(({ owner, patterns }: Body) => `${owner} ${patterns}`);

test("a task's files are owned while somebody holds it, the earliest first", async () => {
	const [first, second] = [await create("one", "src/a/**"), await create("two", " docs/ ", "docs/")];
	expect(await held()).toEqual([]);
	await claim(second, bob);
	now += 1_000;
	await claim(first, eve);
	expect(await held()).toEqual(["bob docs/", "eve src/a/**"]);
	await done("POST", `/board/tasks/${second}/release`, {}, bob);
	expect(await held()).toEqual(["eve src/a/**"]);
	now += 60_000;
	expect(await held()).toEqual([]);
});

test("who claims what overlaps with another's is told, and the feed is", async () => {
	const [first, second] = [
		await create("first", "src/usage/**", "docs/u.md"),
		await create("second", "src/**/sums.ts"),
	];
	const before = now;
	expect(await claim(first, bob)).not.toHaveProperty("overlaps");
	now += 1_000;
	const told = await claim(second, eve);
	expect(told.overlaps).toEqual([
		{
			...{ task: first, title: "first", owner: "bob", patterns: ["src/usage/**"] },
			since: new Date(before).toISOString(),
		},
	]);
	const events = await done("GET", "/feed/events?type=task_territory_overlaps");
	expect(events.map(({ agent, detail }: Body) => [agent, detail.task, detail.overlaps[0].owner])).toEqual([
		["eve", second, "bob"],
	]);
	expect(await done("GET", `/board/tasks/${second}`)).not.toHaveProperty("overlaps");
});

test("files named later do not come before files that were held already", async () => {
	const [first, second] = [await create("narrow", "lib/a.ts"), await create("wide", "lib/**")];
	await claim(first, bob);
	now += 1_000;
	await claim(second, eve);
	now += 1_000;
	const widened = await done("PATCH", `/board/tasks/${first}/terms`, { territory: ["lib/**"] }, bob);
	expect(widened.overlaps).toMatchObject([{ task: second, owner: "eve" }]);
	expect((await held()).filter((line) => line.includes("lib"))).toEqual(["eve lib/**", "bob lib/**"]);
	expect((await ask("PATCH", `/board/tasks/${first}/terms`, { territory: [] }, eve)).body.code).toBe("task_taken");
	await done("PATCH", `/board/tasks/${first}/terms`, { territory: [] }, bob);
	expect((await held()).filter((line) => line.includes("lib"))).toEqual(["eve lib/**"]);
});

test("in two repositories of one machine the same path is two files; what is not known counts as one", async () => {
	const id = "host-1";
	const socket = new WebSocket(`${hub.address.replace("http", "ws")}/hosts/link`, {
		headers: { authorization: `Bearer ${await mint("host", id)}` },
	});
	const heard: string[] = [];
	socket.on("message", (data) => heard.push(String(data)));
	await new Promise((resolve, reject) => socket.on("open", resolve).on("error", reject));
	socket.send(JSON.stringify({ type: "link", protocol: 1, version: "0.1.0", host: id, start: "S1", link: 1 }));
	const row = (name: string, repository: string) => ({
		...{ id: `L-${name}`, name, role: "r", state: "working", place: "local", host: id, owner: "o" },
		...{ cwd: `/worktrees/${name}`, repository, pending: 0, turns: 1, tokens: 1, costUsd: 0, lives: 1 },
		...{ createdAt: "t", changedAt: "t" },
	});
	const rows = [row("bob", "/one"), row("eve", "/two"), row("joe", "/one/sub")];
	for (const [counter, lieutenant] of rows.entries())
		socket.send(JSON.stringify({ type: "state", counter: counter + 1, lieutenant }));
	await until(() => heard.some((frame) => frame.includes('"kept"') && frame.includes("3")), "the rows");
	const first = await create("in one", "pkg/**");
	await claim(first, bob);
	const near = async (token?: string): Promise<readonly string[]> =>
		(await done("GET", "/board/territories", undefined, token === undefined ? {} : { token })).territories
			.filter(({ task }: Body) => task === first)
			.map(({ owner }: Body) => owner);
	expect(await near(eve.token)).toEqual([]);
	expect(await near(await mint("lieutenant", "joe"))).toEqual(["bob"]);
	expect(await near(await mint("lieutenant", "new"))).toEqual(["bob"]);
	expect(await near()).toEqual(["bob"]);
	expect(await claim(await create("in two", "pkg/a.ts"), eve)).not.toHaveProperty("overlaps");
	socket.terminate();
});

test.each([["/etc/passwd"], ["../other"], ["src/{a,b}"], ["**"]])("%s is no territory", async (pattern) => {
	const reply = await ask("PATCH", `/board/tasks/${await create("t")}/terms`, { territory: [pattern] });
	expect([reply.status, reply.body.error]).toEqual([400, expect.stringContaining(`territory: "${pattern}" `)]);
});
