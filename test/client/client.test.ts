import { describe, expect, it } from "vitest";
import { createClient, type HubAddress } from "../../src/client/client.ts";
import * as board from "../../src/contract/board.ts";
import * as claims from "../../src/contract/claims.ts";
import * as feed from "../../src/contract/feed.ts";
import * as log from "../../src/contract/log.ts";
import { realWorld } from "../../src/world/real.ts";
import { until } from "../support/until.ts";
import { type Answer, fixtureHub, json } from "./fixture-hub.ts";

const world = realWorld();
const entry = { id: "01E", timestamp: "2026-01-01T00:00:00.000Z", text: "did it" };
const clientOf = (resolve: () => HubAddress | undefined, timeout?: number) =>
	createClient({ world, resolve, version: "9.9.9", ...(timeout === undefined ? {} : { timeout }) });
/** A port on which nobody listens. */
async function deadPort(): Promise<string> {
	const hub = await fixtureHub(json(200, {}));
	await hub.close();
	return hub.url;
}
const hangUp: Answer = (_seen, _response, request) => {
	request.socket.destroy();
};

describe("a call to the hub", () => {
	it("sends token, protocol, version and a key, and gives back the typed output", async () => {
		const hub = await fixtureHub(json(201, entry));
		const client = clientOf(() => ({ url: `${hub.url}/`, token: "tok" }));
		expect((await client.call(log.append, { text: "did it" })).id).toBe("01E");
		expect(hub.seen[0]).toMatchObject({
			method: "POST",
			url: "/log",
			body: { text: "did it" },
			headers: { authorization: "Bearer tok", "x-flagship-protocol": "1", "x-flagship-version": "9.9.9" },
		});
		expect(hub.seen[0]?.headers["idempotency-key"]).toMatch(/^[0-9a-f]{32}$/);
	});

	it("sends no key with a read", async () => {
		const hub = await fixtureHub(json(200, { entries: [], count: 0 }));
		await clientOf(() => ({ url: hub.url })).call(log.query, { last: "1h" });
		expect(hub.seen[0]?.headers).not.toHaveProperty("idempotency-key");
		expect(hub.seen[0]?.url).toBe("/log?last=1h");
	});

	it("asks again with the same key when the answer is lost", async () => {
		const hub = await fixtureHub(json(201, entry));
		hub.answer = (seen, response, request) =>
			hub.seen.length === 1 ? hangUp(seen, response, request) : json(201, entry)(seen, response, request);
		await clientOf(() => ({ url: hub.url })).call(log.append, { text: "once" });
		expect(hub.seen).toHaveLength(2);
		expect(hub.seen[1]?.headers["idempotency-key"]).toBe(hub.seen[0]?.headers["idempotency-key"]);
	});

	it("does not ask an old hub twice for what it may have done: it keeps no keys", async () => {
		const hub = await fixtureHub(json(201, entry, {}));
		const client = clientOf(() => ({ url: hub.url }));
		await client.call(log.append, { text: "one" });
		hub.answer = hangUp;
		await expect(client.call(log.append, { text: "two" })).rejects.toMatchObject({
			code: "hub_away",
			remedy: expect.stringContaining("Look whether it was done"),
		});
		expect(hub.seen).toHaveLength(2);
	});

	it("finds a hub that came back on another port", async () => {
		const first = await fixtureHub(json(201, entry));
		let url = first.url;
		const client = clientOf(() => ({ url }));
		await client.call(log.append, { text: "one" });
		await first.close();
		const second = await fixtureHub(json(201, { ...entry, id: "02E" }));
		url = second.url;
		expect((await client.call(log.append, { text: "two" })).id).toBe("02E");
	});

	it("waits within its deadline for a hub that is just being started", async () => {
		const hub = await fixtureHub(json(201, entry));
		let looks = 0;
		const client = clientOf(() => (++looks < 3 ? undefined : { url: hub.url }));
		expect((await client.call(log.append, { text: "early" })).id).toBe("01E");
	});

	it("says hub_away, with what to do, when nobody answers", async () => {
		const url = await deadPort();
		await expect(clientOf(() => ({ url })).call(log.append, { text: "x" })).rejects.toMatchObject({
			code: "hub_away",
			message: `The hub at ${url} does not answer.`,
			remedy: expect.stringContaining("flagship hub start"),
		});
	});

	it("ends at its deadline when the hub is frozen, and says that it does not know", async () => {
		const hub = await fixtureHub(() => undefined);
		const client = clientOf(() => ({ url: hub.url }), 200);
		await expect(client.call(board.create, { title: "x" })).rejects.toMatchObject({
			code: "hub_away",
			message: expect.stringContaining("whether board.create was done is not known"),
			remedy: expect.stringContaining("Ask again"),
		});
	});

	it("ends at once when the caller's signal aborts", async () => {
		const hub = await fixtureHub(() => undefined);
		const stop = new AbortController();
		const call = clientOf(() => ({ url: hub.url })).call(log.append, { text: "x" }, { signal: stop.signal });
		await until(() => hub.seen.length === 1, "the request");
		stop.abort(new Error("Escape"));
		await expect(call).rejects.toThrow("Escape");
	});

	it("waits as long as a hub says that it is asked too often, and asks again with the same key", async () => {
		const busy = json(429, { error: "Too many requests." }, { "x-flagship-protocol": "1", "retry-after": "1" });
		const hub = await fixtureHub((seen, response, request) =>
			(hub.seen.length === 1 ? busy : json(201, entry))(seen, response, request),
		);
		expect((await clientOf(() => ({ url: hub.url }), 20_000).call(log.append, { text: "x" })).id).toBe("01E");
		expect(hub.seen.map(({ headers }) => headers["idempotency-key"])).toEqual(
			Array(2).fill(hub.seen[0]?.headers["idempotency-key"]),
		);
	});

	it("does not wait longer than the caller does: then the hub is as good as away, and what may wait on disk does", async () => {
		const hub = await fixtureHub(json(429, { error: "Too many requests." }, { "retry-after": "60" }));
		await expect(clientOf(() => ({ url: hub.url })).call(log.append, { text: "x" })).rejects.toMatchObject({
			code: "hub_away",
			message: "Too many requests.",
		});
		expect(hub.seen).toHaveLength(1);
	});

	it("asks for the token again when the one it has is refused", async () => {
		const hub = await fixtureHub((seen, response, request) =>
			(seen.headers.authorization === "Bearer new"
				? json(201, entry)
				: json(401, { error: "Unauthorized — invalid token", code: "unauthorized", remedy: "…" }))(
				seen,
				response,
				request,
			),
		);
		const tokens = ["old", "new"];
		const client = clientOf(() => ({ url: hub.url, token: tokens.shift() ?? "new" }));
		expect((await client.call(log.append, { text: "x" })).id).toBe("01E");
		expect(hub.seen).toHaveLength(2);
	});

	it("asks again while its host still introduces it to the hub, then says so", async () => {
		const refused = json(401, { error: "Unauthorized — invalid token", code: "unauthorized", remedy: "…" });
		const hub = await fixtureHub(refused);
		const client = clientOf(() => ({ url: hub.url, token: "t", introduced: true }));
		await expect(client.call(log.append, { text: "x" })).rejects.toMatchObject({
			code: "hub_away",
			message: expect.stringContaining("does not know this session yet"),
		});
		hub.answer = (seen, response, request) =>
			(hub.seen.length < 6 ? refused : json(201, entry))(seen, response, request);
		expect((await client.call(log.append, { text: "x" })).id).toBe("01E");
	});

	it("asks again for each of several calls at once, though one that is refused forgets what is known", async () => {
		const refused = json(401, { error: "Unauthorized — invalid token", code: "unauthorized", remedy: "…" });
		const hub = await fixtureHub((seen, response, request) =>
			(hub.seen.length < 8 ? refused : json(201, entry))(seen, response, request),
		);
		const client = clientOf(() => ({ url: hub.url, token: "t", introduced: true }));
		const entries = await Promise.all(["a", "b", "c", "d"].map((text) => client.call(log.append, { text })));
		expect(entries.map(({ id }) => id)).toEqual(["01E", "01E", "01E", "01E"]);
	});
});

describe("a refusal", () => {
	it("comes back as the fault that the hub threw", async () => {
		const hub = await fixtureHub(json(409, { error: "task is claimed by ada", code: "conflict", remedy: "Ask ada." }));
		await expect(clientOf(() => ({ url: hub.url })).call(claims.claim, { id: "T" })).rejects.toMatchObject({
			name: "Fault",
			code: "conflict",
			message: "task is claimed by ada",
			remedy: "Ask ada.",
		});
	});

	it.each([
		[400, { error: "title is required" }, "invalid_input", "title is required"],
		[404, { error: "task not found" }, "not_found", "task not found"],
		[409, { error: "commit already recorded" }, "conflict", "commit already recorded"],
	])("of an old hub (%i, no code) still gives its sentence", async (status, body, code, message) => {
		const hub = await fixtureHub(json(status, body, {}));
		await expect(clientOf(() => ({ url: hub.url })).call(board.create, { title: "x" })).rejects.toMatchObject({
			code,
			message,
			remedy: expect.stringMatching(/./),
		});
	});

	it("in plain text is quoted with the request that met it", async () => {
		const hub = await fixtureHub((_seen, response) => {
			response.writeHead(500, { "content-type": "text/plain" }).end("Internal Server Error\nat x.js:1");
		});
		await expect(clientOf(() => ({ url: hub.url })).call(log.append, { text: "x" })).rejects.toMatchObject({
			code: "internal",
			message: "The hub answered 500 to POST /log: Internal Server Error.",
		});
	});

	it("with a code that this version does not know keeps sentence and remedy", async () => {
		const hub = await fixtureHub(json(409, { error: "The moon is full.", code: "moon", remedy: "Wait." }));
		await expect(clientOf(() => ({ url: hub.url })).call(log.append, { text: "x" })).rejects.toMatchObject({
			code: "conflict",
			message: "The moon is full.",
			remedy: "Wait.",
		});
	});

	it("is update_needed when the hub speaks another protocol", async () => {
		const hub = await fixtureHub(json(201, entry, { "x-flagship-protocol": "7" }));
		await expect(clientOf(() => ({ url: hub.url })).call(log.append, { text: "x" })).rejects.toMatchObject({
			code: "update_needed",
		});
	});
});

describe("a stream", () => {
	const event = (seq: number) => ({
		id: `E${seq}`,
		seq,
		agent: "a",
		type: "custom",
		summary: `${seq}`,
		timestamp: "t",
	});
	const frame = (seq: number): string => `id: ${seq}\ndata: ${JSON.stringify(event(seq))}\n\n`;

	it("goes on after the last event seen when it breaks, also in the middle of a frame", async () => {
		const hub = await fixtureHub((seen, response, request) => {
			response.writeHead(200, { "content-type": "text/event-stream", "x-flagship-protocol": "1" });
			const after = Number(new URL(seen.url, "http://hub").searchParams.get("since") ?? 0);
			if (after < 2) {
				response.write(`: heartbeat\n\n${frame(after + 1)}${frame(after + 2).slice(0, 20)}`);
				setImmediate(() => request.socket.destroy());
			} else response.write(frame(3));
		});
		const got: number[] = [];
		const stream = clientOf(() => ({ url: hub.url })).subscribe(
			feed.stream,
			{},
			{ since: "0", onEvent: (e) => got.push(e.seq) },
		);
		await until(() => got.length === 3, "three events");
		stream.close();
		expect(got).toEqual([1, 2, 3]);
		expect(stream.last).toBe("3");
		expect(hub.seen.at(-1)?.headers["last-event-id"]).toBe("2");
	});

	it("ends with the refusal when trying again would not help", async () => {
		const hub = await fixtureHub(json(403, { error: "A viewer may not.", code: "forbidden", remedy: "Ask." }));
		const refusals: string[] = [];
		clientOf(() => ({ url: hub.url })).subscribe(
			feed.stream,
			{},
			{ onEvent: () => undefined, onRefused: (refusal) => refusals.push(refusal.code) },
		);
		await until(() => refusals.length > 0, "the refusal");
		expect(refusals).toEqual(["forbidden"]);
		expect(hub.seen).toHaveLength(1);
	});
});
