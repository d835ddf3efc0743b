/** Answers that a kill or an abort cuts off are counted: estimated, marked, a row each. Real pi, real host, real hub. */
import { expect, test, vi } from "vitest";
import type { UsageEstimate } from "../../src/contract/usage.ts";
import { lieutenantFolder } from "../../src/daemon/home.ts";
import { readNote } from "../../src/host/agent/life-file.ts";
import { realWorld } from "../../src/world/real.ts";
import { daemonHome, machineHub } from "../extensions/machine.ts";
import { atEnd } from "../support/cleanup.ts";
import { TestHost } from "../support/host.ts";
import { describeEachPi, makeHome, makeModel, until } from "../support/pi.ts";

vi.setConfig({ testTimeout: 120_000 });

const LONG = "w".repeat(4_000);
const slow = { text: LONG, chunkMs: 50 };

await describeEachPi("an answer that is cut off", (pi) => {
	test("by a kill before its first word, by one in its middle, and by a hard steer", async () => {
		const model = await makeModel({
			script: {
				agents: {
					early: [{ text: "ready" }, { hold: "never", text: LONG }],
					middle: [{ text: "ready" }, slow],
					steered: [{ text: "ready" }, slow],
				},
				default: { text: "on it" },
			},
		});
		const account = makeHome({ model, env: { FLAGSHIP_SET: "gates.workLog=off" } });
		const home = daemonHome(account);
		const hub = await machineHub(home);
		const host = new TestHost(account, pi);
		atEnd(() => host.end());
		await host.start();
		const asked = (key: string) => model.requests.filter((request) => request.key === key).length;
		const pid = (id: string) => readNote(realWorld().files, lieutenantFolder(home, id))?.process?.pid ?? 0;

		for (const name of ["early", "middle", "steered"]) {
			const { id } = await host.create({ name, worktree: false });
			await host.send(name, "get ready");
			await host.quiet(name);
			await host.send(name, "x".repeat(400));
			await until(() => asked(name) === 2, `${name}'s request`, 30_000);
			if (name !== "early")
				await until(async () => (await host.status(name))?.output?.startsWith("ww"), "words", 30_000);
			if (name === "steered") await host.send(name, "stop that", { mode: "steer", hard: true });
			else process.kill(pid(id), "SIGKILL");
			await host.quiet(name);
		}

		const authorization = `Bearer ${hub.token}`;
		const rows = await until(
			async () => {
				const answer = await fetch(`${hub.address}/usage/estimates`, { headers: { authorization } });
				const { estimates }: { estimates: UsageEstimate[] } = JSON.parse(await answer.text());
				if (estimates.length < 3) throw new Error(JSON.stringify([estimates, host.complaints]));
				return estimates;
			},
			"three rows",
			40_000,
		);
		const of = (name: string) => rows.filter(({ agent }) => agent === name);
		expect(rows).toHaveLength(3);
		expect(of("early")).toMatchObject([{ request: "life 1", cutBy: "kill", estimated: true, model: "fake/fake" }]);
		expect(of("early")[0]?.tokens.output).toBe(0);
		for (const name of ["middle", "steered"]) {
			expect(of(name)).toMatchObject([{ cutBy: name === "middle" ? "kill" : "abort", estimated: true }]);
			// What was heard of the answer, and all that was asked.
			expect(of(name)[0]?.tokens.output).toBeGreaterThan(1);
			expect(of(name)[0]?.tokens.output).toBeLessThan(LONG.length / 4);
			expect(of(name)[0]?.tokens.input).toBeGreaterThan(
				model.requests.find(({ key }) => key === name)?.usage?.prompt_tokens ?? 0,
			);
		}
	});
});
