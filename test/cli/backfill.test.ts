/** `flagship usage backfill` on session files as pi writes them, as older versions wrote them, and as a crash leaves them. */
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { SessionManager } from "@earendil-works/pi-coding-agent";
import { expect, test } from "vitest";
import type { UsageSession } from "../../src/contract/usage.ts";
import { flagship, shell } from "./support.ts";

const SECRET = "nothing-of-what-was-said";
const usage = (tokens: number) => {
	const cost = { input: tokens / 1_000, output: 0, cacheRead: 0, cacheWrite: 0, total: tokens / 1_000 };
	return { input: tokens, output: 0, cacheRead: 0, cacheWrite: 0, totalTokens: tokens, cost };
};
const user = { role: "user" as const, content: `${SECRET} asked`, timestamp: 1 };
const answer = (tokens: number) => ({
	...{ role: "assistant" as const, api: "openai-completions" as const, provider: "p", model: "m", timestamp: 1 },
	...{ stopReason: "stop" as const, usage: usage(tokens), content: [{ type: "text" as const, text: SECRET }] },
});
const lines = (...records: object[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join("");
const at = (second: number): string => new Date(Date.UTC(2025, 0, 2, 3, 4, second)).toISOString();
const header = (id: string) => ({ type: "session", version: 3, id, timestamp: at(0), cwd: "/somewhere" });
const entry = (n: number, message: object) => ({
	...{ type: "message", id: `e${n}`, parentId: n === 0 ? null : `e${n - 1}`, timestamp: at(n), message },
});

/** A folder of sessions as pi has it, one folder for each that it worked in. */
function sessionsIn(folder: string): string {
	const sessions = join(folder, ".pi", "agent", "sessions");
	const place = join(sessions, "--somewhere--");
	mkdirSync(place, { recursive: true });
	const now = SessionManager.create(folder, place);
	now.appendMessage(user);
	now.appendMessage(answer(1_000));
	now.appendCompaction(SECRET, null, 100, undefined, false, usage(500));
	const first = [entry(0, user), entry(1, answer(70))].map(({ id: _, parentId: __, ...old }) => old);
	writeFileSync(
		join(place, "old.jsonl"),
		lines({ type: "session", id: "old", timestamp: at(0), cwd: "/somewhere", provider: "p", modelId: "m" }, ...first),
	);
	writeFileSync(join(place, "torn.jsonl"), lines(header("torn"), entry(0, user), entry(1, answer(200))));
	appendFileSync(join(place, "torn.jsonl"), `{"type":"message","id":"e2","mess`);
	writeFileSync(
		join(place, "cut.jsonl"),
		lines(header("cut"), entry(0, user), entry(1, answer(30)), entry(2, user)) +
			lines(entry(3, { ...answer(0), stopReason: "aborted", errorMessage: "Request was aborted" })),
	);
	writeFileSync(join(place, "asked.jsonl"), lines(header("asked"), entry(0, user)));
	writeFileSync(join(place, "empty.jsonl"), "");
	writeFileSync(join(place, "notes.jsonl"), lines({ text: SECRET }));
	writeFileSync(join(place, "readme.md"), SECRET);
	return sessions;
}

test("counts what pi's sessions from before have used, says what it could not count and why, and twice adds nothing", async () => {
	const machine = shell();
	sessionsIn(machine.folder);
	const first = await flagship(machine, "usage", "backfill");
	expect(first).toMatchObject({ code: 0, err: "" });
	expect(first.out).toContain(": 4 sessions new to the hub, 0 grown, 0 known as they are.");
	expect(first.out).toContain("Added 1800 tokens, $1.80.");
	expect(first.out).toContain("1 answer in them was cut off: estimated, and told apart.");
	expect(first.out).toContain("Not counted: 3");
	for (const [file, why] of [
		["asked.jsonl", "no model was asked in it"],
		["empty.jsonl", "it is empty"],
		["notes.jsonl", "it does not begin as a session of pi"],
		["torn.jsonl", "its last line is cut off; what stands before it was counted"],
	])
		expect(first.out).toContain(`${file}: ${why}`);

	const again = await flagship(machine, "usage", "backfill", join(machine.folder, ".pi/agent/sessions"), "--json");
	expect(JSON.parse(again.out)).toMatchObject({ files: 7, added: 0, grown: 0, known: 4, tokens: 0, costUsd: 0 });
	const summary = JSON.parse((await flagship(machine, "usage", "summary", "--range", "all", "--json")).out);
	expect(summary.totals).toMatchObject({ tokens: 1_800, cost: 1.8, sessions: 4 });
	expect(summary.estimated).toMatchObject({ requests: 1 });
	const { sessions } = JSON.parse((await flagship(machine, "usage", "sessions", "--json")).out);
	const old = sessions.find(({ sessionId }: UsageSession) => sessionId === "old");
	expect(old).toMatchObject({ agent: expect.stringMatching(/:\/somewhere$/), model: "p/m", startedAt: at(0) });
	expect((await flagship(machine, "usage", "totals", "day", "--range", "all")).out).toContain("2025-01-02: 300 tokens");
});

test("sends numbers and names, and no word of what was said", async () => {
	const machine = shell();
	const sessions = sessionsIn(machine.folder);
	let sent = "";
	const server = createServer(async (request, response) => {
		for await (const bytes of request) sent += String(bytes);
		response.setHeader("content-type", "application/json");
		response.setHeader("x-flagship-protocol", "1");
		response.end(JSON.stringify({ sessions: [], count: 0 }));
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as { port: number };
	const env = { ...machine.env, VERS_INFRA_URL: `http://127.0.0.1:${port}`, VERS_AUTH_TOKEN: "t" };
	const { code } = await flagship({ ...machine, env }, "usage", "backfill", sessions, "--agent", "me");
	server.close();
	expect(code).toBe(0);
	expect(sent).toContain('"sessionId":"torn"');
	expect(sent).not.toContain(SECRET);
});

test("is a person's: an agent's command line is refused, and a folder that is not there is named", async () => {
	const machine = shell();
	const agent = shell({ FLAGSHIP_LIEUTENANT: "01ABC" });
	expect(await flagship(agent, "usage", "backfill")).toMatchObject({
		code: 1,
		err: expect.stringContaining("A lieutenant may not usage backfill."),
	});
	expect(await flagship(machine, "usage", "backfill", "nowhere")).toMatchObject({
		code: 1,
		err: expect.stringContaining("nowhere not found"),
	});
	expect(await flagship(machine, "usage", "backfill", "a", "b")).toMatchObject({ code: 2 });
});
