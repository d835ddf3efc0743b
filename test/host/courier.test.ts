/** What is carried out of the table of deliveries, on a clock of its own and with a pi that only answers. */
import { beforeEach, expect, test, vi } from "vitest";
import type { Life, Outcome, Probe } from "../../src/host/agent/life.ts";
import { Courier } from "../../src/host/courier.ts";
import { Turns } from "../../src/host/turns.ts";
import type { RpcCommand, RpcState } from "../../src/pi/rpc.ts";
import { realWorld } from "../../src/world/real.ts";
import { Time } from "../sim/time.ts";
import { ID, Post } from "./post.ts";

const AT_REST = { isStreaming: false, isCompacting: false, pendingMessageCount: 0 } as RpcState;

let time: Time;
let post: Post;
let courier: Courier;
let sent: RpcCommand[];
/** How often it said that something was not taken in. */
let missed: number;
/** How often its pi was to be replaced. */
let replaced: number;
/** A command that pi never answers. */
let deaf: RpcCommand["type"] | undefined;
/** How pi stands whenever it is asked; undefined: it gives no answer in time. */
let state: RpcState | undefined;
/** Why pi refuses what it is sent; undefined: it takes it. */
let refusal: string | undefined;
/** Called as pi hears a command. */
let hears: (command: RpcCommand) => void;

beforeEach(() => {
	[time, sent, missed, replaced] = [new Time(), [], 0, 0];
	[state, refusal, hears, deaf] = [AT_REST, undefined, () => undefined, undefined];
	const world = realWorld();
	const clock = {
		...world.clock,
		elapsed: () => time.elapsed,
		after: (ms: number, run: () => void) => time.after(ms, run),
	};
	post = new Post({}, { world: { ...world, clock }, receipt: () => undefined });
	const life: Partial<Life> = {
		async send(command): Promise<Outcome> {
			sent.push(command);
			hears(command);
			if (command.type === deaf) return new Promise<Outcome>(() => undefined);
			const data = command.type === "get_entries" ? { entries: [] } : undefined;
			const response = {
				type: "response",
				command: command.type,
				success: refusal === undefined,
				error: refusal,
				data,
			};
			return { type: "answered", response } as Outcome;
		},
		probe: async (): Promise<Probe> => (state === undefined ? { type: "silent" } : { type: "alive", state }),
	};
	const turns = new Turns();
	courier = new Courier({
		quarters: post.quarters,
		lieutenant: ID,
		life: () => life as Life,
		queue: (work) => void turns.take(work),
		missed: () => {
			missed += 1;
		},
		failedRun: () => 0,
		replace: () => {
			replaced += 1;
		},
		show: () => undefined,
	});
});

const up = { type: "up", life: 1, fresh: true, streaming: false, compacting: false, pending: 0 } as const;
const seen = (end: "empty" | "unanswered") => ({ present: new Set<string>(), answered: new Set<string>(), end });
const types = (): readonly string[] => sent.map(({ type }) => type);

function asked(id: string): void {
	const message = { id, n: 1, mode: "prompt", text: "look", receipt: "queued" } as const;
	post.outbox.add(ID, message, "2026-01-01T00:00:00.000Z");
	courier.take({ type: "asked", message });
}

async function until(ms: number): Promise<void> {
	let over = false;
	time.after(ms - time.elapsed, () => {
		over = true;
	});
	while (!over) await time.step();
}

test("a message that pi took and shows nowhere is looked for, once pi was at rest for both halves of the patience", async () => {
	courier.take({ ...up, seen: seen("empty") });
	asked("01JD0000000000000000000000");
	await until(1); // pi's answer is taken in: patience counts from there
	await until(9_000);
	expect(types()).toEqual(["prompt"]);
	await until(12_000);
	expect(types()).toEqual(["prompt", "get_entries", "prompt"]);
});

test("while pi is silent, or in a run, it proves nothing: nothing is said again", async () => {
	courier.take({ ...up, seen: seen("empty") });
	asked("01JD0000000000000000000000");
	state = undefined;
	await until(20_000);
	state = { ...AT_REST, isStreaming: true };
	await until(40_000);
	expect(types()).toEqual(["prompt"]);
	state = AT_REST;
	await until(60_000);
	expect(types().slice(0, 3)).toEqual(["prompt", "get_entries", "prompt"]);
});

test("what the host itself says is stored before pi hears it", () => {
	let stored: readonly unknown[] = [];
	hears = (command) => {
		if (command.type === "prompt") stored = post.messages;
	};
	courier.take({ ...up, seen: seen("unanswered") });
	expect(types()).toEqual(["prompt"]);
	expect(stored).toMatchObject([
		{ mode: "resume", receipt: "queued", text: expect.stringMatching(/^Your process was restarted\./) },
	]);
});

test("what could not be stored has not happened: it is taken in again, and how pi stands is asked anew", async () => {
	courier.take({ ...up, seen: seen("empty") });
	const message = { id: "01JD0000000000000000000000", n: 1, mode: "prompt", text: "look", receipt: "queued" } as const;
	post.outbox.add(ID, message, "2026-01-01T00:00:00.000Z");
	const transaction = vi.spyOn(post.quarters.store, "transaction").mockImplementationOnce(() => {
		throw new Error("the disk is full");
	});
	expect(() => courier.take({ type: "asked", message })).toThrow("the disk is full");
	expect([missed, courier.open]).toEqual([1, []]);
	transaction.mockRestore();
	courier.take({ type: "asked", message });
	expect(types()).toEqual(["prompt"]);
});

test.each(["Agent is already processing", "Cannot submit a prompt while compaction is in progress"])(
	"%j is no refusal: the message stays open, and is looked for",
	async (said) => {
		courier.take({ ...up, seen: seen("empty") });
		refusal = said;
		asked("01JD0000000000000000000000");
		await until(1);
		expect(courier.open).toMatchObject([{ id: "01JD0000000000000000000000" }]);
	},
);

test("any other refusal ends the message, with what pi said", async () => {
	courier.take({ ...up, seen: seen("empty") });
	refusal = "no such model";
	asked("01JD0000000000000000000000");
	await until(1);
	expect(courier.open).toEqual([]);
	expect(post.outbox.get("01JD0000000000000000000000")).toMatchObject({
		receipt: "rejected",
		because: "no such model",
	});
});

const STEER = { id: "01JD0000000000000000000001", n: 1, mode: "steer", text: "turn", receipt: "queued" } as const;

/** A steer that pi holds in its queue, in a run that takes nothing. */
function held(): void {
	courier.take({ ...up, streaming: true, seen: seen("empty") });
	post.outbox.add(ID, STEER, "2026-01-01T00:00:00.000Z");
	courier.take({ type: "asked", message: STEER });
	courier.take({ type: "taken" });
	courier.take({ type: "queue", count: 1, ids: new Set([STEER.id]) });
}

test("why a steer was made hard is stored with it", () => {
	held();
	courier.take({ type: "harden", id: STEER.id, because: "not consumed within 10 s" });
	expect(post.outbox.get(STEER.id)).toMatchObject({ receipt: "accepted", because: "not consumed within 10 s" });
});

test("an abort that nobody waits for any more has no pi replaced", async () => {
	held();
	deaf = "abort";
	courier.take({ type: "harden", id: STEER.id, because: "not consumed" });
	await until(1);
	courier.take({ type: "cleared", ids: new Set([STEER.id]) });
	expect(types()).toContain("abort");
	courier.cancel();
	await until(60_000);
	expect(replaced).toBe(0);
});

test("an abort without an answer has its pi replaced after its time", async () => {
	held();
	deaf = "abort";
	courier.take({ type: "harden", id: STEER.id, because: "not consumed" });
	await until(1);
	courier.take({ type: "cleared", ids: new Set([STEER.id]) });
	await until(60_000);
	expect(replaced).toBe(1);
});
