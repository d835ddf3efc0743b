import { connect } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadModules } from "../../../src/hub/modules.ts";
import { realWorld } from "../../../src/world/real.ts";
import { until } from "../../support/until.ts";
import { type From, type Reader, sse, webSocket } from "../feed/readers.ts";
import { ADMIN, testHub } from "../support.ts";
import { nonsenseFor } from "./nonsense.ts";

const RUNS = 400;
/** Sent at the same time, on connections of their own. */
const AT_ONCE = 4;

const { hub, done, complaints } = await testHub();
const { operations } = await loadModules(realWorld());
const streams = operations.filter(({ answers }) => answers === "stream");
const { port } = new URL(hub.address);

const posted: string[] = [];
async function post(summary: string): Promise<void> {
	await done("POST", "/feed/events", { agent: "a", type: "custom", summary });
	posted.push(summary);
}
await post("before");
const ids: readonly string[] = (await done("GET", "/feed/events")).map(({ id }: { id: string }) => id);

/** The bytes of a header's value that a server lets through. */
const headerValue = fc.oneof(
	fc.constantFrom("", "0", "-1", "1", "1e9", "999999999999999", "9".repeat(400), "NaN", "null", "1970-01-01"),
	fc.constantFrom(
		"+275760-09-13T00:00:00.001Z",
		"Z".repeat(26),
		"0".repeat(26),
		"x".repeat(9_000),
		"../..",
		"1,2",
		...ids,
	),
	fc.array(fc.integer({ min: 0x20, max: 0xff }), { maxLength: 30 }).map((bytes) => String.fromCharCode(...bytes)),
);
const headerName = fc.constantFrom(
	...["Last-Event-ID", "Accept", "Range", "Cookie", "Origin", "X-Flagship-Protocol", "X-Forwarded-For"],
	...["Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions", "Sec-WebSocket-Version", "Sec-WebSocket-Key"],
);
const target = fc.oneof(
	{ weight: 9, arbitrary: fc.oneof(...streams.map((one) => nonsenseFor(one, ids))).map(({ path }) => path) },
	fc.constantFrom(
		"//",
		"//[",
		"http://",
		"/\\",
		"/%",
		"/feed/stream?%",
		"/feed/stream#",
		"/hosts/link",
		"/hosts/link?x=%ff",
	),
);
const UPGRADE = ["Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="];

const requestText = fc
	.record({
		target,
		upgrade: fc.boolean(),
		headers: fc.array(fc.tuple(headerName, headerValue), { maxLength: 4 }),
		token: fc.oneof({ weight: 8, arbitrary: fc.constant(ADMIN) }, headerValue),
		frames: fc.uint8Array({ maxLength: 40 }),
	})
	.map(({ target, upgrade, headers, token, frames }) => ({
		frames,
		head: [
			...[`GET ${target} HTTP/1.1`, "Host: hub", `Authorization: Bearer ${token}`],
			...(upgrade ? ["Connection: Upgrade", ...UPGRADE] : ["Connection: close"]),
			...headers.map(([name, value]) => `${name}: ${value}`),
			...["", ""],
		].join("\r\n"),
	}));

/** Sends it byte by byte as it is; what comes after the head is what a WebSocket client would say. Answers the status. */
function statusOf({ head, frames }: { readonly head: string; readonly frames: Uint8Array }): Promise<number> {
	return new Promise((resolve, reject) => {
		const socket = connect(Number(port), "127.0.0.1", () => socket.write(Buffer.from(head, "latin1")));
		let said = "";
		socket.on("data", (piece) => {
			said += piece.toString("latin1");
			const status = /^HTTP\/1\.1 (\d{3})/.exec(said)?.[1];
			if (status === undefined) return;
			if (status === "101") socket.write(frames);
			socket.destroySoon();
			resolve(Number(status));
		});
		socket.on("error", reject);
		socket.on("close", () => reject(new Error(`closed after '${said}' for ${JSON.stringify(head)}`)));
	});
}

const seen = new Set<number>();

describe("streams that are asked for with nonsense", () => {
	test("are opened or refused, never answered with a fault of the hub, over either transport", async () => {
		expect(streams.map(({ name }) => name).sort()).toEqual(["feed.stream", "skills.stream"]);
		await fc.assert(
			fc.asyncProperty(fc.array(requestText, { minLength: AT_ONCE, maxLength: AT_ONCE }), async (some) => {
				const answers = await Promise.all(some.map(statusOf));
				for (const [n, status] of answers.entries()) {
					seen.add(status);
					expect(status, some[n]?.head).toBeLessThan(500);
				}
			}),
			{ numRuns: RUNS },
		);
		// Both kinds were opened, and refusals were among them.
		for (const status of [101, 200, 400, 401]) expect([...seen]).toContain(status);
		expect(complaints).toEqual([]);
	});

	test.each([
		["SSE", sse],
		["WebSocket", webSocket],
	] as const)(
		"hold nobody up: over %s all events come, from the first, and from a place that never was",
		async (how, open) => {
			const froms: readonly From[] = [
				{ query: "?since=0" },
				{ last: "999999999999999" },
				{ query: "?since=999999999999999" },
			];
			const readers: Reader[] = await Promise.all(froms.map((from) => open(hub.address, from)));
			await post(`after, ${how}`);
			const wanted = [posted, posted.slice(-1), posted.slice(-1)];
			const summaries = () => readers.map(({ events }) => events.map(({ summary }) => summary));
			const enough = () => readers.every(({ events }, n) => events.length >= (wanted[n]?.length ?? 0));
			await until(enough, "every event at every reader", 10_000);
			expect(summaries()).toEqual(wanted);
			for (const reader of readers) reader.close();
			expect(complaints).toEqual([]);
		},
	);
});
