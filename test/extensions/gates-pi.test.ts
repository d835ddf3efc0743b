/** The shipped extensions in real pi, talking to a hub over HTTP. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readSession } from "../../src/pi/session.ts";
import { tally } from "../../src/pi/tally.ts";
import { sessionUsage } from "../../src/pi/usage.ts";
import { files } from "../../src/world/files.ts";
import { ADMIN, realHub } from "../client/real-hub.ts";
import { makeTakingHub } from "../gates/hub.ts";
import { makeRepository, type Repository } from "../gates/repository.ts";
import {
	describeEachPi,
	type Home,
	makeHome,
	makeModel,
	PACKAGE,
	type Pi,
	printPi,
	RpcPi,
	type Step,
	summarizer,
	until,
} from "../support/pi.ts";

const tool = (name: string, input: Readonly<Record<string, unknown>>): Step => ({
	toolCalls: [{ name, arguments: input }],
});
const bash = (command: string): Step => tool("bash", { command });
const log = (text: string): Step => tool("log_append", { text });
const say = (text: string): Step => ({ text });

interface Stage {
	readonly home: Home;
	readonly repo: Repository;
	readonly hub: Awaited<ReturnType<typeof makeTakingHub>>;
	readonly model: Awaited<ReturnType<typeof makeModel>>;
	rpc(args?: readonly string[]): RpcPi;
	print(prompt: string): ReturnType<typeof printPi>;
	steps(...steps: readonly Step[]): void;
	sessionFile(): string;
}

async function stage(
	pi: Pi,
	env: Readonly<Record<string, string>> = {},
	settings: Record<string, unknown> = {},
): Promise<Stage> {
	const [hub, model] = [await makeTakingHub(), await makeModel()];
	const home = makeHome({
		model,
		settings,
		// A lieutenant starts no daemons; its hub is the one named here.
		env: { FLAGSHIP_LIEUTENANT: "01TEST", VERS_INFRA_URL: hub.url, VERS_AUTH_TOKEN: "t", ...env },
	});
	const extensions = ["gates.ts", "hub.ts", "usage.ts"].flatMap((file) => ["-e", join(PACKAGE, "extensions", file)]);
	const sessions = join(home.root, "sessions");
	return {
		home,
		hub,
		model,
		repo: makeRepository(home.work),
		rpc: (args = []) => new RpcPi(pi, home, { args: [...extensions, "--session-dir", sessions, ...args] }),
		print: (prompt) => printPi(pi, home, prompt, { args: [...extensions, "--session-dir", sessions] }),
		steps: (...steps) =>
			model.setScript({ rules: [summarizer("what was before")], agents: { "*": { steps, after: say("no.") } } }),
		sessionFile: () => join(sessions, readdirSync(sessions).sort().at(-1) ?? ""),
	};
}

const facts = (files: readonly string[], more: Readonly<Record<string, unknown>> = {}) => ({
	files,
	commits: [],
	effects: [],
	...more,
});

const RULE = "must be in the work log before the run ends";

await describeEachPi("the work-log gate", (pi) => {
	test("print mode: a model that ignores it is refused twice, then the gate writes and publishes", async () => {
		const on = await stage(pi);
		on.steps(tool("write", { path: "b.txt", content: "b" }), say("done"), say("no"), say("no"));
		const ran = await on.print("go");
		expect(ran).toMatchObject({ code: 0, stdout: "no\n" });
		expect(on.model.requests.map((asked) => asked.last).filter((last) => last.includes("Not finished"))).toEqual([
			"Not finished: one change is not in the work log: b.txt.\nCall log_append with what and why. Refusal 1 of 2; then I write it, marked auto.",
			"Not finished: one change is not in the work log: b.txt.\nCall log_append with what and why. Refusal 2 of 2; then I write it, marked auto.",
		]);
		expect(on.hub.bodies("/log")).toEqual([
			{ text: "[auto] Changed without an entry: b.txt", facts: facts(["b.txt"], { mark: "auto" }) },
		]);
		const verdicts = on.hub.bodies("/feed/events").map((body) => Reflect.get(Object(body.metadata), "verdict"));
		expect(verdicts).toEqual(["refused", "refused", "auto"]);
	});

	test("an edit, a redirect, a commit and an unknown command, logged when asked, with the facts as data", async () => {
		const on = await stage(pi);
		on.steps(
			tool("edit", { path: "a.txt", edits: [{ oldText: "a", newText: "A" }] }),
			bash("echo x > r.txt"),
			bash("git add -A && git commit -qm 'Both'"),
			bash("node -e 1"),
			say("done"),
			log("Changed a.txt and added r.txt, committed; ran node."),
			say("now done"),
		);
		expect((await on.print("go")).stdout).toBe("now done\n");
		const head = on.repo.git("rev-parse", "HEAD");
		expect(on.hub.bodies("/log")).toEqual([
			{
				text: "Changed a.txt and added r.txt, committed; ran node.",
				facts: { files: ["a.txt", "r.txt"], commits: [head], effects: ["ran `node`"] },
			},
		]);
	});

	test("an entry that claims a file that was not changed is sent back once, then kept and marked", async () => {
		const on = await stage(pi);
		const claim = "Updated src/other.ts and b.txt.";
		on.steps(bash("echo x > b.txt"), log(claim), log(claim), say("done"));
		await on.print("go");
		expect(on.model.requests.some((asked) => asked.lastTool.includes("Not logged: it says src/other.ts changed"))).toBe(
			true,
		);
		expect(on.hub.bodies("/log")).toEqual([{ text: claim, facts: facts(["b.txt"], { mark: "unmatched" }) }]);
	});

	test("a run that only reads is not nagged and leaves nothing in session or hub", async () => {
		const on = await stage(pi);
		on.steps(tool("read", { path: "a.txt" }), bash("git status; ls"), say("done"));
		expect((await on.print("go")).stdout).toBe("done\n");
		expect(on.model.requests).toHaveLength(3);
		expect(on.hub.bodies("/log")).toEqual([]);
		expect(readFileSync(on.sessionFile(), "utf8")).not.toContain("flagship.work");
	});

	test("an aborted run is taken up at the next prompt, and at shutdown by the gate", async () => {
		const on = await stage(pi);
		on.steps(bash("echo 1 > 1.txt; sleep 30"));
		const driven = on.rpc();
		driven.send({ type: "prompt", message: "go" });
		await until(() => on.repo.git("status", "--short").includes("1.txt"), "the file");
		await driven.ask({ type: "abort" });
		await driven.wait("agent_settled");
		expect(on.hub.bodies("/log")).toEqual([]);

		on.steps(log("Added 1.txt before I was stopped."), say("logged"));
		expect(await driven.prompt("go on")).toBe("logged");
		expect(
			on.model.requests.some(
				(asked) =>
					asked.body !== undefined && JSON.stringify(asked.body).includes("From an earlier run that was stopped"),
			),
		).toBe(true);
		expect(on.hub.bodies("/log")).toMatchObject([{ facts: facts(["1.txt"]) }]);

		on.steps(bash("echo 2 > 2.txt; sleep 30"));
		const from = driven.records.length;
		driven.send({ type: "prompt", message: "more" });
		await until(() => on.repo.git("status", "--short").includes("2.txt"), "the second file");
		await driven.ask({ type: "abort" });
		await driven.wait("agent_settled", from);
		await driven.stop();
		expect(on.hub.bodies("/log").at(-1)).toMatchObject({
			text: "[auto] Changed without an entry: 2.txt",
			facts: facts(["2.txt"], { mark: "auto" }),
		});
	});

	test("a pi that is told to end (SIGTERM) writes what is open first", async () => {
		const on = await stage(pi);
		on.steps(bash("echo 1 > 1.txt; sleep 30"));
		const driven = on.rpc();
		driven.send({ type: "prompt", message: "go" });
		await until(() => on.repo.git("status", "--short").includes("1.txt"), "the file");
		await driven.ask({ type: "abort" });
		await driven.wait("agent_settled");
		driven.kill("SIGTERM");
		await until(() => driven.ended, "its end");
		expect(on.hub.bodies("/log")).toMatchObject([{ facts: facts(["1.txt"], { mark: "auto" }) }]);
	});

	test("a killed pi's work is still asked for when its session is resumed, and in a fork of it", async () => {
		const on = await stage(pi);
		on.steps(bash("echo 1 > 1.txt"), bash("echo 2 > 2.txt; sleep 30"));
		const first = on.rpc();
		first.send({ type: "prompt", message: "go" });
		await until(() => on.repo.git("status", "--short").includes("2.txt"), "the second file");
		first.kill();
		await until(() => first.ended, "its end");

		on.steps(say("nothing"), log("Added 1.txt and 2.txt."), say("logged"));
		const second = on.rpc(["--session", on.sessionFile()]);
		expect(await second.prompt("go on")).toBe("logged");
		expect(on.hub.bodies("/log")).toMatchObject([{ facts: facts(["1.txt", "2.txt"]) }]);

		const messages = await second.get("get_fork_messages");
		const [asked] = (Object(messages) as { messages: { entryId: string }[] }).messages.slice(-1);
		expect((await second.ask({ type: "fork", entryId: asked?.entryId ?? "" })).success).toBe(true);
		on.steps(say("fine"));
		expect(await second.prompt("in the fork")).toBe("fine");
		await second.stop();
		expect(on.hub.bodies("/log")).toHaveLength(1);
	});

	test("switched off for one run, it does nothing; a lieutenant's own gates cannot be", async () => {
		const off = await stage(pi, { FLAGSHIP_SET: "gates.workLog=off" });
		off.steps(bash("echo x > b.txt"), say("done"));
		expect((await off.print("go")).stdout).toBe("done\n");
		expect(off.hub.bodies("/log")).toEqual([]);

		const fixed = await stage(pi, { FLAGSHIP_SET: "gates.workLog=off", FLAGSHIP_GATES: "workLog=enforce" });
		fixed.steps(bash("echo x > b.txt"), say("done"));
		await fixed.print("go");
		expect(fixed.hub.bodies("/log")).toHaveLength(1);
	});

	test("a run that ends because the provider fails is logged by the gate: asking again would fail again", async () => {
		const on = await stage(pi);
		on.steps(bash("echo x > b.txt"), { error: { status: 400, message: "no such model" }, repeat: "forever" });
		const driven = on.rpc();
		await driven.prompt("go");
		await driven.stop();
		expect(on.model.requests).toHaveLength(2);
		expect(on.hub.bodies("/log")).toMatchObject([{ facts: facts(["b.txt"], { mark: "auto" }) }]);
	});

	test("a real hub keeps entry, facts, feed and usage", async () => {
		const real = await realHub();
		const env = { VERS_INFRA_URL: real.url, VERS_AUTH_TOKEN: ADMIN, FLAGSHIP_SET: "gates.board=off" };
		const on = await stage(pi, env);
		on.steps(bash("echo x > b.txt"), say("done"), say("no"), log("Added b.txt."), bash("echo y > c.txt"), say("no"));
		expect((await on.print("go")).code).toBe(0);
		const get = async (path: string): Promise<unknown> =>
			(await fetch(`${real.url}${path}`, { headers: { authorization: `Bearer ${ADMIN}` } })).json();
		expect(await get("/log")).toMatchObject({
			entries: [
				{ text: "Added b.txt.", facts: facts(["b.txt"]) },
				{ text: "[auto] Changed without an entry: c.txt", facts: facts(["c.txt"], { mark: "auto" }) },
			],
		});
		const events = Object(await get("/feed/events?type=custom")) as { metadata: unknown }[];
		expect(events.map((event) => event.metadata)).toEqual([
			{ gate: "workLog", verdict: "refused", refusal: 1 },
			{ gate: "workLog", verdict: "refused", refusal: 2 },
			{ gate: "workLog", verdict: "auto" },
		]);
		expect(await get("/usage/sessions")).toMatchObject({
			count: 1,
			sessions: [{ toolCalls: { bash: 2, log_append: 1 } }],
		});
		await real.close();
	});

	test("the rules are in every request, also of a run that another extension's message starts", async () => {
		const on = await stage(pi);
		const notice = join(on.home.root, "notice.ts");
		writeFileSync(
			notice,
			`export default (pi) => pi.registerCommand("notice", { description: "n", handler: async () =>
				pi.sendMessage({ customType: "n", content: "a notice", display: true }, { deliverAs: "followUp", triggerTurn: true }) });`,
		);
		on.steps(say("one"), bash("ls"), say("two"), say("three"));
		const driven = on.rpc(["-e", notice]);
		await driven.prompt("first");
		const from = driven.records.length;
		driven.send({ type: "prompt", message: "/notice" });
		await driven.wait("agent_settled", from);
		await driven.prompt("again");
		expect(on.model.requests.map((asked) => asked.system.split(RULE).length - 1)).toEqual([1, 1, 1, 1]);
		await driven.stop();
	});

	describe("compaction", () => {
		const asksAfterSummary = (on: Stage) => {
			const at = on.model.requests.findLastIndex((asked) => asked.system.includes("context summarization assistant"));
			expect(at).toBeGreaterThan(0);
			return on.model.requests.slice(at + 1);
		};
		const small = { compaction: { enabled: true, reserveTokens: 16_384, keepRecentTokens: 1 } };

		test("manual: rule and debt are there in the next request", async () => {
			const on = await stage(pi, {}, small);
			on.steps(
				bash("ls"),
				say("one"),
				say("two"),
				bash("echo x > b.txt"),
				say("done"),
				log("Added b.txt."),
				say("logged"),
			);
			const driven = on.rpc();
			await driven.prompt("first");
			await driven.prompt("second");
			expect((await driven.ask({ type: "compact" })).success).toBe(true);
			expect(await driven.prompt("third")).toBe("logged");
			const [next] = asksAfterSummary(on);
			expect(next?.system).toContain(RULE);
			expect(on.hub.bodies("/log")).toMatchObject([{ facts: facts(["b.txt"]) }]);
			await driven.stop();
		});

		test("threshold, in the middle of a tool loop", async () => {
			const on = await stage(pi, {}, small);
			on.steps(
				bash("echo x > b.txt"),
				{ ...bash("ls"), usage: { prompt: 120_000 } },
				say("done"),
				log("Added b.txt."),
				say("logged"),
			);
			const driven = on.rpc();
			expect(await driven.prompt("go")).toBe("logged");
			expect(driven.records.some((one) => one.type === "compaction_start" && one.reason === "threshold")).toBe(true);
			const [next] = asksAfterSummary(on);
			expect(next?.system).toContain(RULE);
			expect(on.hub.bodies("/log")).toMatchObject([{ facts: facts(["b.txt"]) }]);
			await driven.stop();
		});

		test("overflow", async () => {
			const on = await stage(pi, {}, small);
			on.steps(
				bash("echo x > b.txt"),
				{ error: { status: 400, message: "prompt is too long: 200000 tokens > 128000 maximum" } },
				say("done"),
				log("Added b.txt."),
				say("logged"),
			);
			const driven = on.rpc();
			expect(await driven.prompt("go")).toBe("logged");
			expect(driven.records.some((one) => one.type === "compaction_start" && one.reason === "overflow")).toBe(true);
			const [next] = asksAfterSummary(on);
			expect(next?.system).toContain(RULE);
			expect(on.hub.bodies("/log")).toMatchObject([{ facts: facts(["b.txt"]) }]);
			await driven.stop();
		});
	});
});

await describeEachPi("usage", (pi) => {
	test("is told once per state, and is what the session's file adds up to, compaction included", async () => {
		const on = await stage(pi, {}, { compaction: { enabled: true, reserveTokens: 16_384, keepRecentTokens: 1 } });
		on.steps(bash("ls"), say("one"), say("two"));
		const driven = on.rpc();
		await driven.prompt("first");
		await driven.prompt("second");
		await driven.get("compact");
		const stats = await driven.get("get_session_stats");
		await driven.stop();
		const told = on.hub.bodies("/usage/sessions");
		const { entries } = readSession(files, on.sessionFile());
		const sum = tally(entries);
		const last = told.at(-1);
		expect(last).toEqual({ ...sessionUsage(String(last?.sessionId), sum), parentAgent: null });
		expect(last).toMatchObject({ model: "fake/fake", turns: 3, toolCalls: { bash: 1 } });
		expect(Reflect.get(Object(stats), "cost")).toBeCloseTo(sum.cost, 12);
		expect(new Set(told.map((body) => body.sessionId)).size).toBe(1);
		expect(sum.cost).toBeGreaterThan(0);
		const keys = on.hub.taken.filter((one) => one.path === "/usage/sessions").map((one) => one.key);
		expect(new Set(keys).size).toBe(keys.length);
	});

	test("a hub that refuses holds up no turn, and hears the whole later", async () => {
		const on = await stage(pi);
		on.hub.refuse(true);
		on.steps(say("one"), say("two"));
		const driven = on.rpc();
		expect(await driven.prompt("first")).toBe("one");
		on.hub.refuse(false);
		expect(await driven.prompt("second")).toBe("two");
		await driven.stop();
		expect(on.hub.bodies("/usage/sessions").at(-1)).toMatchObject({ turns: 2 });
	});
});
