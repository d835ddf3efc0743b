import type { ToolDefinition } from "@earendil-works/pi-coding-agent";
import { describe, expect, it } from "vitest";
import * as board from "../../src/contract/board.ts";
import * as claims from "../../src/contract/claims.ts";
import * as feed from "../../src/contract/feed.ts";
import * as log from "../../src/contract/log.ts";
import type { AnyOperation } from "../../src/contract/operation.ts";
import * as review from "../../src/contract/review.ts";
import { fault } from "../../src/errors.ts";
import { cardOf, cardsOf } from "../../src/fleet/card.ts";
import { finderDescription, search } from "../../src/fleet/finder.ts";
import { toolSchema } from "../../src/fleet/schema.ts";
import { describeTool, registerOperationTool, type ToolCall, toolsFor } from "../../src/fleet/tools.ts";
import { everyOperation } from "./catalog.ts";

const operations = await everyOperation();
const cards = cardsOf(operations);
const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

/** The tool as pi gets it, and one call of it. */
function toolOf(operation: AnyOperation, call: ToolCall, deferred = false) {
	let keys = 0;
	const registered: (ToolDefinition & { exposure?: string })[] = [];
	const pi = { registerTool: (tool: unknown) => registered.push(tool as ToolDefinition) };
	const card = cardOf(operation);
	if (card === undefined) throw new Error("it is no tool");
	registerOperationTool(pi as never, card, async () => operation, call, { newKey: () => `key-${++keys}`, deferred });
	const [tool] = registered;
	if (tool === undefined) throw new Error("no tool was registered");
	const run = async (params: unknown): Promise<string> => {
		const result = await tool.execute("1", params as never, undefined, undefined, undefined as never);
		return result.content.map((part) => (part.type === "text" ? part.text : "")).join("");
	};
	return { tool, run };
}
const entry = { id: "01E", timestamp: "t", text: "x" };

describe("the tools of a role", () => {
	it("fit into 10 KB for an orchestrator and 4 KB for a lieutenant", () => {
		for (const [role, limit] of [
			["orchestrator", 10_240],
			["lieutenant", 4_096],
		] as const) {
			const tools = toolsFor(role, cards);
			const core = tools.filter((operation) => operation.core === true);
			const deferred = tools.filter((operation) => operation.core !== true);
			const sent = [...core.map(describeTool), finderDescription(deferred)];
			expect(core.length).toBeGreaterThan(5);
			expect(
				bytes(sent),
				`${role}: ${sent.map((tool) => `${tool.name} ${bytes(tool)}`).join(", ")}`,
			).toBeLessThanOrEqual(limit);
		}
	});

	it("are only what the role may do", () => {
		const names = (role: "lieutenant" | "viewer") => toolsFor(role, cards).map((operation) => operation.tool);
		expect(names("lieutenant")).toContain("log_append");
		expect(names("lieutenant")).not.toContain("vers_lt_create");
		expect(names("viewer")).not.toContain("log_append");
	});

	it("never ask who did it: the token says that", () => {
		const authors = operations.flatMap((operation) => (operation.author === undefined ? [] : [operation.author.field]));
		expect(authors).toContain("createdBy");
		for (const operation of operations.filter((one) => one.tool !== undefined && one.author !== undefined)) {
			const shown = JSON.stringify(toolSchema(operation));
			expect(shown, operation.name).not.toContain(`"${operation.author?.field}"`);
		}
		expect(JSON.stringify(toolSchema(review.addArtifact))).not.toContain("addedBy");
	});

	it("still filter by agent where agent is a question and not an author", () => {
		expect(toolSchema(feed.list)).toMatchObject({ properties: { agent: { type: "string" } } });
	});

	it("require what is needed: pi repairs broken JSON into {}", () => {
		expect(toolSchema(log.append)).toMatchObject({ required: ["text"] });
		expect(toolSchema(board.addNote)).toMatchObject({ required: ["taskId", "content", "type"] });
	});

	it("are plain JSON schema: newer versions of pi read nothing else", () => {
		for (const operation of toolsFor("orchestrator", cards)) {
			const schema = operation.parameters;
			expect(Object.getOwnPropertySymbols(schema)).toEqual([]);
			expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
		}
	});
});

describe("a tool", () => {
	it("is named as agents know it and tells its result in the contract's words", async () => {
		const { tool, run } = toolOf(log.append, async () => ({ type: "done", output: entry }));
		expect(tool).toMatchObject({ name: "log_append", label: "log append", description: log.append.summary });
		expect(tool).not.toHaveProperty("exposure");
		expect(await run({ text: "x" })).toBe("Logged 01E.");
	});

	it("is deferred where pi can find it again", () => {
		const { tool } = toolOf(feed.list, async () => ({ type: "done", output: [] }), true);
		expect(tool.exposure).toBe("deferred");
	});

	it("leaves out the author that an old prompt still names", async () => {
		const asked: unknown[] = [];
		const { run } = toolOf(review.addArtifact, async (_operation, input) => {
			asked.push(input);
			return { type: "done", output: { id: "T", artifacts: [] } };
		});
		await run({ taskId: "T", addedBy: "eve", artifacts: [{ type: "url", url: "u", label: "l", addedBy: "eve" }] });
		expect(asked).toEqual([{ taskId: "T", artifacts: [{ type: "url", url: "u", label: "l" }] }]);
	});

	it("fails with sentence and remedy, which pi marks as an error for the model", async () => {
		const { run } = toolOf(claims.claim, async () => {
			throw fault("conflict", "task is claimed by ada");
		});
		await expect(run({ id: "T" })).rejects.toThrow("task is claimed by ada Read the current state, then decide again.");
	});

	it("says what was kept here and is not yet in the hub", async () => {
		const { run } = toolOf(log.append, async () => ({ type: "kept", waiting: 2 }));
		expect(await run({ text: "x" })).toMatch(/^Kept here, not yet in the hub/);
	});

	it("asks again with the same key what had no answer, and with a new one what was answered", async () => {
		const keys: (string | undefined)[] = [];
		let away = true;
		const { run } = toolOf(board.create, async (_operation, _input, { key }) => {
			keys.push(key);
			if (away) throw fault("hub_away", "");
			return { type: "done", output: { id: "T", status: "open" } };
		});
		await expect(run({ title: "a" })).rejects.toThrow();
		away = false;
		await run({ title: "b" });
		await run({ title: "a" });
		await run({ title: "a" });
		expect(keys).toEqual(["key-1", "key-2", "key-1", "key-3"]);
	});

	it("asks for a page where the model names no number", async () => {
		const asked: unknown[] = [];
		const { run } = toolOf(board.list, async (_operation, input) => {
			asked.push(input);
			return { type: "done", output: { tasks: [], count: 0 } };
		});
		await run({});
		await run({ limit: 3 });
		expect(asked).toEqual([{ limit: 50 }, { limit: 3 }]);
	});

	it("leaves out the end of a result that would fill the context, and says so", async () => {
		const { run } = toolOf(feed.list, async () => ({
			type: "done",
			output: [{ ...entry, agent: "a", type: "t", summary: "x".repeat(30_000) }],
		}));
		const text = await run({});
		expect(text.length).toBeLessThan(24_200);
		expect(text).toMatch(/characters left out/);
	});
});

describe("finding a tool that is not at hand", () => {
	const deferred = toolsFor("orchestrator", cards).filter((operation) => operation.core !== true);
	const found = (query: string): string[] => search(deferred, query).map((operation) => operation.tool);

	it.each([
		["registry machines", "registry_list"],
		["how much did it cost", "usage_summary"],
		["feed_publish", "feed_publish"],
		["approve a review", "board_approve"],
	])("for %j offers %s", (query, tool) => {
		expect(found(query)).toContain(tool);
	});

	it("offers all for *, none for what nobody has", () => {
		expect(found("*")).toHaveLength(deferred.length);
		expect(found("zeppelin")).toEqual([]);
	});
});
