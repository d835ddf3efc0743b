/**
 * Every fault of the platform that is known, befalling a lieutenant on a VM while it is made, at work or ended. Whatever happens:
 * it answers what it was asked, exactly once and whole, on a VM or here; no call hangs; no word of the platform is passed on; and
 * when the fault is over no machine of ours is left. Where a fault strikes follows from the seed (`FLAGSHIP_SEED`).
 */
import { expect, test } from "vitest";
import * as contract from "../../../src/contract/lieutenants.ts";
import * as vms from "../../../src/contract/vms.ts";
import { reason } from "../../../src/errors.ts";
import { startHubOf } from "../../bench/program.ts";
import { makeHome } from "../../support/home.ts";
import { TestHost } from "../../support/host.ts";
import { makeModel } from "../../support/model.ts";
import { describeEachPi } from "../../support/pi.ts";
import { until } from "../../support/until.ts";
import { versFleet } from "../../support/vers-fleet.ts";
import type { Fault, When } from "../../support/vers-sim/faults.ts";
import { NETLINK } from "../../support/vers-sim/fixture.ts";
import type { VersSim } from "../../support/vers-sim/sim.ts";
import { startSim, Visitor } from "../../support/vers-sim/visitor.ts";
import { ours } from "../../support/vers-sim/vms.ts";

const SEED = Number(process.env.FLAGSHIP_SEED ?? 1);
/** Long, and of characters that a cut may fall into. */
const ANSWER = "日本語 – ünïcödé 🚢 ".repeat(400);

/** 0 to `most`, another for each place in which it is asked. */
function drawer(seed: number): (most: number) => number {
	let state = seed * 2_654_435_761 + 1;
	return (most) => {
		state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 3_266_489_917) >>> 0;
		return state % (most + 1);
	};
}
const draw = drawer(SEED);
const times = (most: number): number => 1 + draw(most - 1);

type During = "create" | "work" | "end";
interface Row {
	readonly what: string;
	readonly during: During;
	readonly faults: readonly (readonly [Fault, When])[];
	/** After so many bytes of its answer. */
	readonly cut?: number;
	/** The VM is paused by somebody else before it is ended. */
	readonly paused?: true;
}

const how = (): "reset" | "close" => (draw(1) === 0 ? "reset" : "close");
const sign = (): number => (draw(1) === 0 ? 1 : -1);

/** Those by which the host learns to ask the platform less often come last. */
const ROWS: readonly Row[] = [
	{
		what: "ssh refuses at first",
		during: "create",
		faults: [[{ type: "link_refused" }, { times: times(3) }]],
	},
	{
		what: "the answer to a creation is lost",
		during: "create",
		faults: [[{ type: "lost_reply" }, { op: "from_commit", times: 1 }]],
	},
	{
		what: "the key is an old one",
		during: "create",
		faults: [[{ type: "stale_key" }, { op: "ssh_key", times: times(2) }]],
	},
	{
		what: "a clock of hours ago, or to come",
		during: "create",
		faults: [
			[
				{ type: "clock_skew", seconds: sign() * (1 + draw(17)) * 3_600 },
				{ op: "from_commit", times: 1 },
			],
		],
	},
	{
		what: "a wish for a pause",
		during: "create",
		faults: [
			[
				{ type: "throttle", status: draw(1) === 0 ? 429 : 503 },
				{ op: "list", times: 1 },
			],
		],
	},
	{
		what: "the line is closed when nothing goes over it",
		during: "create",
		faults: [[{ type: "link_idle", seconds: 1 + draw(2), how: "close" }, { times: 2 }]],
	},
	{ what: "the line is cut at some byte, in a character or not", during: "work", cut: draw(12_000), faults: [] },
	{
		what: "its agent is killed",
		during: "work",
		faults: [
			[
				{ type: "agent_gone", match: "--mode rpc" },
				{ op: "status", times: 1 },
			],
		],
	},
	{ what: "it is paused by somebody", during: "end", paused: true, faults: [] },
	{
		what: "its deletion fails, and it stays listed",
		during: "end",
		faults: [[{ type: "delete_fails", leaves: "listed" }, { times: times(2) }]],
	},
	{
		what: "a fault of the platform, in raw words",
		during: "create",
		faults: [
			[
				{ type: "internal", body: (["text", "json", "empty"] as const)[draw(2)] ?? "text" },
				{ op: "from_commit", times: 1 },
			],
		],
	},
	{ what: "no room", during: "create", faults: [[{ type: "capacity" }, { times: 1 }]] },
];

const owned = (sim: VersSim) => sim.vms.all.filter(ours).map(({ id }) => id);

await describeEachPi(`the table of faults (seed ${SEED})`, (pi) => {
	let shared:
		| Promise<{
				sim: VersSim;
				golden: (home: ReturnType<typeof makeHome>) => Promise<unknown>;
				model: Awaited<ReturnType<typeof makeModel>>;
		  }>
		| undefined;
	const platform = () => {
		shared ??= (async () => {
			const sim = await startSim({ slots: 20, seed: SEED });
			const model = await makeModel({
				script: { agents: { ada: { after: { text: ANSWER, chunkMs: 2, chunkChars: 60 } } } },
			});
			return { sim, model, golden: (home: ReturnType<typeof makeHome>) => versFleet(sim, home, { model, pi }) };
		})();
		return shared;
	};

	test.each(ROWS)("$during: $what", { timeout: 180_000 }, async ({ during, faults, cut, paused }) => {
		const { sim, model, golden } = await platform();
		const home = makeHome({ model });
		await golden(home);
		const hub = await startHubOf(home);
		const before = sim.faults.fired.length;
		const host = new TestHost(home, pi);
		try {
			await host.start();
			const befall = (now: During, vm?: string): void => {
				if (now !== during) return;
				for (const [fault, when] of faults) sim.faults.add(fault, { ...when, ...(vm === undefined ? {} : { vm }) });
			};
			befall("create");
			const input = { name: "ada", role: "[[agent:ada]] a tester", place: "vers", fallback: "auto" as const };
			const made = await host.client.call(contract.create, input, { launch: host.launch, timeout: 120_000 });
			const vm = made.place.startsWith("vers:") ? made.place.slice("vers:".length) : undefined;
			expect(vm === undefined ? owned(sim) : [vm]).toEqual(owned(sim));
			befall("work", vm);
			// What befalls a machine does so when the platform is asked about it.
			if (during === "work" && vm !== undefined) await new Visitor(sim).call("GET", `/vm/${vm}/status`);
			const asked = `ask ${crypto.randomUUID()}`;
			await host.send("ada", asked);
			if (cut !== undefined && vm !== undefined) {
				const from = sim.bytes(vm);
				await until(() => sim.bytes(vm) - from > cut, "bytes on the line", 30_000);
				sim.cutLinks(how(), vm);
				await until(() => sim.links(vm) > 0, "another line", 60_000);
			}
			const [message] = await host.quiet("ada", 100_000);
			expect(message).toMatchObject({ receipt: "consumed" });
			await host.state("ada", "idle", 60_000);
			const { outputs } = await host.client.call(contract.read, { name: "ada", tail: ANSWER.length + 100 });
			expect(outputs.at(-1)?.trim()).toBe(ANSWER.trim());
			const sent = JSON.stringify(model.requests.at(-1)?.body).split(asked).length - 1;
			expect(sent).toBe(1);
			befall("end", vm);
			if (paused === true) {
				await new Visitor(sim).call("PATCH", `/vm/${vm}/state`, { state: "Paused" });
				// Nobody can say what work is there: it is refused, and says what to do.
				const refused = await host.client.call(contract.destroy, { name: "ada" }, { timeout: 120_000 }).catch(reason);
				expect(String(refused)).toContain("vers_vm_state lets it run on");
				await host.client.call(vms.state, { vm: vm ?? "", state: "running" }, { timeout: 60_000 });
			}
			await host.client.call(contract.destroy, { name: "ada" }, { timeout: 120_000 });
			if (during === "end" && vm !== undefined)
				await until(() => faults.length === 0 || sim.faults.fired.length > before, "the fault");
			sim.faults.clear();
			await until(
				() => owned(sim).length === 0,
				`the end of every machine; the host said: ${host.complaints}`,
				120_000,
			);
			await host.client.call(vms.list, {}, { timeout: 60_000 });
			expect(host.notices.map(({ text }) => text).join("\n")).not.toContain(NETLINK);
			expect(sim.faults.fired.length - before).toBeGreaterThanOrEqual(faults.length);
		} finally {
			sim.faults.clear();
			host.end();
			await hub.end("SIGKILL");
			for (const left of owned(sim)) await new Visitor(sim).call("DELETE", `/vm/${left}`);
		}
	});
});
