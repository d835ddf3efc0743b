import { expect, test } from "vitest";
import { ENTRY_MAX } from "../../../src/contract/transcripts.ts";
import type { Standing } from "../../../src/host/store/roster.ts";
import { Archive } from "../../../src/host/transcripts/archive.ts";
import { type Entry, parseEntry } from "../../../src/pi/entry.ts";

const standing = { spec: { id: "01LT", name: "ada" }, owner: "captain" } as Standing;
const timestamp = "2026-01-01T00:00:00.000Z";

function entry(id: string, message: object): Entry {
	const parsed = parseEntry({ type: "message", id, parentId: null, timestamp, message });
	if (parsed === undefined) throw new Error("no entry");
	return parsed;
}
const user = (id: string, text: string) => entry(id, { role: "user", content: text });

function archive() {
	const metas = new Map<string, string>();
	const kept: { input: Parameters<ConstructorParameters<typeof Archive>[0]["keep"]>[0]; key: string }[] = [];
	const made = new Archive({
		store: {
			meta: (key) => metas.get(key),
			setMeta: (key, value) => void metas.set(key, value),
			transaction: (work) => work(),
		},
		secrets: () => [{ name: "KEY", value: "hush-hush-hush" }],
		keep: (input, key) => void kept.push({ input, key }),
	});
	return { made, kept, texts: () => kept.flatMap(({ input }) => input.entries.map(({ text }) => text)) };
}

test("what is new since the last time is kept, once, as a person reads it, with secrets masked", () => {
	const { made, kept, texts } = archive();
	const entries = [
		user("a", "<<flagship:01JDXYZABCDEFGHJKMNPQRSTVW.1>>\ndo it with hush-hush-hush"),
		entry("b", {
			role: "assistant",
			stopReason: "toolUse",
			content: [
				{ type: "text", text: "I will." },
				{ type: "toolCall", id: "1", name: "bash", arguments: { command: "echo hush-hush-hush" } },
			],
		}),
		entry("c", { role: "toolResult", toolCallId: "1", toolName: "bash", content: "hush-hush-hush", isError: true }),
		entry("d", { role: "assistant", stopReason: "stop", content: [] }),
	];
	made.add(standing, { entries });
	made.add(standing, { entries });
	expect(kept.length).toBe(1);
	expect(kept[0]?.input).toMatchObject({ lieutenant: "01LT", name: "ada", owner: "captain" });
	expect(texts()).toEqual([
		"do it with [masked: KEY]",
		'I will.\n→ bash {"command":"echo [masked: KEY]"}',
		"bash failed: [masked: KEY]",
	]);
	made.add(standing, { entries: [...entries, user("e", "more")] });
	expect(texts().slice(3)).toEqual(["more"]);
	expect(kept[1]?.key).not.toBe(kept[0]?.key);
});

test("a session that was written anew is sent whole; the hub knows its entries by their ids", () => {
	const { made, kept, texts } = archive();
	made.add(standing, { entries: [user("a", "one"), user("b", "two")] });
	made.add(standing, { entries: [user("x", "one"), user("y", "two")] });
	expect(texts()).toEqual(["one", "two", "one", "two"]);
	expect(new Set(kept.map(({ key }) => key)).size).toBe(2);
});

test("long outputs keep their beginning and end, masked before they are cut; many entries make many records", () => {
	const { made, kept, texts } = archive();
	const half = (ENTRY_MAX - 100) / 2;
	const long = `${"x".repeat(half - 7)}hush-hush-hush${"y".repeat(ENTRY_MAX)}end`;
	made.add(standing, { entries: [user("a", long), ...Array.from({ length: 500 }, (_, i) => user(`m${i}`, "m"))] });
	const [first = ""] = texts();
	expect(first.length).toBeLessThanOrEqual(ENTRY_MAX);
	expect(first).toContain("characters left out");
	expect(first.endsWith("end")).toBe(true);
	expect(first).not.toContain("hush");
	expect(kept.map(({ input }) => input.entries.length)).toEqual([200, 200, 101]);
	for (const { input } of kept) expect(JSON.stringify(input).length).toBeLessThan(1_000_000);
});
