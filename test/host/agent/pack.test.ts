import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { wrap } from "../../../src/pi/envelope.ts";
import { parseQueue } from "../../../src/pi/rpc.ts";
import { heldIn } from "../../../src/pi/transcript.ts";
import { describeEachPi } from "../../support/pi.ts";
import { until } from "../../support/until.ts";
import { ask, ears, makeRig, PATIENT, prompt, settled } from "./rig.ts";

const [A, B, C] = ["01JDAAAAAAAAAAAAAAAAAAAAAA", "01JDBBBBBBBBBBBBBBBBBBBBBB", "01JDCCCCCCCCCCCCCCCCCCCCCC"];

await describeEachPi("the pack", ({ cli: pi }) => {
	it("keeps the envelope in queue and transcript, hides it from the model, and drops repeats", async () => {
		const rig = await makeRig(pi, { default: { text: "answer", delayMs: 700 } });
		const heard = ears();
		const employment = rig.employ();
		const life = await rig.start(employment, 1, heard);
		await prompt(life, wrap({ id: A, n: 1 }, "first"));
		await until(() => rig.model.requests.length === 1, "the run", PATIENT);
		await prompt(life, wrap({ id: B, n: 1 }, "second"));
		await prompt(life, wrap({ id: B, n: 1 }, "second"));
		await prompt(life, wrap({ id: A, n: 1 }, "first"));
		const queued = heard.records.findLast((record) => record.type === "queue_update");
		expect(queued).toEqual({ type: "queue_update", steering: [], followUp: [wrap({ id: B, n: 1 }, "second")] });
		expect(parseQueue((await ask(life, { type: "clear_queue" })).data).followUp).toHaveLength(1);
		// Given back under the old number it is a repeat; under the next it is new.
		await prompt(life, wrap({ id: B, n: 1 }, "second"));
		await prompt(life, wrap({ id: B, n: 2 }, "second"));
		await settled(heard);
		const held = heldIn((await rig.place.read(employment.id)).entries);
		expect([held.get(A)?.n, held.get(B)?.n, held.size]).toEqual([1, 2, 2]);
		expect(JSON.stringify(rig.model.requests)).not.toContain("<<flagship:");
		expect(rig.model.requests.map(({ users }) => users.at(-1))).toEqual(["first", "second"]);
		await life.stop(0);
	});

	it("still knows after a reload what it has taken, and hides what an earlier life took", async () => {
		const rig = await makeRig(pi, { default: { text: "answer" } });
		writeFileSync(
			join(rig.agentDir, "extensions.ts"),
			'export default (pi) => pi.registerCommand("again", { handler: async (_args, ctx) => { await ctx.reload(); } });',
		);
		const heard = ears();
		const employment = rig.employ({ pi: [process.execPath, pi, "--extension", join(rig.agentDir, "extensions.ts")] });
		const life = await rig.start(employment, 1, heard);
		await prompt(life, wrap({ id: A, n: 1 }, "first"));
		await settled(heard);
		await prompt(life, "/again");
		await prompt(life, wrap({ id: A, n: 1 }, "first"));
		await prompt(life, wrap({ id: B, n: 1 }, "second"));
		await settled(heard, 2);
		await life.stop(5_000);
		const next = ears();
		const second = await rig.start(employment, 2, next);
		await prompt(second, wrap({ id: B, n: 1 }, "second"));
		await prompt(second, wrap({ id: C, n: 1 }, "third"));
		await settled(next);
		expect(rig.model.requests.map(({ users }) => users.at(-1))).toEqual(["first", "second", "third"]);
		expect(rig.model.requests[2]?.users).toEqual(["first", "second", "third"]);
		expect(heard.records.filter((record) => record.type === "extension_error")).toEqual([]);
		await second.stop(0);
	});

	it("gives the model its role as a section of the system prompt", async () => {
		const rig = await makeRig(pi, { default: { text: "answer" } });
		const heard = ears();
		const employment = rig.employ({ role: "You count the sheep.", branch: "lt/sheep" });
		const life = await rig.start(employment, 1, heard);
		await prompt(life, "go");
		await settled(heard);
		const { system } = rig.model.requests[0] ?? {};
		expect(system).toContain("<fleet_role>");
		expect(system).toContain("You count the sheep.");
		expect(system).toContain("Ports 42000 to 42019 are yours");
		expect(system).toContain("on lt/sheep");
		await life.stop(0);
	});

	it("asks the model nothing beyond the allowance, whatever begins a turn, and goes on with a new one", async () => {
		const bash = {
			toolCalls: [{ name: "bash", arguments: { command: "true" } }],
			usage: { prompt: 90, completion: 10 },
		};
		const rig = await makeRig(pi, { default: bash });
		const heard = ears();
		const nothing = { turns: 0, tokens: 0, usd: 0 };
		const employment = rig.employ({ allowance: { from: nothing, cap: { turns: 3 } }, gates: "workLog=off" });
		const life = await rig.start(employment, 1, heard);
		const asked = async (text: string, runs: number): Promise<number> => {
			await prompt(life, text);
			await settled(heard, runs);
			return rig.model.requests.length;
		};
		expect(await asked("go", 1)).toBe(3);
		expect(await asked("go on all the same", 2)).toBe(3);
		rig.place.allow(employment.id, { from: { ...nothing, tokens: 300 }, cap: { turns: 900, tokens: 150 } });
		expect(await asked("more", 3)).toBe(5);
		rig.place.allow(employment.id, undefined);
		await prompt(life, "as long as you like");
		await until(() => rig.model.requests.length > 10, "many turns", PATIENT);
		expect(heard.records.filter((record) => record.type === "extension_error")).toEqual([]);
		await life.stop(0);
	});

	it("is loaded once when the person's settings list the package too", async () => {
		const rig = await makeRig(pi, { default: { text: "answer" } });
		const packages = [join(import.meta.dirname, "../../..")];
		writeFileSync(join(rig.agentDir, "settings.json"), JSON.stringify({ packages }));
		const heard = ears();
		const life = await rig.start(rig.employ(), 1, heard);
		await prompt(life, wrap({ id: A, n: 1 }, "first"));
		await settled(heard);
		expect(rig.model.requests.map(({ users }) => users)).toEqual([["first"]]);
		expect(heard.records.filter((record) => record.type === "extension_error")).toEqual([]);
		await life.stop(0);
	});

	it("is no lieutenant in a pi that a lieutenant starts in its shell", async () => {
		const nested = `${process.execPath} ${pi} -p --no-session --model fake/fake --extension ${join(import.meta.dirname, "../../..")} inner`;
		const rig = await makeRig(pi, {
			rules: [{ user: "inner", text: "nested answer" }],
			agents: { "*": [{ toolCalls: [{ name: "bash", arguments: { command: nested } }] }, { text: "got ${lastTool}" }] },
		});
		const heard = ears();
		const life = await rig.start(rig.employ(), 1, heard);
		await prompt(life, "outer");
		await settled(heard);
		const inner = rig.model.requests.find(({ users }) => users.at(-1) === "inner");
		expect(inner?.system).not.toContain("fleet_role");
		expect(rig.model.requests.at(-1)?.lastTool).toContain("nested answer");
		expect((await life.probe(PATIENT)).type).toBe("alive");
		await life.stop(0);
	});
});
