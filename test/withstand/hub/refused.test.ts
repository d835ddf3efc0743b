/** A hub that cannot write: each write is refused in words, everything is read as before, and it goes on by itself. */
import type { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { loadModules } from "../../../src/hub/modules.ts";
import { example } from "../../../src/hub/openapi/example.ts";
import { realWorld } from "../../../src/world/real.ts";
import { type TestHub, testHub } from "../../hub/support.ts";
import { smallDisk } from "../../support/small-disk.ts";
import { type Prepared, tokensOf, WRITES, Writes } from "./writes.ts";

const { handlers } = await loadModules(realWorld());

/** Every read of one address, and what it answers: what the hub says of its own time left out. */
async function readAll({ ask }: TestHub): Promise<Readonly<Record<string, unknown>>> {
	const answers: Record<string, unknown> = {};
	for (const { type, operation } of handlers) {
		if (type !== "read" || operation.method !== "GET" || operation.path.includes(":")) continue;
		const query = new URLSearchParams(example(operation.input) as Record<string, string>);
		const { status, body } = await ask("GET", `${operation.path}?${query}`);
		answers[operation.name] = [status, body.code ?? body.count ?? typeof body];
	}
	return answers;
}

/** Every write, prepared while there is room. */
async function prepareAll(hub: TestHub): Promise<{ readonly writes: Writes; readonly all: readonly Prepared[] }> {
	const writes = new Writes(hub.hub.address, await tokensOf(hub.hub.address));
	const all: Prepared[] = [];
	for (const { name } of WRITES) {
		await writes.done(name);
		all.push(await writes.prepare(name));
	}
	return { writes, all };
}

/** What became of each: `storage_failed 503` and the like. */
async function sendAll(writes: Writes, all: readonly Prepared[]): Promise<readonly string[]> {
	const said: string[] = [];
	for (const one of all) {
		const { status, answer } = await writes.send(one);
		said.push(`${one.operation} ${status} ${answer.code ?? "done"} ${answer.remedy === undefined ? "" : "→"}`.trim());
	}
	return said;
}

const refused = WRITES.map(({ name }) => `${name} 503 storage_failed →`);
const kept = WRITES.map(({ name, status }) => `${name} ${status} done`);

test("on a full disk each write is refused, each read goes on, and with space all are taken", async (context) => {
	const disk = smallDisk(24);
	if (disk === undefined) return context.skip("a small disk cannot be mounted here");
	const hub = await testHub({ folder: disk.folder });
	const { writes, all } = await prepareAll(hub);
	disk.fill();
	// What is left of a page that was begun still takes a little.
	const append = () => hub.ask("POST", "/log", { text: "x".repeat(16_000), agent: "a" });
	while ((await append()).status === 201);
	const before = await readAll(hub);
	const said = await sendAll(writes, all);
	// A row or two may still fit where the log of the database has begun a page: then it is kept, as it was answered.
	expect(said.map((one, at) => (one === kept[at] ? refused[at] : one))).toEqual(refused);
	expect(said.filter((one) => refused.includes(one)).length).toBeGreaterThan(said.length / 2);
	expect(Object.entries(before).filter(([, answer]) => JSON.stringify(answer).startsWith("[5"))).toEqual([]);
	disk.free();
	expect(await sendAll(writes, all)).toEqual(kept);
}, 120_000);

test("a database that became read-only refuses each write, is read as before, and takes all when it is mended", async () => {
	const world = realWorld();
	const open: DatabaseSync[] = [];
	const files = {
		...world.files,
		database(path: string) {
			const made = world.files.database(path);
			open.push(made);
			return made;
		},
	};
	const hub = await testHub({ world: { ...world, files } });
	const { writes, all } = await prepareAll(hub);
	const before = await readAll(hub);
	// The first connection is the writer's. As root no mode of a file keeps it from writing; SQLite says the same.
	open[0]?.exec("pragma query_only = on");
	expect(await sendAll(writes, all)).toEqual(refused);
	expect(await readAll(hub)).toEqual(before);
	open[0]?.exec("pragma query_only = off");
	expect(await sendAll(writes, all)).toEqual(kept);
}, 120_000);
