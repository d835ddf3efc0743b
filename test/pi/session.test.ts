import { appendFileSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readSession } from "../../src/pi/session.ts";
import { files } from "../../src/world/files.ts";
import { makeFolder } from "../support/folder.ts";

const line = (id: string, text = "x"): string =>
	`${JSON.stringify({ type: "message", id, parentId: null, timestamp: "t", message: { role: "user", content: text } })}\n`;
const header = `${JSON.stringify({ type: "session", version: 3, id: "s", cwd: "/" })}\n`;
const ids = (reading: { entries: readonly { id: string }[] }): string[] => reading.entries.map((entry) => entry.id);

describe("a session file", () => {
	const path = join(makeFolder(), "s.jsonl");

	it("reads as empty before pi has written it", () => {
		expect(readSession(files, join(makeFolder(), "none.jsonl"))).toEqual({ entries: [], from: "start", torn: 0 });
	});

	it("gives every entry exactly once to a reader that follows it, in whatever pieces it grows", () => {
		const texts = fc.array(fc.string({ unit: "binary" }), { minLength: 1, maxLength: 12 });
		fc.assert(
			fc.property(texts, fc.integer({ min: 1, max: 60 }), (all, size) => {
				const bytes = Buffer.from(header + all.map((text, i) => line(`e${i}`, text)).join(""));
				writeFileSync(path, "");
				const seen: string[] = [];
				let cursor: ReturnType<typeof readSession>["cursor"];
				for (let at = 0; at < bytes.length; at += size) {
					appendFileSync(path, bytes.subarray(at, at + size));
					const reading = readSession(files, path, cursor);
					cursor = reading.cursor;
					seen.push(...ids(reading));
				}
				expect(seen).toEqual(all.map((_text, i) => `e${i}`));
			}),
			{ numRuns: 40 },
		);
	});

	it("is read from its start when the cursor does not fit it any more", () => {
		writeFileSync(path, header + line("a") + line("b"));
		const { cursor } = readSession(files, path);
		if (cursor === undefined) throw new Error("no cursor");
		writeFileSync(path, header + line("other") + line("b2") + line("c"));
		expect(readSession(files, path, cursor)).toMatchObject({ from: "start" });
		truncateSync(path, header.length);
		expect(readSession(files, path, cursor)).toEqual({ entries: [], from: "start", torn: 0 });
		expect(ids(readSession(files, path, { offset: 3, entry: "a" }))).toEqual([]);
	});

	it("skips a line torn by a crash, and reads what pi appended after mending it", () => {
		writeFileSync(path, header + line("a") + line("b").slice(0, 30));
		const first = readSession(files, path);
		expect(ids(first)).toEqual(["a"]);
		// pi ends the torn line when it opens the session again.
		appendFileSync(path, `\n${line("c")}`);
		const second = readSession(files, path, first.cursor);
		expect([ids(second), second.from, second.torn]).toEqual([["c"], "cursor", 1]);
		expect(ids(readSession(files, path))).toEqual(["a", "c"]);
		expect(readFileSync(path, "utf8")).toContain(line("c"));
	});
});
