import { SessionManager } from "@earendil-works/pi-coding-agent";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseEntry } from "../../src/pi/entry.ts";
import { readSession } from "../../src/pi/session.ts";
import { tally } from "../../src/pi/tally.ts";
import { ownEntries, sessionUsage } from "../../src/pi/usage.ts";
import { files } from "../../src/world/files.ts";
import { makeFolder } from "../support/folder.ts";

const cost = { input: 0.1, output: 0.2, cacheRead: 0.01, cacheWrite: 0.02, total: 0.33 };
const usage = { input: 10, output: 5, cacheRead: 3, cacheWrite: 2, totalTokens: 20, cost };

const answer = (model: string, names: readonly string[] = []) => ({
	role: "assistant" as const,
	api: "openai-completions" as const,
	provider: "p",
	model,
	stopReason: "stop" as const,
	timestamp: 1,
	usage,
	content: names.map((name, index) => ({ type: "toolCall" as const, id: `c${index}`, name, arguments: {} })),
});

describe("what a session has used", () => {
	it("counts answers, tools' own model work and compactions, with cost in its parts", () => {
		const folder = makeFolder();
		const session = SessionManager.create(folder, folder);
		session.appendMessage({ role: "user", content: "go", timestamp: 1 });
		session.appendMessage(answer("big", ["bash", "bash", "read"]));
		session.appendMessage({
			...{ role: "toolResult", toolCallId: "c0", toolName: "bash", content: [], isError: false, timestamp: 1 },
			usage,
		});
		session.appendMessage(answer("small"));
		session.appendMessage(answer("small"));
		session.appendCompaction("summary", null, 100, undefined, false, usage);
		const file = session.getSessionFile() ?? "";
		const told = sessionUsage(session.getSessionId(), tally(readSession(files, file).entries));
		expect(told).toMatchObject({
			sessionId: session.getSessionId(),
			model: "p/small",
			turns: 3,
			toolCalls: { bash: 2, read: 1 },
			tokens: { input: 50, output: 25, cacheRead: 15, cacheWrite: 10, total: 100 },
		});
		expect(told?.cost.total).toBeCloseTo(1.65, 10);
		expect(told?.cost.input).toBeCloseTo(0.5, 10);
		expect(Date.parse(told?.startedAt ?? "")).toBeLessThanOrEqual(Date.parse(told?.endedAt ?? ""));
	});

	it("is nothing while the model was not asked", () => {
		const folder = makeFolder();
		const session = SessionManager.create(folder, folder);
		session.appendMessage({ role: "user", content: "go", timestamp: 1 });
		const entries = session
			.getEntries()
			.map(parseEntry)
			.filter((entry) => entry !== undefined);
		expect(sessionUsage("s", tally(entries))).toBeUndefined();
	});

	it("is the same to the last digit, however often it was counted on the way", () => {
		const part = fc.record({
			input: fc.nat(1e6),
			output: fc.nat(1e6),
			cost: fc.double({ min: 0, max: 10, noNaN: true }),
			stop: fc.boolean(),
		});
		fc.assert(
			fc.property(fc.array(part, { minLength: 1, maxLength: 40, size: "max" }), (parts) => {
				const entries = parts
					.map(({ input, output, cost: dollars }, index) =>
						parseEntry({
							type: "message",
							id: `e${index}`,
							parentId: null,
							timestamp: new Date(index).toISOString(),
							message: {
								...answer("m"),
								usage: { ...usage, input, output, cost: { ...cost, input: dollars, total: dollars } },
							},
						}),
					)
					.filter((entry) => entry !== undefined);
				let sum = tally([]);
				let from = 0;
				parts.forEach(({ stop }, index) => {
					if (!stop) return;
					sum = tally(entries.slice(from, index + 1), sum);
					from = index + 1;
				});
				expect(sessionUsage("s", tally(entries.slice(from), sum))).toEqual(sessionUsage("s", tally(entries)));
			}),
		);
	});

	it("of a fork leaves out what was copied from its parent", async () => {
		const folder = makeFolder();
		const parent = SessionManager.create(folder, folder);
		parent.appendMessage({ role: "user", content: "go", timestamp: 1 });
		parent.appendMessage(answer("big", ["bash"]));
		const leaf = parent.getLeafId() ?? "";
		await new Promise((resolve) => setTimeout(resolve, 5)); // a fork's header is younger than what it copies
		parent.createBranchedSession(leaf);
		parent.appendMessage(answer("big"));
		const header = parent.getHeader();
		const entries = parent
			.getEntries()
			.map(parseEntry)
			.filter((entry) => entry !== undefined);
		expect(header?.parentSession).toBeDefined();
		expect(tally(entries).turns).toBe(2);
		expect(tally(ownEntries(entries, header?.timestamp))).toMatchObject({ turns: 1, totalTokens: 20, tools: {} });
	});
});
