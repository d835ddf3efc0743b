import { expect, test } from "vitest";
import { type Reader, sse, webSocket } from "../../hub/feed/readers.ts";
import { runHub } from "../../hub/hub-process.ts";
import { makeFolder } from "../../support/folder.ts";
import { until } from "../../support/until.ts";

const IDLE = 500;

test("500 streams, half of each kind, all have the next event while the hub serves; at its end they resume without a gap", async () => {
	const folder = makeFolder();
	const { address, ask, child, ended } = await runHub(folder);
	const say = (to: typeof ask, summary: string) => to("POST", "/feed/events", { agent: "a", type: "custom", summary });
	const readers: Reader[] = [];
	for (let n = 0; n < IDLE; n += 50) {
		const some = Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? sse(address) : webSocket(address)));
		readers.push(...(await Promise.all(some)));
	}
	expect((await say(ask, "first")).status).toBe(201);
	expect((await ask("GET", "/board/tasks")).status).toBe(200);
	await until(() => readers.every(({ events }) => events.length === 1), "the event at each", 30_000);
	child.kill("SIGTERM");
	await ended;
	await until(() => readers.every((reader) => reader.ended()), "the end of each", 30_000);
	const next = await runHub(folder);
	await say(next.ask, "second");
	const last = readers[0]?.events.at(-1)?.id ?? "";
	const again = await Promise.all([sse(next.address, { last }), webSocket(next.address, { last })]);
	await until(() => again.every(({ events }) => events.length === 1), "what came meanwhile", 10_000);
	expect(again.map(({ events }) => events.map(({ summary }) => summary))).toEqual([["second"], ["second"]]);
	for (const reader of again) reader.close();
	next.child.kill("SIGTERM");
	await next.ended;
}, 120_000);
