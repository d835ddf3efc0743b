import { connect } from "node:net";
import { expect, test } from "vitest";
import type { FeedEvent } from "../../../src/contract/feed.ts";
import { realWorld } from "../../../src/world/real.ts";
import { until } from "../../support/until.ts";
import { ADMIN, testHub } from "../support.ts";
import { sse } from "./readers.ts";

/** More than the system's own buffers for one connection hold. */
const EVENTS = 600;
const BIG = "x".repeat(60_000);

test("a reader that takes nothing is dropped while the others go on, and resumes where it was, without gap or repeat", async () => {
	const world = realWorld();
	let skipped = 0;
	const clock = {
		...world.clock,
		elapsed: () => world.clock.elapsed() + skipped,
		every: (ms: number, run: () => void) => world.clock.every(ms === 15_000 ? 50 : ms, run),
	};
	const { hub, done } = await testHub({ world: { ...world, clock } });
	const stuck = connect({ host: "127.0.0.1", port: Number(new URL(hub.address).port) });
	let text = "";
	let ended = false;
	stuck.setEncoding("latin1");
	stuck.on("close", () => (ended = true));
	stuck.on("error", () => undefined);
	stuck.pause();
	stuck.write(`GET /feed/stream HTTP/1.1\r\nhost: hub\r\nauthorization: Bearer ${ADMIN}\r\n\r\n`);
	await until(() => hub.activity().streams === 1, "the stream");
	const other = await sse(hub.address);
	for (let n = 0; n < EVENTS; n++) {
		await done("POST", "/feed/events", { agent: "a", type: "custom", summary: `${n}`, detail: BIG });
	}
	await until(() => other.events.length === EVENTS, "all events at the other reader");
	skipped = 61_000;
	await until(() => hub.activity().streams === 1, "the end of the stuck stream");
	stuck.on("data", (piece: string) => (text += piece));
	stuck.resume();
	await until(() => ended, "the end of the connection");
	// Only what is whole counts; a client cannot have taken the id of a torn one.
	const whole = text.split("\n\n").slice(0, -1);
	const had = whole
		.flatMap((block) => /^data: (.+)$/m.exec(block)?.[1] ?? [])
		.map((json): FeedEvent => JSON.parse(json));
	expect(had.length).toBeGreaterThan(0);
	expect(had.length).toBeLessThan(EVENTS);
	const again = await sse(hub.address, { last: had.at(-1)?.id ?? "" });
	await until(() => again.events.length === EVENTS - had.length, "the rest");
	const all = [...had, ...again.events].map(({ summary }) => Number(summary));
	expect(all).toEqual(Array.from({ length: EVENTS }, (_, n) => n));
	again.close();
	other.close();
});
