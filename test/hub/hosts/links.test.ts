import { describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { Lieutenant } from "../../../src/contract/lieutenants.ts";
import type { Call, LinkDown } from "../../../src/contract/link.ts";
import { realWorld } from "../../../src/world/real.ts";
import { until } from "../../support/until.ts";
import { type Body, testHub } from "../support.ts";

let skipped = 0;
const world = realWorld();
const clock = {
	...world.clock,
	elapsed: () => world.clock.elapsed() + skipped,
	now: () => world.clock.now() + skipped,
};
const { ask, done, mint, hub } = await testHub({ world: { ...world, clock } });

let hosts = 0;
/** A host that this test plays. */
async function newHost() {
	const id = `host-${++hosts}`;
	return { id, token: await mint("host", id) };
}

interface LinkOptions {
	readonly start?: string;
	readonly link?: number;
	readonly protocol?: number;
}

async function dial(host: { id: string; token: string }, { start = "S1", link = 1, protocol = 1 }: LinkOptions = {}) {
	const socket = new WebSocket(`${hub.address.replace("http", "ws")}/hosts/link`, {
		headers: { authorization: `Bearer ${host.token}` },
	});
	const heard: LinkDown[] = [];
	let closed = false;
	socket.on("message", (data) => heard.push(JSON.parse(String(data))));
	socket.on("close", () => (closed = true));
	await new Promise((resolve, reject) => socket.on("open", resolve).on("error", reject));
	const say = (frame: object) => socket.send(JSON.stringify(frame));
	say({ type: "link", protocol, version: "0.1.0", host: host.id, start, link });
	await until(() => heard.length > 0, "the hub's verdict");
	return {
		heard,
		say,
		verdict: heard[0],
		closed: () => closed,
		close: () => socket.terminate(),
		calls: () => heard.filter((frame): frame is Call => frame.type === "call"),
		kept: (counter: number) =>
			until(() => heard.some((frame) => frame.type === "kept" && frame.counter === counter), `kept ${counter}`),
	};
}

const lieutenant = (host: string, name: string, fields: Partial<Lieutenant> = {}): Lieutenant => ({
	id: `${host}-${name}`,
	name,
	role: "r",
	state: "working",
	place: "local",
	host,
	owner: "o",
	cwd: "/w",
	pending: 0,
	turns: 1,
	tokens: 10,
	costUsd: 0,
	lives: 1,
	createdAt: "t",
	changedAt: "t",
	...fields,
});

const stateOf = async (id: string) =>
	(await done("GET", "/lieutenants?all=true")).lieutenants.find((one: Body) => one.id === id);

describe("a link", () => {
	test("is only for a host, and only as itself", async () => {
		const host = await newHost();
		const worker = { id: host.id, token: await mint("worker", "w") };
		await expect(dial(worker)).rejects.toThrow("403");
		await expect(dial({ ...host, token: "wrong" })).rejects.toThrow("401");
		const posing = await dial({ id: "another", token: host.token });
		expect(posing.verdict).toMatchObject({ type: "unlinked", code: "forbidden" });
		await until(() => posing.closed(), "the end of the link");
	});

	test("of another protocol learns what to update", async () => {
		expect((await dial(await newHost(), { protocol: 2 })).verdict).toMatchObject({
			type: "unlinked",
			code: "update_needed",
		});
	});

	test("gives way to a newer link of the same start, and holds against an older one", async () => {
		const host = await newHost();
		const first = await dial(host, { link: 1 });
		const second = await dial(host, { link: 2 });
		expect(second.verdict).toMatchObject({ type: "linked", protocol: 1 });
		await until(() => first.closed(), "the end of the older link");
		expect((await dial(host, { link: 1 })).verdict).toMatchObject({ type: "unlinked", code: "conflict" });
		expect(second.closed()).toBe(false);
		second.close();
	});

	test("of another start is a twin, until the first was silent for 15 s", async () => {
		const host = await newHost();
		const first = await dial(host, { start: "S1" });
		expect((await dial(host, { start: "S2" })).verdict).toMatchObject({ type: "unlinked", code: "twin" });
		first.close();
		expect((await dial(host, { start: "S2" })).verdict).toMatchObject({ code: "twin" });
		skipped += 15_001;
		const next = await dial(host, { start: "S2" });
		expect(next.verdict).toMatchObject({ type: "linked" });
		next.close();
	});

	test("ends when its token is revoked", async () => {
		const host = await newHost();
		const link = await dial(host);
		const row = (await done("GET", "/tokens")).tokens.find((one: Body) => one.name === host.id);
		await done("DELETE", `/tokens/${row.id}`);
		await until(() => link.closed(), "the end of the link");
		expect(link.heard.at(-1)).toMatchObject({ type: "unlinked", code: "unauthorized" });
	});

	test.each([
		["{"],
		["null"],
		['{"type":"state","counter":1}'],
		['{"type":"nonsense"}'],
		['{"type":"heartbeat","counter":"1"}'],
	])("ends at the frame %s, and the hub goes on", async (text) => {
		const host = await newHost();
		const socket = new WebSocket(`${hub.address.replace("http", "ws")}/hosts/link`, {
			headers: { authorization: `Bearer ${host.token}` },
		});
		const heard: string[] = [];
		socket.on("message", (data) => heard.push(String(data)));
		await new Promise((resolve) => socket.on("open", resolve));
		socket.send(text);
		await new Promise((resolve) => socket.on("close", resolve));
		expect(heard.join()).toContain('"unlinked"');
		expect((await ask("GET", "/health")).status).toBe(200);
	});
});

describe("what a host reports", () => {
	test("is kept as the latest word per lieutenant, whatever comes late or twice", async () => {
		const host = await newHost();
		const link = await dial(host);
		const one = (name: string, counter: number, fields: Partial<Lieutenant>) => {
			link.say({ type: "state", counter, lieutenant: lieutenant(host.id, name, fields) });
			return link.kept(counter);
		};
		await one("a", 5, { state: "working" });
		await one("b", 3, { state: "idle" });
		await one("a", 4, { state: "starting" });
		expect(await stateOf(`${host.id}-a`)).toMatchObject({ state: "working" });
		expect(await stateOf(`${host.id}-b`)).toMatchObject({ state: "idle" });
		await one("a", 6, { state: "gone" });
		await one("a", 7, { state: "working" });
		expect(await stateOf(`${host.id}-a`)).toMatchObject({ state: "gone" });
		const events = (await done("GET", "/feed/events?type=lieutenant_state&limit=1000")).filter(
			(event: Body) => event.agent === "a" && event.actor === host.id,
		);
		expect(events.map((event: Body) => event.detail.state)).toEqual(["working", "gone"]);
		link.close();
	});

	test("of one that has moved is believed from where it went to last, whatever the two hosts have counted", async () => {
		const [first, second] = [await newHost(), await newHost()];
		const [here, there] = [await dial(first), await dial(second)];
		const id = `${first.id}-rover`;
		const say = (link: typeof here, host: string, counter: number, fields: Partial<Lieutenant>) => {
			link.say({ type: "state", counter, lieutenant: { ...lieutenant(host, "rover", fields), id } });
			return link.kept(counter);
		};
		await say(here, first.id, 50, { state: "working" });
		await say(there, second.id, 3, { state: "idle" });
		expect(await stateOf(id)).toMatchObject({ state: "working", host: first.id });
		await say(there, second.id, 4, { state: "idle", moves: 1 });
		expect(await stateOf(id)).toMatchObject({ state: "idle", host: second.id });
		await say(here, first.id, 51, { state: "gone" });
		expect(await stateOf(id)).toMatchObject({ state: "idle", host: second.id });
		await say(here, first.id, 52, { state: "working", moves: 2 });
		expect(await stateOf(id)).toMatchObject({ state: "working", host: first.id });
		for (const link of [here, there]) link.close();
	});

	test("of another host's lieutenant ends the link", async () => {
		const [host, other] = [await newHost(), await newHost()];
		const link = await dial(host);
		link.say({ type: "state", counter: 1, lieutenant: lieutenant(other.id, "a") });
		await until(() => link.closed(), "the end of the link");
		expect(await stateOf(`${other.id}-a`)).toBeUndefined();
	});

	test("about a message keeps its end", async () => {
		const host = await newHost();
		const link = await dial(host);
		const message = {
			id: `${host.id}-m`,
			lieutenant: `${host.id}-x`,
			mode: "prompt",
			attempts: 1,
			createdAt: "t",
			changedAt: "t",
		};
		const receipts = ["queued", "accepted", "consumed", "lost"];
		for (const [i, receipt] of receipts.entries())
			link.say({ type: "receipt", counter: i + 1, message: { ...message, receipt } });
		await link.kept(4);
		const events = (await done("GET", "/feed/events?type=message_receipt&limit=1000")).filter(
			(event: Body) => event.detail.message === message.id,
		);
		expect(events.map((event: Body) => event.detail.receipt)).toEqual(["queued", "accepted", "consumed"]);
		link.close();
	});

	test("as a notice is told once, however often it comes", async () => {
		const host = await newHost();
		const link = await dial(host);
		const notice = {
			id: `${host.id}-n`,
			type: "death",
			owner: "o",
			lieutenant: { id: "l", name: "usage" },
			text: "usage died",
			at: "t",
		};
		for (const counter of [1, 2]) link.say({ type: "notice", counter, notice });
		await link.kept(2);
		const events = await done("GET", "/feed/events?type=lieutenant_death&limit=1000");
		expect(events.filter((event: Body) => event.detail.notice === notice.id)).toMatchObject([
			{ agent: "usage", summary: "usage died" },
		]);
		link.close();
	});

	const ALIVE = ["starting", "idle", "working", "stalled"] as const;
	test.each(ALIVE)("by its heartbeat renews the claims of one that is %s, not of the paused", async (state) => {
		const host = await newHost();
		const link = await dial(host);
		const claimed = async (name: string) => {
			const { id } = await done("POST", "/board/tasks", { title: "t", createdBy: "x" });
			const { claim } = await done("POST", `/board/tasks/${id}/claim`, { agent: name, ttl: 600 });
			return { id, until: claim.until };
		};
		const [alive, paused] = [`alive-${host.id}`, `paused-${host.id}`];
		link.say({ type: "state", counter: 1, lieutenant: lieutenant(host.id, alive, { state }) });
		link.say({ type: "state", counter: 2, lieutenant: lieutenant(host.id, paused, { state: "paused" }) });
		await link.kept(2);
		const [a, b] = [await claimed(alive), await claimed(paused)];
		skipped += 60_000;
		link.say({ type: "heartbeat", counter: 3 });
		await link.kept(3);
		const until_ = async (id: string) => (await done("GET", `/board/tasks/${id}`)).claim.until;
		await until(async () => (await until_(a.id)) > a.until, "the renewal");
		expect(await until_(b.id)).toBe(b.until);
		link.close();
	});
});

describe("a command", () => {
	test("goes down the link of its lieutenant's host, with target, author and key, and its answer comes back", async () => {
		const host = await newHost();
		const link = await dial(host);
		const name = `lt-${hosts}`;
		link.say({ type: "state", counter: 1, lieutenant: lieutenant(host.id, name) });
		await link.kept(1);
		const reply = ask(
			"POST",
			`/lieutenants/${name}/messages`,
			{ message: "hi" },
			{ headers: { "idempotency-key": "k" } },
		);
		const call = await until(() => link.calls()[0], "the call");
		expect(call).toMatchObject({
			operation: "lieutenants.send",
			target: `${host.id}-${name}`,
			input: { name, message: "hi" },
			key: "k",
			author: { name: "admin", role: "admin" },
		});
		link.say({ type: "answer", id: call.id, output: { message: { id: "m" } } });
		expect(await reply).toMatchObject({ status: 201, body: { message: { id: "m" } } });
		const paused = ask("POST", `/lieutenants/${host.id}-${name}/pause`);
		const second = await until(() => link.calls()[1], "the second call");
		link.say({ type: "refusal", id: second.id, error: { error: "no", code: "lease_lost", remedy: "r" } });
		expect(await paused).toMatchObject({ status: 409, body: { error: "no", code: "lease_lost", remedy: "r" } });
		link.close();
	});

	test("without a live link is refused, and its lieutenant shown as unreachable", async () => {
		const host = await newHost();
		const link = await dial(host);
		const name = `away-${hosts}`;
		link.say({ type: "state", counter: 1, lieutenant: lieutenant(host.id, name) });
		await link.kept(1);
		expect(await stateOf(`${host.id}-${name}`)).toMatchObject({ state: "working" });
		link.close();
		await until(async () => (await stateOf(`${host.id}-${name}`)).state === "unreachable", "the lost link");
		expect(await ask("POST", `/lieutenants/${name}/pause`)).toMatchObject({ status: 503, body: { code: "host_away" } });
	});

	test("unanswered when the link is lost has an unknown outcome, and is said so", async () => {
		const host = await newHost();
		const link = await dial(host);
		const name = `cut-${hosts}`;
		link.say({ type: "state", counter: 1, lieutenant: lieutenant(host.id, name) });
		await link.kept(1);
		const reply = ask("POST", `/lieutenants/${name}/pause`);
		await until(() => link.calls()[0], "the call");
		link.close();
		expect(await reply).toMatchObject({ status: 503, body: { code: "outcome_unknown" } });
	});

	test("for nobody known names who there is; for a name on two hosts asks for the id", async () => {
		expect(await ask("POST", "/lieutenants/nobody/pause")).toMatchObject({
			status: 404,
			body: { code: "lieutenant_unknown" },
		});
		const links = [];
		for (const host of [await newHost(), await newHost()]) {
			const link = await dial(host);
			link.say({ type: "state", counter: 1, lieutenant: lieutenant(host.id, "double") });
			await link.kept(1);
			links.push(link);
		}
		expect(await ask("POST", "/lieutenants/double/pause")).toMatchObject({ status: 409, body: { code: "conflict" } });
		expect(await ask("POST", "/lieutenants", { name: "new", role: "r" })).toMatchObject({
			status: 400,
			body: { code: "invalid_input" },
		});
		for (const link of links) link.close();
	});

	test("to create goes to the only host that is linked", async () => {
		const host = await newHost();
		await until(async () => hub.activity().links === 0, "the end of all links");
		expect((await ask("POST", "/lieutenants", { name: "new", role: "r" })).body.code).toBe("host_away");
		const link = await dial(host);
		const reply = ask("POST", "/lieutenants", { name: "new", role: "r" });
		const call = await until(() => link.calls()[0], "the call");
		expect(call).not.toHaveProperty("target");
		link.say({ type: "answer", id: call.id, output: lieutenant(host.id, "new") });
		expect(await reply).toMatchObject({ status: 201, body: { name: "new" } });
		const { hosts: listed } = await done("GET", "/hosts");
		expect(listed.filter((one: Body) => one.linked).map((one: Body) => one.id)).toEqual([host.id]);
		link.close();
	});
});
