/** What a vigil makes of silence, in virtual time; `causes.test.ts` does the same to real processes. */
import { describe, expect, test } from "vitest";
import type { Cause } from "../../../src/contract/cause.ts";
import type { Life, Probe } from "../../../src/host/agent/life.ts";
import { LIVENESS_DEFAULTS } from "../../../src/host/liveness/settings.ts";
import { Vigil } from "../../../src/host/vigil.ts";
import { parseState } from "../../../src/pi/rpc.ts";
import { realWorld } from "../../../src/world/real.ts";
import type { World } from "../../../src/world.ts";
import { Time } from "../../sim/time.ts";

const MINUTE = 60_000;
const ALIVE: Probe = { type: "alive", state: parseState({ isStreaming: true }) };

/** A pi in virtual time: it answers probes or not, runs a tool or waits for its model. */
function stage() {
	const time = new Time();
	const real = realWorld();
	const clock = {
		now: () => time.wall,
		elapsed: () => time.elapsed,
		after: (ms: number, run: () => void) => time.after(ms, run),
		every: (ms: number, run: () => void) => time.after(ms, run),
		soon: (run: () => void) => void time.after(0, run),
	};
	const pi = { answers: true, stopped: false, tool: true, heard: 0 };
	const world: World = { ...real, clock, spawn: { ...real.spawn, stopped: () => pi.stopped } };
	const stalls: { readonly cause: Cause; readonly at: number }[] = [];
	const cuts: number[] = [];
	let stalled = false;
	const life = {
		process: { pid: 7, started: "s" },
		get heard() {
			return pi.heard;
		},
		async probe(timeout: number): Promise<Probe> {
			await time.sleep(pi.answers ? 5 : timeout);
			if (!pi.answers) return { type: "silent" };
			pi.heard = time.elapsed;
			return ALIVE;
		},
	} as unknown as Life;
	const vigil = new Vigil({
		...{ world, settings: LIVENESS_DEFAULTS, life: () => life },
		expecting: () => !pi.tool,
		inTool: () => pi.tool,
		stalled: () => stalled,
		stall(cause) {
			if (!stalled) stalls.push({ cause, at: time.elapsed });
			stalled = true;
		},
		recovered() {
			stalled = false;
		},
		cut: () => void cuts.push(time.elapsed),
		show: () => undefined,
	});
	vigil.heard();
	const hear = (grace = 0): void => {
		pi.heard = time.elapsed;
		vigil.heard(grace);
	};
	const pass = async (ms: number): Promise<void> => {
		const end = time.elapsed + ms;
		for (let at = time.elapsed; at < end; at += 5_000) time.after(at - time.elapsed, () => vigil.tick(life));
		time.after(ms, () => undefined);
		while (time.elapsed < end) await time.step();
	};
	return { vigil, pi, stalls, cuts, hear, pass, stalled: () => stalled };
}

describe("a vigil", () => {
	test("never takes a healthy tool that says nothing for thirty minutes for anything but silent", async () => {
		const { vigil, stalls, cuts, pass } = stage();
		await pass(30 * MINUTE);
		expect([stalls, cuts]).toEqual([[], []]);
		expect(vigil.silentTool).toMatchObject({ type: "silent-tool", since: "2026-01-05T09:00:00.000Z" });
	});

	test("tells a frozen process within 90 s, also an idle one", async () => {
		const { pi, stalls, pass, hear } = stage();
		hear();
		Object.assign(pi, { answers: false, stopped: true });
		await pass(2 * MINUTE);
		expect(stalls).toMatchObject([{ cause: { type: "frozen", pid: 7 } }]);
		expect(stalls[0]?.at).toBeLessThanOrEqual(90_000);
	});

	test("gives one that runs and does not answer its whole time, and tells it within 90 s", async () => {
		const { pi, stalls, pass, hear } = stage();
		hear();
		pi.answers = false;
		await pass(2 * MINUTE);
		expect(stalls).toMatchObject([{ cause: { type: "unresponsive", seconds: 75 } }]);
		expect(stalls[0]?.at).toBeGreaterThanOrEqual(75_000);
		expect(stalls[0]?.at).toBeLessThanOrEqual(90_000);
	});

	test("tells a model that is silent once, cuts its stream once, and is content when it goes on", async () => {
		const { pi, stalls, cuts, pass, hear, stalled } = stage();
		pi.tool = false;
		hear();
		await pass(30 * MINUTE);
		expect(stalls).toMatchObject([{ cause: { type: "silent-stream", seconds: 90 } }]);
		expect(cuts).toHaveLength(1);
		expect(stalled()).toBe(true);
		hear();
		expect(stalled()).toBe(false);
	});

	test("counts from the end of a pause that pi has named", async () => {
		const { pi, stalls, pass, hear } = stage();
		pi.tool = false;
		hear(5 * MINUTE);
		await pass(6 * MINUTE);
		expect(stalls).toEqual([]);
		await pass(MINUTE);
		expect(stalls).toMatchObject([{ cause: { type: "silent-stream" } }]);
	});

	test("asks first after its own sleep: what was silent meanwhile had no chance to speak", async () => {
		const { vigil, pi, stalls, pass, hear } = stage();
		pi.tool = false;
		hear();
		await pass(80_000);
		vigil.woke();
		await pass(80_000);
		expect(stalls).toEqual([]);
	});
});
