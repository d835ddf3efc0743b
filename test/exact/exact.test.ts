/** The whole run is `npm run exact`; here a short one, and that the balance sees what it is there to see. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { UsageTotal } from "../../src/contract/totals.ts";
import type { UsageEstimate } from "../../src/contract/usage.ts";
import type { Ended, Served } from "../../src/demo/model/server.ts";
import { atEnd } from "../support/cleanup.ts";
import { makeFolder } from "../support/folder.ts";
import { endProcessesNaming, processesNaming } from "../support/leftovers.ts";
import { type Books, balance } from "./ledger.ts";

test("after kills, a compaction, an outage and a backfill the hub has what the model served, to the token and the cent", async () => {
	const temporary = makeFolder();
	atEnd(() => endProcessesNaming(temporary));
	const env = { PATH: process.env.PATH ?? "", HOME: temporary, TMPDIR: temporary };
	const main = join(import.meta.dirname, "main.ts");
	const child = spawn(process.execPath, ["--no-warnings", main, "--short"], { env, stdio: "pipe" });
	let said = "";
	for (const pipe of [child.stdout, child.stderr])
		pipe.on("data", (bytes) => {
			said += String(bytes);
		});
	const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
	expect(code, said).toBe(0);
	const figures = JSON.parse(said.trimEnd().split("\n").at(-1) ?? "");
	expect(figures).toMatchObject({ ok: true, kills: 6 });
	expect(figures.compactions).toBeGreaterThan(0);
	expect(figures.cut).toBeGreaterThanOrEqual(4);
	expect(figures.estimated).toBe(figures.cut);
	expect(figures.requests).toBe(figures.heard + figures.cut);
	expect(processesNaming(temporary)).toEqual([]);
}, 200_000);

const served = (n: number, system = ""): Served =>
	({
		...{ n, model: "ada", system, from: `ada#${n}` },
		usage: { prompt_tokens: 100, completion_tokens: 50, prompt_tokens_details: { cached_tokens: 10 } },
	}) as unknown as Served;
const ended = (n: number, end: Ended["end"] = "whole"): Ended => ({ n, model: "ada", end, tokens: 150 });
/** Dollars of one answer: 90 at 1, 10 at 0.1, 50 at 2 for a million. */
const ONE = 191e-6;
const total = (tokens: number, cost: number, requests: number): UsageTotal => ({
	...{ key: "fake/ada", tokens, cost, sessions: 1, estimated: { requests, tokens: 0, cost: 0 } },
});
const guess = (request: string, estimated = true) => ({ sessionId: "s", request, estimated }) as UsageEstimate;
const good: Books = {
	requests: [served(1), served(2, "context summarization assistant"), served(3), served(4)],
	answers: [ended(1), ended(2), ended(3, "cut"), { ...ended(4), end: "refused", tokens: 0 }],
	responses: ["chatcmpl-1"],
	totals: [total(300, 2 * ONE, 1)],
	estimates: [guess("life 1")],
};

test("a balance that is well has nothing wrong", () => {
	expect(balance(good)).toMatchObject({ requests: 3, heard: 2, cut: 1, estimated: 1, tokens: 300, wrong: [] });
});

test.each([
	["a token too few", { totals: [total(299, 2 * ONE, 1)] }, "300 tokens were served and heard, the hub has 299"],
	["a cent too much", { totals: [total(300, 0.01 + 2 * ONE, 1)] }, "the hub has $0.010382"],
	["a cut answer that nobody estimates", { totals: [total(300, 2 * ONE, 0)] }, "1 answers were cut off, 0 are"],
	["an estimate of an answer that was heard", { totals: [total(300, 2 * ONE, 2)] }, "1 answers were cut off, 2 are"],
	["a request estimated twice", { estimates: [guess("life 1"), guess("life 1")] }, "s: life 1 is estimated twice"],
	["an estimate without its mark", { estimates: [guess("life 1", false)] }, "life 1 is not marked"],
	["an answer in two transcripts", { responses: ["chatcmpl-1", "chatcmpl-1"] }, "stands twice in the transcripts"],
	["a request without an end", { requests: [...good.requests, served(5)] }, "request 5 (ada#5) has no end"],
	["tokens of a model that nobody asked", { totals: [...good.totals, { ...total(5, 0, 0), key: "x" }] }, "x: 0 tokens"],
])("%s is found", (_what, change, sentence) => {
	expect(balance({ ...good, ...change }).wrong.join("\n")).toContain(sentence);
});
