/** One other machine as this host sees it, on a clock of its own: a host there that only says what it is told to say. */
import { beforeEach, expect, test } from "vitest";
import type { Lieutenant } from "../../../src/contract/lieutenants.ts";
import * as contract from "../../../src/contract/lieutenants.ts";
import { type HostAnswer, type HostFrame, type Notice, PROTOCOL } from "../../../src/contract/link.ts";
import { fault } from "../../../src/errors.ts";
import { Peer } from "../../../src/host/machines/peer.ts";
import { realWorld } from "../../../src/world/real.ts";
import type { Connection, World } from "../../../src/world.ts";
import { Time } from "../../sim/time.ts";

const row = (name: string, more: Partial<Lieutenant> = {}): Lieutenant =>
	({ id: `id-${name}`, name, state: "idle", place: "local", owner: "captain", ...more }) as Lieutenant;
const notice = (id: string): Notice =>
	({
		id,
		type: "completion",
		owner: "captain",
		lieutenant: { id: "id-ada", name: "ada" },
		text: "done",
		at: "",
	}) as Notice;

let time: Time;
let peer: Peer;
/** The connection that stands, from its other end. */
let far: { say(frame: HostAnswer): void; cut(): void } | undefined;
let heard: HostFrame[];
let changed: Lieutenant[];
let notices: string[];
/** Why there is no way; undefined: there is one. */
let blocked: string | undefined;
/** The way itself is gone, and not only what was said over it. */
let endWay: (why: string) => void;
let hub: string | null;
let steps: string[];

const flush = async (): Promise<void> => {
	for (let n = 0; n < 5; n++) await new Promise<void>((resolve) => void setImmediate(resolve));
};

async function pass(ms: number): Promise<void> {
	let over = false;
	time.after(ms, () => {
		over = true;
	});
	while (!over) await time.step();
	await flush();
}

function connect(): Connection {
	let receive: (text: string) => void = () => undefined;
	const closed: ((why: string) => void)[] = [];
	const cut = () => {
		far = undefined;
		for (const run of closed.splice(0)) run("reset");
	};
	far = { say: (frame) => receive(JSON.stringify(frame)), cut };
	return {
		send(text) {
			heard.push(JSON.parse(text) as HostFrame);
			return true;
		},
		onMessage: (run) => {
			receive = run;
		},
		onClose: (run) => void closed.push(run),
		buffered: 0,
		close: () => undefined,
	};
}

beforeEach(async () => {
	time = new Time();
	[heard, changed, notices, steps] = [[], [], [], []];
	[far, blocked, hub] = [undefined, undefined, null];
	const real = realWorld();
	const clock = {
		...real.clock,
		elapsed: () => time.elapsed,
		after: (ms: number, run: () => void) => time.after(ms, run),
	};
	const world: World = { ...real, clock, sockets: { ...real.sockets, connect: async () => connect() } };
	peer = new Peer({
		...{ world, version: "0.1.0", host: "near", place: "ssh:box", rows: [row("old")] },
		carrier: {
			async open(step) {
				step("connecting");
				if (blocked !== undefined) throw fault("machine_unreachable", "ssh:box", blocked);
				const closed = new Promise<string>((resolve) => {
					endWay = resolve;
				});
				const bring = async (url: string) => `brought:${url}`;
				return {
					address: "unix:/s",
					pi: ["pi"],
					folder: "/home",
					env: {},
					volatile: false,
					halt: async () => undefined,
					put: async () => undefined,
					fetch: async () => undefined,
					bring,
					closed,
					close: async () => undefined,
				};
			},
		},
		changed: (rows) => void changed.push(...rows),
		notice: (one) => void notices.push(one.id),
		hub: () => hub,
		keys: () => ({}),
		gone: (rows, why) => void steps.push(...rows.map(({ name }) => `${name}: ${why}`)),
		letIn: async (host, hash) => void steps.push(`let in ${host} ${hash}`),
		complain: (what) => void steps.push(what),
	});
	await flush();
});

const welcome = async (...rows: readonly Lieutenant[]): Promise<void> => {
	far?.say({ type: "hello", protocol: PROTOCOL, version: "0.1.0", host: "far", tokenHash: "hash" });
	far?.say({ type: "lieutenants", lieutenants: rows });
	await flush();
};

test("the first rows of a connection are all there are, by the name that the place has here", async () => {
	expect(heard).toMatchObject([{ type: "hello", caller: { type: "host", host: "near" } }]);
	expect(peer.rows()).toMatchObject([{ name: "old" }]);
	await welcome(row("ada"));
	expect(peer.rows()).toMatchObject([{ name: "ada", place: "ssh:box" }]);
	expect(changed.map(({ name, state }) => [name, state])).toEqual([
		["ada", "idle"],
		["old", "gone"],
	]);
	far?.say({ type: "lieutenants", lieutenants: [row("ada", { state: "working" })] });
	expect(peer.rows()).toMatchObject([{ name: "ada", state: "working" }]);
});

test("a notice is acknowledged there once it is stored here", async () => {
	await welcome();
	far?.say({ type: "notice", notice: notice("n1") });
	expect(notices).toEqual(["n1"]);
	expect(heard.at(-1)).toEqual({ type: "acknowledge", notices: ["n1"] });
});

test("without a word for 30 s they are unreachable, which says nothing about them; with the way back they are as they are", async () => {
	await welcome(row("ada", { state: "working" }));
	blocked = "no route";
	endWay("broken");
	far?.cut();
	await flush();
	await pass(29_000);
	expect(peer.rows()).toMatchObject([{ state: "working" }]);
	await pass(2_000);
	expect(peer.rows()).toMatchObject([
		{ state: "unreachable", reason: expect.stringContaining("it may well be at work") },
	]);
	expect(changed.at(-1)).toMatchObject({ name: "ada", state: "unreachable" });
	expect(peer.rows()[0]?.reason).toContain("no route");
	expect(steps.filter((step) => step.includes("no route"))).toHaveLength(1);
	blocked = undefined;
	while (far === undefined) await pass(500);
	await welcome(row("ada", { state: "idle" }));
	expect(peer.rows()).toMatchObject([{ state: "idle" }]);
});

test("a call that finds no way says which machine is not reached, and why", async () => {
	await welcome(row("ada"));
	far?.cut();
	const asked = peer.call(
		contract.pause,
		{ name: "ada" },
		{ key: "k", author: { name: "captain", role: "orchestrator" } },
	);
	const refused = expect(asked).rejects.toMatchObject({ code: "machine_unreachable" });
	await pass(20_000);
	await refused;
});

test("a call carries who asks and under which key, and goes out again after a break", async () => {
	await welcome(row("ada"));
	const author = { name: "captain", role: "orchestrator" };
	const acting = { name: "captain", generation: 3 };
	const asked = peer.call(contract.pause, { name: "ada" }, { key: "k", target: "id-ada", acting, author });
	await flush();
	const call = { type: "call", operation: "lieutenants.pause", key: "k", target: "id-ada", acting, author };
	expect(heard.filter(({ type }) => type === "call")).toMatchObject([call]);
	far?.cut();
	await pass(500);
	await welcome(row("ada"));
	const again = heard.filter((frame) => frame.type === "call");
	expect(again).toMatchObject([call, call]);
	far?.say({ type: "answer", id: again[1]?.id ?? "", output: { name: "ada" } });
	expect(await asked).toEqual({ name: "ada" });
});

test("the host there is let in by the hash of its token and told where its hub is; also when the hub comes later", async () => {
	await welcome();
	expect(heard.some(({ type }) => type === "hub")).toBe(false);
	hub = "http://127.0.0.1:7";
	await peer.bringHub();
	expect(steps).toContain("let in far hash");
	expect(heard.at(-1)).toEqual({ type: "hub", url: "brought:http://127.0.0.1:7" });
});

test("one who waits for the meeting goes on once it is over, or soon in any case", async () => {
	let over = false;
	void peer.met().then(() => {
		over = true;
	});
	await flush();
	expect(over).toBe(false);
	await welcome();
	expect(over).toBe(true);
	far?.cut();
	await flush();
	let late = false;
	void peer.met().then(() => {
		late = true;
	});
	await pass(9_000);
	expect(late).toBe(false);
	await pass(2_000);
	expect(late).toBe(true);
});

test("one that an answer tells of is known before its row comes, and its row is the newer", async () => {
	await welcome();
	peer.take(row("eve"));
	expect(peer.rows()).toMatchObject([{ name: "eve", place: "ssh:box" }]);
	peer.take({ ...row("eve"), state: "failed" });
	expect(peer.rows()).toMatchObject([{ name: "eve", state: row("eve").state }]);
});
