import { describe, expect, it } from "vitest";
import { createClient } from "../../src/client/client.ts";
import { createHostClient, type HostClient } from "../../src/client/host.ts";
import { spooling } from "../../src/client/spool.ts";
import * as board from "../../src/contract/board.ts";
import * as claims from "../../src/contract/claims.ts";
import * as log from "../../src/contract/log.ts";
import { fault } from "../../src/errors.ts";
import { realWorld } from "../../src/world/real.ts";
import { fixtureHub, json } from "./fixture-hub.ts";
import { VirtualTime } from "./virtual.ts";

const world = realWorld();

function withHost(url: string, answer: () => unknown) {
	const kept: unknown[] = [];
	const host = {
		call: async (operation: { readonly name: string }, input: unknown, options: unknown) => {
			kept.push([operation.name, input, options]);
			return answer();
		},
	} as unknown as Pick<HostClient, "call">;
	const hub = createClient({ world, version: "1", resolve: () => ({ url }) });
	return { kept, call: spooling({ world, hub, host: () => host }) };
}

const nobody = "http://127.0.0.1:1";

describe("a record for a hub that is away", () => {
	it("goes to the hub alone when it is there", async () => {
		const hub = await fixtureHub(json(201, { id: "E" }));
		const { call, kept } = withHost(hub.url, () => undefined);
		expect(await call(log.append, { text: "x" })).toEqual({ type: "done", output: { id: "E" } });
		expect(kept).toEqual([]);
	});

	it("is kept by the host under the key that the hub may have seen", async () => {
		const hub = await fixtureHub((_seen, _response, request) => request.socket.destroy());
		const { call, kept } = withHost(hub.url, () => ({ waiting: 3 }));
		expect(await call(log.append, { text: "x" })).toEqual({ type: "kept", waiting: 3 });
		const key = hub.seen[0]?.headers["idempotency-key"];
		expect(kept).toEqual([
			["spool.keep", { operation: "log.append", input: { text: "x" }, key }, expect.objectContaining({ key })],
		]);
	});

	it("is refused, saying that nothing was kept, when the host is away too", async () => {
		const { call } = withHost(nobody, () => {
			throw fault("host_unreachable", "it is not running");
		});
		await expect(call(log.append, { text: "x" })).rejects.toMatchObject({
			code: "hub_away",
			message: expect.stringMatching(/does not answer.*not running.*Nothing was kept\.$/),
			remedy: expect.stringContaining("flagship hub start"),
		});
	});

	it("does not claim that nothing was kept when the host fell silent", async () => {
		const { call } = withHost(nobody, () => {
			throw fault("host_silent", "spool.keep");
		});
		await expect(call(log.append, { text: "x" })).rejects.not.toThrow("Nothing was kept");
	});

	it("is never a claim: what is decided in one place is refused", async () => {
		const { call, kept } = withHost(nobody, () => ({ waiting: 1 }));
		await expect(call(claims.claim, { id: "T" })).rejects.toMatchObject({ code: "hub_away" });
		expect(kept).toEqual([]);
	});

	it("is not kept when the hub refused it: a refusal is an answer", async () => {
		const hub = await fixtureHub(json(400, { error: "text is required", code: "invalid_input" }));
		const { call, kept } = withHost(hub.url, () => ({ waiting: 1 }));
		await expect(call(log.append, { text: "" })).rejects.toMatchObject({ code: "invalid_input" });
		expect(kept).toEqual([]);
	});
});

describe("an answer within three seconds", () => {
	const silent = () => new Promise<never>(() => undefined);
	const frozen = { exchange: silent, close: () => undefined };

	it.each([
		["refuses connections", undefined],
		["is frozen", frozen],
	])("comes when the hub %s and the host never answers", async (_how, http) => {
		const time = new VirtualTime();
		const { world } = time;
		const resolve = () => ({ url: nobody });
		const hub = createClient({ world, version: "1", resolve, ...(http === undefined ? {} : { http }) });
		const host = createHostClient({ world, version: "1", caller: { type: "command" }, findHost: silent });
		host.connect();
		const call = spooling({ world, hub, host: () => host });
		const asks = [
			() => call(log.append, { text: "x" }),
			() => call(claims.claim, { id: "T" }),
			() => call(board.list, {}),
		];
		for (const ask of asks) {
			const before = world.clock.elapsed();
			const asked = ask();
			const took = (await time.until(asked)) - before;
			await expect(asked).rejects.toMatchObject({ code: "hub_away" });
			expect(took).toBeLessThanOrEqual(3_000);
		}
	});
});
