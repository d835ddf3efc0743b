/** 1, 50 and 200 readers of the feed: how much they are given at most, and how soon at a quiet pace. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { until } from "../support/until.ts";
import type { Run } from "./group.ts";
import { percentile } from "./measure.ts";
import { costOf } from "./processes.ts";
import type { Hub } from "./program.ts";
import { bytesOf, load, succeeded, Wire } from "./wire.ts";

/** The last is what the goals are about. */
const READERS = [1, 50, 200] as const;
const PUBLISHERS = 8;
const BURST = 3_000;
const PACE = 25;
const CALM = 200;

interface Reader {
	readonly socket: Socket;
	/** Events so far. */
	count: number;
}

const FRAME_END = "\n\n";

/** Counts frames by their ends; a frame may be cut anywhere, also between the two line ends. */
async function openReader(hub: Hub, onBytes: (bytes: Buffer) => void): Promise<Reader> {
	const socket = connect({ host: "127.0.0.1", port: Number(new URL(hub.url).port) });
	await once(socket, "connect");
	socket.write(bytesOf({ method: "GET", path: "/feed/stream", token: hub.token }));
	await once(socket, "data"); // the head: from here on it follows
	const reader = { socket, count: 0 };
	let cut = false;
	socket.on("data", (bytes: Buffer) => {
		if (cut && bytes[0] === 10) reader.count++;
		for (let at = bytes.indexOf(FRAME_END); at >= 0; at = bytes.indexOf(FRAME_END, at + 2)) reader.count++;
		cut = bytes.at(-1) === 10 && bytes.at(-2) !== 10;
		onBytes(bytes);
	});
	return reader;
}

const event = (hub: Hub, summary: string): Buffer =>
	bytesOf({
		...{ method: "POST", path: "/feed/events", token: hub.token },
		body: { agent: "bench", type: "custom", summary },
	});

const goal = <B>(readers: number, bound: B): { readonly goal?: B } =>
	readers === READERS.at(-1) ? { goal: bound } : {};

async function most(hub: Hub, readers: readonly Reader[], run: Run): Promise<void> {
	const body = event(hub, "one of many");
	const begun = readers.map((reader) => reader.count);
	const cpu = costOf(hub.pid).cpu;
	const from = performance.now();
	const { count } = await load(hub.url, PUBLISHERS, BURST, () => body);
	await until(
		() => readers.every((reader, index) => reader.count - (begun[index] ?? 0) >= count),
		`${count} events at each of ${readers.length} readers`,
		60_000,
	);
	const deliveries = count * readers.length;
	const value = (deliveries * 1000) / (performance.now() - from);
	const at = { readers: readers.length };
	run.report({ bench: "hub.stream.deliveries", at, value, unit: "/s", ...goal(readers.length, { atLeast: 40_000 }) });
	const each = ((costOf(hub.pid).cpu - cpu) * 1000) / deliveries;
	run.report({ bench: "hub.stream.cpu", at, value: each, unit: "µs" });
}

/** From the moment at which a request is written to that at which a reader has its event. */
async function soon(hub: Hub, readers: number, delays: number[], run: Run): Promise<void> {
	const publisher = await Wire.to(hub.url);
	for (let n = 0; n < CALM; n++) {
		const from = performance.now();
		succeeded(await publisher.ask(event(hub, `sent-at:${from};`)));
		await sleep(Math.max(0, PACE - (performance.now() - from)));
	}
	await until(() => delays.length >= CALM * readers * 0.99, "the last events", 20_000);
	publisher.close();
	const at = { readers, events: "40/s" };
	run.report({ bench: "hub.stream.p50", at, value: percentile(delays, 0.5), unit: "ms" });
	run.report({
		bench: "hub.stream.p99",
		at,
		value: percentile(delays, 0.99),
		unit: "ms",
		...goal(readers, { atMost: 25 }),
	});
}

export async function streams(hub: Hub, run: Run): Promise<void> {
	for (const readers of READERS) await followed(hub, readers, run);
}

async function followed(hub: Hub, count: number, run: Run): Promise<void> {
	const delays: number[] = [];
	const look = (bytes: Buffer): void => {
		const at = bytes.indexOf("sent-at:");
		if (at < 0) return;
		const sent = Number.parseFloat(bytes.toString("latin1", at + 8, at + 40));
		delays.push(performance.now() - sent);
	};
	const readers = await Promise.all(Array.from({ length: count }, () => openReader(hub, look)));
	try {
		await soon(hub, count, delays, run);
		await most(hub, readers, run);
	} finally {
		for (const { socket } of readers) socket.destroy();
	}
}
