/** Every stream, asked by whoever sends anything: it answers in words, and goes on for those who ask as they should. */
import { setTimeout } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { loadModules } from "../../../src/hub/modules.ts";
import { realWorld } from "../../../src/world/real.ts";
import { ADMIN, type Body, testHub } from "../support.ts";
import { nonsenseFor, WHO } from "./nonsense.ts";

const RUNS = 120;
const at = await testHub({ limits: undefined });
const { operations } = await loadModules(realWorld());
const streams = operations.filter(({ answers }) => answers === "stream");

const tokens = new Map<string, string>([["admin", ADMIN]]);
for (const role of WHO)
	if (role !== "none" && role !== "wrong" && role !== "admin") tokens.set(role, await at.mint(role, `a-${role}`));

/** What stands in the head of a reader that comes back. */
const lastEventId = fc.oneof(
	fc.constantFrom("", "0", "-1", "1e9", "99999999999999999999", "NaN", "01KE6P4Z4GM8JD5B2B4PP23NEK", "x".repeat(900)),
	fc.string({ unit: "binary-ascii", maxLength: 40 }),
);

/** The status; a stream that opens is read for a moment, and left. */
async function ask(path: string, headers: Readonly<Record<string, string>>): Promise<number> {
	const leave = new AbortController();
	const response = await fetch(at.hub.address + path, { headers, signal: leave.signal });
	const reader = response.body?.getReader();
	await Promise.race([reader?.read(), setTimeout(5)]);
	leave.abort();
	// The rest of it ends with the connection, as it should.
	await reader?.closed.catch(() => undefined);
	return response.status;
}

test("there are streams to ask", () => {
	expect(streams.map(({ name }) => name).sort()).toEqual(["feed.stream", "skills.stream"]);
});

test.each(streams)("$name withstands any query, head and token, and others are told as before", async (operation) => {
	const statuses = new Map<number, number>();
	await fc.assert(
		fc.asyncProperty(nonsenseFor(operation, ["nothing"]), lastEventId, async ({ path, who, headers }, last) => {
			const token = tokens.get(who) ?? (who === "wrong" ? "nobody-has-this" : undefined);
			// What no header may hold does not get as far as the hub.
			const id = last.replaceAll(/[^\x20-\x7e]/g, "?");
			const head = {
				...headers,
				"last-event-id": id,
				...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
			};
			const status = await ask(path, head);
			statuses.set(status, (statuses.get(status) ?? 0) + 1);
			expect(status, `${path} ${JSON.stringify(head)}`).toBeLessThan(500);
		}),
		{ numRuns: RUNS },
	);
	// Both were met: those who are let in and those who are not.
	expect([...statuses.keys()].some((status) => status === 200)).toBe(true);
	expect([...statuses.keys()].some((status) => status >= 400)).toBe(true);
	expect(at.complaints).toEqual([]);
});

test("a reader that comes after all of them gets the next event, and those since its last", async () => {
	const { id } = await at.done("POST", "/feed/events", { agent: "x", type: "custom", summary: "before" });
	await at.done("POST", "/feed/events", { agent: "x", type: "custom", summary: "between" });
	const leave = new AbortController();
	const headers = { authorization: `Bearer ${ADMIN}`, "last-event-id": id };
	const response = await fetch(`${at.hub.address}/feed/stream`, { headers, signal: leave.signal });
	const heard: string[] = [];
	const decoder = new TextDecoder();
	const read = (async () => {
		for await (const piece of response.body ?? []) {
			heard.push(decoder.decode(piece, { stream: true }));
			if (heard.join("").includes('"after"')) return;
		}
	})();
	await at.done("POST", "/feed/events", { agent: "x", type: "custom", summary: "after" });
	await read;
	leave.abort();
	const summaries = [...heard.join("").matchAll(/^data: (.*)$/gm)].map(
		([, data = "{}"]) => (JSON.parse(data) as Body).summary,
	);
	expect(summaries.filter((summary) => ["before", "between", "after"].includes(summary))).toEqual(["between", "after"]);
});
