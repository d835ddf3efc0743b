/** The steer ladder by itself, on a clock of its own: which rung comes when, and which does not. */
import { beforeEach, expect, test } from "vitest";
import type { Open } from "../../src/host/delivery-state.ts";
import { Steers } from "../../src/host/steers.ts";
import { realWorld } from "../../src/world/real.ts";
import { Time } from "../sim/time.ts";

const PATIENCE = 10_000;

let time: Time;
let steers: Steers;
let open: Open[];
let busy: boolean;
let did: string[];

const message = (id: string, more: Partial<Open> = {}): Open => ({
	...{ id, n: 1, mode: "steer", text: "look here", receipt: "accepted", at: "queue" },
	...more,
});

beforeEach(() => {
	[time, open, busy, did] = [new Time(), [message("s")], false, []];
	const world = realWorld();
	const clock = {
		...world.clock,
		elapsed: () => time.elapsed,
		after: (ms: number, run: () => void) => time.after(ms, run),
	};
	steers = new Steers({
		world: { ...world, clock },
		patience: PATIENCE,
		open: () => open,
		busy: () => busy,
		harden: (id, because) => void did.push(`${Math.floor(time.elapsed)} harden ${id}: ${because}`),
		stop: (limit) => void did.push(`${Math.floor(time.elapsed)} stop: ${limit}`),
	});
	steers.look();
});

/** All that is due up to this ms, and nothing of the next. */
async function until(ms: number): Promise<void> {
	let over = false;
	time.after(ms + 0.5 - time.elapsed, () => {
		over = true;
	});
	while (!over) await time.step();
}

const HARDENED = "10000 harden s: not consumed in 10 s, so it was made hard";

test("a steer that is not consumed is made hard, and the one that does not land even so ends in a stop", async () => {
	await until(9_999);
	expect(did).toEqual([]);
	await until(20_000);
	expect(did).toEqual([HARDENED, "20000 stop: a steer not consumed in 20 s"]);
	await until(30_000);
	expect(did.slice(2)).toEqual(["30000 stop: a steer not consumed in 20 s"]);
});

test("one that was asked for hard is not made hard again", async () => {
	open = [message("s", { hard: { supersedes: [] } })];
	steers.look();
	await until(10_000);
	expect(did).toEqual(["10000 stop: a steer not consumed in 20 s"]);
});

test("one that was hard once stays so: delivery forgets it when that is carried out", async () => {
	open = [message("s", { hard: { supersedes: [] } })];
	steers.look();
	open = [message("s")];
	steers.look();
	await until(10_000);
	expect(did).toEqual(["10000 stop: a steer not consumed in 20 s"]);
});

test("one that has ended is not waited for, and its id begins anew", async () => {
	open = [];
	steers.look();
	await until(40_000);
	expect(did).toEqual([]);
	open = [message("s")];
	steers.look();
	await until(50_000);
	expect(did).toEqual(["50000 harden s: not consumed in 10 s, so it was made hard"]);
});

test("one that has ended and was hard begins anew as well", async () => {
	await until(10_000);
	open = [];
	steers.look();
	open = [message("s")];
	steers.look();
	await until(20_000);
	expect(did).toEqual([HARDENED, "20000 harden s: not consumed in 10 s, so it was made hard"]);
});

test("other messages are not waited for", async () => {
	open = [message("s", { mode: "followUp" }), message("p", { mode: "prompt" })];
	steers.look();
	await until(60_000);
	expect(did).toEqual([]);
});

test("one that came later has its own time", async () => {
	await until(5_000);
	open = [...open, message("t")];
	steers.look();
	await until(15_000);
	expect(did).toEqual([HARDENED, "15000 harden t: not consumed in 10 s, so it was made hard"]);
});

test("looking at it again does not give it more time", async () => {
	await until(9_000);
	steers.look();
	await until(10_000);
	expect(did).toEqual([HARDENED]);
});

test("what has deadlines of its own is let be, and looked at again", async () => {
	busy = true;
	await until(25_000);
	expect(did).toEqual([]);
	busy = false;
	await until(30_000);
	expect(did).toEqual(["30000 harden s: not consumed in 10 s, so it was made hard"]);
});

test("an answer on its way has its time, counted from its last sign", async () => {
	await until(10_000);
	await until(15_000);
	steers.moved();
	await until(24_999);
	expect(did).toEqual([HARDENED]);
	await until(25_000);
	expect(did).toEqual([HARDENED, "25000 stop: a steer not consumed in 20 s"]);
});

test("when it is cancelled nothing comes any more, and a later look begins anew", async () => {
	steers.cancel();
	await until(60_000);
	expect(did).toEqual([]);
	steers.look();
	await until(70_000);
	expect(did).toEqual(["70000 harden s: not consumed in 10 s, so it was made hard"]);
});
