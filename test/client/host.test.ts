import { afterAll, describe, expect, it } from "vitest";
import { createHostClient, type HostClient, type HostState } from "../../src/client/host.ts";
import { useHost } from "../../src/client/shared.ts";
import { pause, status } from "../../src/contract/lieutenants.ts";
import type { Caller } from "../../src/contract/link.ts";
import { realWorld } from "../../src/world/real.ts";
import { until } from "../support/until.ts";
import { FixtureHost } from "./fixture-host.ts";

const world = realWorld();
const orchestrator: Caller = { type: "orchestrator", name: "ada@box:/repo", session: "s1", pid: 1, started: "x" };
const none = { lieutenants: [], count: 0 };

const clients: HostClient[] = [];
const hosts: FixtureHost[] = [];
afterAll(async () => {
	for (const client of clients) client.close();
	for (const host of hosts) await host.stop();
});

const fixtureHost = (): FixtureHost => {
	const host = new FixtureHost();
	host.onCall = (call) => ({ type: "answer", id: call.id, output: none });
	hosts.push(host);
	return host;
};

function connectTo(host: FixtureHost, caller: Caller = orchestrator): HostClient {
	const client = createHostClient({ world, caller, version: "1.0.0", findHost: async () => `unix:${host.path}` });
	clients.push(client);
	client.connect();
	return client;
}

describe("a session's connection to its host", () => {
	it("says who it is first, and calls carry the generation that it was given", async () => {
		const host = await fixtureHost().start();
		const client = connectTo(host);
		expect(await client.call(status, {})).toEqual(none);
		expect(host.frames[0]).toMatchObject({ type: "hello", protocol: 1, version: "1.0.0", caller: orchestrator });
		expect(host.calls()[0]).toMatchObject({
			operation: "lieutenants.status",
			acting: { name: "ada@box:/repo", generation: 1 },
		});
		expect(host.calls()[0]).not.toHaveProperty("key");
		expect(client.lease?.token).toBe("tok");
	});

	it("sends calls at once as a pack, which has no lease", async () => {
		const host = await fixtureHost().start();
		const client = connectTo(host, { type: "pack", lieutenant: "L1", token: "t" });
		await client.call(status, {});
		expect(host.calls()[0]).not.toHaveProperty("acting");
	});

	it("gives a host's refusal as the fault that it is", async () => {
		const host = await fixtureHost().start();
		host.onCall = (call) => ({
			type: "refusal",
			id: call.id,
			error: { error: "No lieutenant 'x'.", code: "lieutenant_unknown", remedy: "Use another." },
		});
		await expect(connectTo(host).call(pause, { name: "x" })).rejects.toMatchObject({
			code: "lieutenant_unknown",
			message: "No lieutenant 'x'.",
			remedy: "Use another.",
		});
	});

	it("repeats an unanswered mutation with its key and target when the host is back", async () => {
		const host = await fixtureHost().start();
		host.onCall = () => undefined;
		const call = connectTo(host).call(pause, { name: "x" }, { target: "L7" });
		await until(() => host.calls().length === 1, "the call");
		await host.stop();
		host.onCall = (one) => ({ type: "answer", id: one.id, output: { name: "x" } });
		await host.start();
		await call;
		const [first, second] = host.calls();
		expect(second?.key).toBe(first?.key);
		expect(second?.key).toMatch(/./);
		expect(second?.target).toBe("L7");
		expect(second?.acting?.generation).toBe(2);
	});

	it("waits for a host that is just starting", async () => {
		const host = fixtureHost();
		const client = connectTo(host);
		const call = client.call(status, {});
		await until(() => client.state.type === "away", "the first failure");
		await host.start();
		expect(await call).toEqual(none);
	});

	it("says host_unreachable when its patience ends, and never that something may have been done", async () => {
		const host = fixtureHost();
		const client = connectTo(host);
		await expect(client.call(pause, { name: "x" }, { patience: 50, timeout: 50 })).rejects.toMatchObject({
			code: "host_unreachable",
		});
	});

	it("says host_silent when a mutation went out and no answer came", async () => {
		const host = await fixtureHost().start();
		host.onCall = () => undefined;
		await expect(connectTo(host).call(pause, { name: "x" }, { timeout: 300 })).rejects.toMatchObject({
			code: "host_silent",
		});
	});

	it("waits as long for an answer as the operation is known to take", async () => {
		const host = await fixtureHost().start();
		host.onCall = () => undefined;
		const quick = { ...pause, patience: 300 };
		await expect(connectTo(host).call(quick, { name: "x" })).rejects.toMatchObject({ code: "host_silent" });
	});

	it("ends a call at once when its caller's signal aborts", async () => {
		const host = await fixtureHost().start();
		host.onCall = () => undefined;
		const stop = new AbortController();
		const call = connectTo(host).call(status, {}, { signal: stop.signal });
		await until(() => host.calls().length === 1, "the call");
		stop.abort(new Error("Escape"));
		await expect(call).rejects.toThrow("Escape");
	});

	it("refuses a host of another protocol with what to update, also for later calls", async () => {
		const host = fixtureHost();
		host.protocol = 2;
		await host.start();
		const client = connectTo(host);
		await expect(client.call(status, {})).rejects.toMatchObject({ code: "update_needed" });
		await expect(client.call(status, {})).rejects.toMatchObject({ code: "update_needed" });
	});

	it("starts a host only until its first connection stood: later it only looks", async () => {
		const host = await fixtureHost().start();
		const asked: boolean[] = [];
		const client = createHostClient({
			world,
			caller: orchestrator,
			version: "1.0.0",
			async findHost(revive) {
				asked.push(revive);
				return `unix:${host.path}`;
			},
		});
		clients.push(client);
		client.connect();
		await client.call(status, {});
		await host.stop();
		await host.start();
		await client.call(status, {});
		expect(asked[0]).toBe(true);
		expect(asked.slice(1).every((revive) => !revive)).toBe(true);
		expect(asked.length).toBeGreaterThan(1);
	});

	it("survives frames that are none", async () => {
		const host = await fixtureHost().start();
		const client = connectTo(host);
		await client.call(status, {});
		host.connections[0]?.send("no json");
		await until(() => client.state.type === "away", "the broken connection");
		expect(await client.call(status, {})).toEqual(none);
	});
});

describe("what the host pushes", () => {
	const notice = (id: string) =>
		({
			type: "notice",
			notice: { id, type: "completion", owner: "o", lieutenant: { id: "L", name: "lt" }, text: "done", at: "t" },
		}) as const;
	const row = (id: string, state: string) => ({ id, name: id, state }) as never;

	it("reaches every listener, and who listens late hears what stands", async () => {
		const host = await fixtureHost().start();
		const client = connectTo(host);
		await client.call(status, {});
		host.push({ type: "lieutenants", lieutenants: [row("A", "idle"), row("B", "idle")] });
		host.push({ type: "lieutenants", lieutenants: [row("A", "working")] });
		host.push(notice("N1"));
		host.push(notice("N2"));
		const early: string[] = [];
		client.listen({ onNotice: (one) => early.push(one.id) });
		await until(() => early.length === 2, "two notices");
		client.acknowledge(["N1"]);
		const late: unknown[] = [];
		client.listen({
			onState: (state) => late.push(state.type),
			onLease: (lease) => late.push(lease.name),
			onLieutenants: (rows, all) =>
				late.push(
					all,
					rows.map((one) => `${one.id} ${one.state}`),
				),
			onNotice: (one) => late.push(one.id),
		});
		expect(late).toEqual(["connected", "ada@box:/repo", true, ["A working", "B idle"], "N2"]);
		await until(
			() => host.frames.some((frame) => frame.type === "acknowledge" && frame.notices[0] === "N1"),
			"the word",
		);
	});

	it("after a reconnect begins with all rows: those that ended meanwhile are gone", async () => {
		const host = await fixtureHost().start();
		const client = connectTo(host);
		await client.call(status, {});
		host.push({ type: "lieutenants", lieutenants: [row("A", "idle"), row("B", "idle")] });
		await until(() => client.lieutenants.size === 2, "two rows");
		await host.stop();
		await host.start();
		await client.call(status, {});
		host.push({ type: "lieutenants", lieutenants: [row("B", "idle")] });
		await until(() => client.lieutenants.size === 1, "one row");
	});
});

describe("leaving", () => {
	it("releases the name and closes; what is open is refused", async () => {
		const host = await fixtureHost().start();
		host.onCall = () => undefined;
		const client = connectTo(host);
		const open = client.call(status, {});
		await until(() => host.calls().length === 1, "the call");
		const states: HostState["type"][] = [];
		client.listen({ onState: (state) => states.push(state.type) });
		client.release();
		await expect(open).rejects.toMatchObject({ code: "host_unreachable" });
		await until(() => host.frames.some((frame) => frame.type === "release"), "the release");
		expect(states.at(-1)).toBe("closed");
		await expect(client.call(status, {})).rejects.toMatchObject({ code: "host_unreachable" });
	});

	it("keeps one connection per process until the last extension leaves", async () => {
		const host = await fixtureHost().start();
		const make = () => {
			const client = createHostClient({
				world,
				caller: orchestrator,
				version: "1",
				findHost: async () => `unix:${host.path}`,
			});
			clients.push(client);
			return client;
		};
		const first = useHost(make);
		const second = useHost(make);
		expect(second.host).toBe(first.host);
		first.leave();
		first.leave();
		expect(await second.host.call(status, {})).toEqual(none);
		second.leave();
		expect(second.host.state.type).toBe("closed");
		const third = useHost(make);
		expect(third.host).not.toBe(first.host);
		third.leave();
	});
});
