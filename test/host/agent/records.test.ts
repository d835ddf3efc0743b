import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { wrap } from "../../../src/pi/envelope.ts";
import { parseEntries } from "../../../src/pi/rpc.ts";
import { shape } from "../../../src/pi/shape.ts";
import { tally } from "../../../src/pi/tally.ts";
import { endingOf, heldIn, pathTo } from "../../../src/pi/transcript.ts";
import { summarizer } from "../../support/model.ts";
import { describeEachPi } from "../../support/pi.ts";
import { until } from "../../support/until.ts";
import { ask, ears, makeRig, PATIENT, prompt, settled } from "./rig.ts";

const ID = "01JDAAAAAAAAAAAAAAAAAAAAAA";
const ABORTED = "01JDBBBBBBBBBBBBBBBBBBBBBB";
const FAILED = "01JDCCCCCCCCCCCCCCCCCCCCCC";

/** A tool that did model work of its own. */
const COSTLY = `export default (pi) => pi.registerTool({
	name: "costly", label: "costly", description: "costs", parameters: { type: "object", properties: {} },
	execute: async () => ({
		content: [{ type: "text", text: "paid" }], details: {},
		usage: { input: 7, output: 3, cacheRead: 0, cacheWrite: 0, totalTokens: 10,
			cost: { input: 0.25, output: 0.25, cacheRead: 0, cacheWrite: 0, total: 0.5 } },
	}),
});`;

await describeEachPi("the records", ({ cli: pi }) => {
	it("are read to the last cent: a tool's own model work and a compaction included", async () => {
		const rig = await makeRig(pi, {
			rules: [summarizer("a summary")],
			agents: {
				"*": [
					{ toolCalls: [{ name: "costly" }, { name: "bash", arguments: { command: "echo hi" } }] },
					{ text: "a\u2028b ".repeat(30) },
					{ text: "more" },
				],
			},
		});
		writeFileSync(join(rig.agentDir, "costly.ts"), COSTLY);
		// So little is kept that there is something to summarize.
		const settings = { retry: { enabled: false }, compaction: { keepRecentTokens: 1, reserveTokens: 1000 } };
		writeFileSync(join(rig.agentDir, "settings.json"), JSON.stringify(settings));
		const heard = ears();
		const employment = rig.employ({ pi: [process.execPath, pi, "--extension", join(rig.agentDir, "costly.ts")] });
		const life = await rig.start(employment, 1, heard);
		await prompt(life, wrap({ id: ID, n: 1 }, "go"));
		await settled(heard);
		await prompt(life, "again");
		await settled(heard, 2);
		await ask(life, { type: "compact" });
		const stats = shape((await ask(life, { type: "get_session_stats" })).data);
		const { entries } = await rig.place.read(employment.id);
		const total = tally(entries);
		expect(total.cost).toBeCloseTo(Number(stats.cost), 9);
		expect(total.cost).toBeGreaterThan(0.5);
		expect(total.totalTokens).toBe(shape(stats.tokens).total);
		// Gates of this package may add turns of their own.
		expect(total).toMatchObject({ turns: stats.assistantMessages, tools: { bash: 1, costly: 1 } });
		const answer = parseEntries((await ask(life, { type: "get_entries" })).data);
		expect(heldIn(answer.entries)).toEqual(heldIn(entries));
		expect(pathTo(answer.entries, answer.leafId).at(-1)?.type).toBe("compaction");
		const kinds = new Set(
			heard.records.map((record) => (record.type === "other" ? `other ${record.name}` : record.type)),
		);
		const wanted =
			"agent_start message_start message_update message_end turn_end tool_execution_start tool_execution_end";
		for (const kind of [...wanted.split(" "), "agent_end", "agent_settled", "compaction_start", "compaction_end"]) {
			expect(kinds).toContain(kind);
		}
		const streamed = heard.records.flatMap((record) => (record.type === "message_update" ? [record.delta] : []));
		expect(streamed.join("")).toContain("a\u2028b a\u2028b");
		await life.stop(0);
	});

	it("tell an abort from a failure, and neither from an answer", async () => {
		const rig = await makeRig(pi, {
			rules: [
				{ user: "sleep", toolCalls: [{ name: "bash", arguments: { command: "touch begun; sleep 300; true" } }] },
				{ user: "fail", error: { status: 400, message: "no such thing" } },
			],
		});
		const heard = ears();
		const employment = rig.employ();
		const life = await rig.start(employment, 1, heard);
		await prompt(life, wrap({ id: ABORTED, n: 1 }, "sleep"));
		await until(() => heard.records.some((record) => record.type === "tool_execution_start"), "the tool", PATIENT);
		await ask(life, { type: "abort" });
		await settled(heard);
		const first = await rig.place.read(employment.id);
		expect(endingOf(first.entries)).toEqual({ type: "aborted" });
		// The call itself was an answer to the message; what was stopped is what came after.
		expect(heldIn(first.entries).get(ABORTED)).toHaveProperty("answer");
		await prompt(life, wrap({ id: FAILED, n: 1 }, "fail"));
		await settled(heard, 2);
		const second = await rig.place.read(employment.id, first.cursor);
		expect(second.from).toBe("cursor");
		expect(endingOf(second.entries)).toMatchObject({ type: "failed", error: expect.stringContaining("no such thing") });
		expect(heldIn(second.entries).get(FAILED)).not.toHaveProperty("answer");
		await life.stop(0);
	});
});
