import { describe, expect, test } from "vitest";
import { realWorld } from "../../../src/world/real.ts";
import { until } from "../../support/until.ts";
import { testHub } from "../support.ts";
import { type Reader, sse, webSocket } from "./readers.ts";

const { done, mint, hub } = await testHub();
const { address } = hub;
const publish = (summary: string, fields: object = {}) =>
	done("POST", "/feed/events", { agent: "a", type: "custom", summary, ...fields });

describe.each([
	["SSE", sse],
	["WebSocket", webSocket],
] as const)("a stream over %s", (_name, open) => {
	test("resumes at any event without gap or repeat while 50 post at once", async () => {
		const start = (await publish("start")).seq;
		const readers: Reader[] = [await open(address, { query: `?since=${start}` })];
		const posting = Promise.all(
			Array.from({ length: 50 }, async (_, i) => {
				for (let n = 0; n < 12; n++) {
					const { id } = await publish(`${i}/${n}`);
					// Some readers come in the middle, each after an event that it has just heard of.
					if (n % 4 === 1 && i % 5 === 0) readers.push(await open(address, { last: id }));
				}
			}),
		);
		await posting;
		const last = (await publish("end")).seq;
		await until(() => readers.every((reader) => reader.events.at(-1)?.seq === last), "the last event at every reader");
		for (const { events } of readers) {
			const first = events[0]?.seq ?? 0;
			expect(events.map((event) => event.seq)).toEqual(Array.from({ length: last - first + 1 }, (_, i) => first + i));
		}
		expect(readers[0]?.events[0]?.seq).toBe(start + 1);
		for (const reader of readers) reader.close();
	});

	test("begins exactly after the event it names, by id, by seq and by Last-Event-ID", async () => {
		const { id, seq } = await publish("named");
		await publish("next");
		const readers = [
			await open(address, { query: `?since=${id}` }),
			await open(address, { query: `?since=${seq}` }),
			await open(address, { query: "?since=0", last: id }),
		];
		for (const reader of readers) {
			await until(() => reader.events.length > 0, "an event");
			expect(reader.events[0]).toMatchObject({ summary: "next", seq: seq + 1 });
			reader.close();
		}
	});

	test("without since begins now, and hears only what its filter lets through", async () => {
		const all = await open(address);
		const some = await open(address, { query: "?agent=b&type=finding,question" });
		await publish("1", { agent: "b" });
		await publish("2", { agent: "a", type: "finding" });
		await publish("3", { agent: "b", type: "finding" });
		await publish("4", { agent: "b", type: "question" });
		await until(() => all.events.length >= 4 && some.events.length >= 2, "the events");
		expect(all.events.map((event) => event.summary)).toEqual(["1", "2", "3", "4"]);
		expect(some.events.map((event) => event.summary)).toEqual(["3", "4"]);
		for (const reader of [all, some]) reader.close();
	});

	test("filters stored events as it does live ones, over many pages", async () => {
		const { seq } = await publish("begin");
		for (let i = 0; i < 40; i++)
			await Promise.all(
				Array.from({ length: 40 }, (_, n) => publish(`${i}`, { agent: n % 20 === 0 ? "rare" : "often" })),
			);
		const rare = await open(address, { query: `?since=${seq}&agent=rare` });
		const all = await open(address, { query: `?since=${seq}` });
		await until(() => rare.events.length === 80 && all.events.length === 1_600, "the stored events");
		for (const reader of [rare, all]) reader.close();
	});

	test("ends when its token is revoked", async () => {
		const token = await mint("viewer", `watcher ${_name}`);
		const reader = await open(address, { token });
		const { tokens } = await done("GET", "/tokens");
		const row = tokens.find((one: { name: string }) => one.name === `watcher ${_name}`);
		await done("DELETE", `/tokens/${row.id}`);
		await until(() => reader.ended(), "the end of the stream");
	});

	test("is refused without a token, and with a since that is none", async () => {
		await expect(open(address, { token: "wrong" })).rejects.toThrow("401");
		await expect(open(address, { query: "?since=nonsense!" })).rejects.toThrow("400");
	});
});

describe("SSE", () => {
	test("names each event, so that a browser resumes by itself", async () => {
		const reader = await sse(address);
		const { id } = await publish("x");
		await until(() => reader.ids.includes(id), "the id line");
		expect(reader.ids).toEqual(reader.events.map((event) => event.id));
		reader.close();
	});

	test("says that it lives while nothing happens", async () => {
		const world = realWorld();
		const quick = {
			...world.clock,
			every: (ms: number, run: () => void) => world.clock.every(ms === 15_000 ? 30 : ms, run),
		};
		const { hub: beating } = await testHub({ world: { ...world, clock: quick } });
		const reader = await sse(beating.address);
		await until(() => reader.comments.includes(": heartbeat"), "a heartbeat");
		reader.close();
	});
});

test("a hub closes though streams are open, and ends them", async () => {
	const closing = await testHub();
	const readers = [await sse(closing.hub.address), await webSocket(closing.hub.address)];
	expect(closing.hub.activity().streams).toBe(2);
	await closing.hub.close();
	await until(() => readers.every((reader) => reader.ended()), "the end of the streams");
});
