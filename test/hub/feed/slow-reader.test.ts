import { expect, test } from "vitest";
import type { FeedEvent } from "../../../src/contract/feed.ts";
import type { Feed, Follower } from "../../../src/hub/feed/feed.ts";
import { type Sink, stream } from "../../../src/hub/feed/stream.ts";
import { realWorld } from "../../../src/world/real.ts";

const event = (seq: number): FeedEvent => ({ id: `${seq}`, seq, agent: "a", type: "t", summary: "", timestamp: "" });

/** A reader that takes nothing until it is told to, and a feed that keeps all it was given. */
function slow() {
	const stored: FeedEvent[] = [];
	const got: number[] = [];
	let follower: Follower | undefined;
	let buffered = 0;
	let drained: (() => void) | undefined;
	let ended = "";
	const feed: Pick<Feed, "after" | "follow" | "head"> = {
		head: () => stored.length,
		after: (seq) => ({ events: stored.slice(seq, seq + 10), whole: stored.length <= seq + 10 }),
		follow(given) {
			follower = given;
			return () => {
				follower = undefined;
			};
		},
	};
	const sink: Sink = {
		send(events) {
			got.push(...events.map(({ seq }) => seq));
			buffered += events.length * 100_000;
		},
		heartbeat: () => undefined,
		buffered: () => buffered,
		onDrain: (run) => {
			drained = run;
		},
		end: (why) => {
			ended = why;
		},
	};
	const beats: (() => void)[] = [];
	const soon: (() => void)[] = [];
	let elapsed = 0;
	const clock = {
		...realWorld().clock,
		elapsed: () => elapsed,
		every: (_: number, run: () => void) => {
			beats.push(run);
			return { cancel: () => undefined };
		},
		soon: (run: () => void) => void soon.push(run),
	};
	stream({ world: { clock }, feed: feed as Feed, filter: {}, after: 0, token: "t", sink });
	return {
		got,
		commit(count: number) {
			const events = Array.from({ length: count }, (_, i) => event(stored.length + i + 1));
			stored.push(...events);
			follower?.deliver(events);
		},
		takeAll() {
			while (drained !== undefined || soon.length > 0) {
				buffered = 0;
				const run = drained;
				drained = undefined;
				run?.();
				soon.shift()?.();
			}
		},
		wait(ms: number) {
			elapsed += ms;
			for (const beat of beats) beat();
		},
		buffered: () => buffered,
		ended: () => ended,
		follows: () => follower !== undefined,
	};
}

test("a slow reader's buffer is bounded, and it misses nothing when it reads on", () => {
	const reader = slow();
	for (let i = 0; i < 100; i++) reader.commit(3);
	expect(reader.buffered()).toBeLessThan(2_500_000);
	expect(reader.got.length).toBeLessThan(30);
	reader.takeAll();
	expect(reader.got).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
	reader.commit(2);
	expect(reader.got.slice(-2)).toEqual([301, 302]);
});

test("a reader that takes nothing for a minute is dropped", () => {
	const reader = slow();
	reader.commit(20);
	reader.wait(59_000);
	expect(reader.ended()).toBe("");
	reader.wait(2_000);
	expect(reader.ended()).toBe("too slow");
	expect(reader.follows()).toBe(false);
});
