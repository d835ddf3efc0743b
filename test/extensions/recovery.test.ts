/** What the model and the person have after a restart, a compaction, a night: in real pi, with the whole package. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { createClient } from "../../src/client/client.ts";
import * as board from "../../src/contract/board.ts";
import * as review from "../../src/contract/review.ts";
import { STATE_MAX, STATE_TAG } from "../../src/fleet/live-state.ts";
import { realWorld } from "../../src/world/real.ts";
import {
	describeEachPi,
	type Home,
	makeHome,
	makeModel,
	PACKAGE,
	type PiRecord,
	printPi,
	RpcPi,
	type Script,
	summarizer,
	until,
} from "../support/pi.ts";
import { missingTmux, Terminal } from "../support/terminal.ts";
import { daemonHome, machineHost, machineHub } from "./machine.ts";

const ULID = "[0-9A-HJKMNP-TV-Z]{26}";
const HOUR = 3_600_000;
const give = (name: string, more: Readonly<Record<string, unknown>> = {}) => ({
	toolCalls: [{ name: "vers_lt_create", arguments: { name, role: `[[agent:${name}]] a tester`, ...more } }],
});

/** The text of the last message of a request's body. */
function lastOf(request: { readonly body: unknown }): string {
	const messages: unknown = Reflect.get(Object(request.body), "messages");
	const content: unknown = Array.isArray(messages) ? messages.at(-1)?.content : undefined;
	if (typeof content === "string") return content;
	return Array.isArray(content) ? content.map((part) => String(part.text ?? "")).join("\n") : "";
}

const stateOf = (request: { readonly body: unknown }): string | undefined => {
	const last = lastOf(request);
	return last.startsWith(STATE_TAG) ? last : undefined;
};

await describeEachPi("an orchestrator that comes back", (pi) => {
	const begin = async (script: Script, more: { readonly settings?: Record<string, unknown> } = {}) => {
		const model = await makeModel({ script });
		const home = makeHome({ model, ...more, env: { FLAGSHIP_SET: "gates.workLog=off", FLAGSHIP_ORCHESTRATOR: "cap" } });
		execFileSync("git", ["init", "-q"], { cwd: home.work, env: home.env });
		execFileSync("git", ["commit", "-q", "--allow-empty", "-m", "begin"], { cwd: home.work, env: home.env });
		const of = (agent: string) => model.requests.filter(({ key }) => key === agent);
		return { model, home, of };
	};
	const start = (home: Home) => new RpcPi(pi, home, { args: ["-e", PACKAGE] });

	test("alone, without lieutenant, task or notice, nothing is added to a request", async () => {
		const { model, home } = await begin({ default: { text: "hello" } });
		const orchestrator = start(home);
		await orchestrator.prompt("[[agent:orc]] hello");
		// Until the daemons, which this session has started, have answered.
		const silent = async () => {
			await orchestrator.prompt("hello again");
			return stateOf(model.requests.at(-1) ?? { body: {} }) === undefined;
		};
		await until(silent, "a request without state", 30_000);
		expect(await silent()).toBe(true);
		expect(model.requests.map(stateOf).filter((state) => state !== undefined && !state.includes("not known"))).toEqual(
			[],
		);
		await orchestrator.stop();
	});

	test("killed and started again, it has fleet and open tasks with its first request", async () => {
		const { home, of } = await begin({
			agents: {
				orc: [give("ada", { task: "Find the answer" }), { text: "I wait." }, { text: "heard" }],
				back: { after: { text: "I am back" } },
				ada: { after: { text: "The answer is 42." } },
			},
		});
		const first = start(home);
		first.send({ type: "prompt", message: "[[agent:orc]] go" });
		await until(() => of("orc").length >= 3, "the notice", 40_000);
		await first.wait("agent_settled");
		first.kill();
		await until(() => first.ended, "its end");

		const second = start(home);
		await second.prompt("[[agent:back]] what was I doing?");
		const state = stateOf(of("back")[0] ?? { body: {} });
		expect(state).toMatch(new RegExp(`^ ● ada  local  idle  \\$\\d+\\.\\d\\d  ${ULID}$`, "m"));
		expect(state).toMatch(/^ tasks {2}1 open$/m);
		expect(state).toMatch(new RegExp(`^ ${ULID} in_progress Find the answer @ada$`, "m"));
		expect(Buffer.byteLength(state ?? "")).toBeLessThanOrEqual(STATE_MAX);
		await second.stop();
	});

	test("what was told while no session was there is unread, and in the state until it is in the conversation", async () => {
		const { model, home, of } = await begin({
			agents: {
				orc: [give("ada", { task: "Find the answer" }), { text: "I wait." }],
				ada: [{ hold: "later", text: "The answer is 42." }],
				back: { after: { text: "I am back" } },
			},
			default: { text: "noted" },
		});
		const first = start(home);
		await first.prompt("[[agent:orc]] go");
		first.kill();
		await until(() => first.ended, "its end");
		model.release("later");
		await until(async () => /ada\s.*idle/.test(await flagship(home, "status")), "ada's end", 30_000);

		// A printed run keeps notices back until its own prompt is answered.
		await printPi(pi, home, "[[agent:back]] what was I doing?", { args: ["-e", PACKAGE] });
		const [asked, later] = of("back");
		expect(stateOf(asked ?? { body: {} })).toMatch(
			/^ notices {2}1 on the way into this conversation\n ★ ada finished/m,
		);
		expect(lastSaid(later)).toContain("ada finished");
		expect(stateOf(later ?? { body: {} })).not.toContain("notices");
	});

	test("compacted by hand and in the middle of a run, it has both with the next request, once", async () => {
		const { model, home, of } = await begin(
			{
				rules: [
					summarizer("the summary"),
					{ last: "and now?", toolCalls: [{ name: "bash", arguments: { command: "echo one" } }] },
					{
						last: "/^one\\s*$/",
						toolCalls: [{ name: "bash", arguments: { command: "echo 2" } }],
						usage: { prompt: 120_000 },
					},
				],
				agents: {
					orc: [give("ada", { task: "Find the answer" }), { text: "I wait." }, { text: "heard" }, { text: "here" }],
					ada: { after: { text: "The answer is 42." } },
				},
				default: { text: "and on" },
			},
			{ settings: { compaction: { enabled: true, reserveTokens: 16_384, keepRecentTokens: 1 } } },
		);
		const orchestrator = start(home);
		orchestrator.send({ type: "prompt", message: "[[agent:orc]] go" });
		await until(() => of("orc").length >= 3, "the notice", 40_000);
		await orchestrator.wait("agent_settled");
		await orchestrator.prompt("[[agent:orc]] still there?");
		await orchestrator.get("compact");
		const compacted = (reason: string) => (record: PiRecord) =>
			record.type === "compaction_end" && record.reason === reason && record.aborted !== true;
		await orchestrator.wait(compacted("manual"));
		const afterManual = model.requests.length;
		const mark = orchestrator.records.length;
		await orchestrator.prompt("and now?");
		await orchestrator.wait(compacted("threshold"), mark);
		const later = model.requests
			.slice(afterManual)
			.filter(({ system }) => !system.includes("context summarization assistant"));
		expect(later.length).toBeGreaterThanOrEqual(2);
		for (const request of later) {
			const state = stateOf(request);
			expect(state).toMatch(/^ ● ada {2}local {2}idle/m);
			expect(state).toMatch(/in_progress Find the answer @ada/);
			expect(state).not.toContain("notices");
			expect(JSON.stringify(request.body).split(STATE_TAG)).toHaveLength(2);
		}
		expect(JSON.stringify(later.at(-1)?.body)).toContain("the summary");
		const entries = JSON.stringify(await orchestrator.get("get_entries"));
		expect(entries).not.toContain(STATE_TAG);
		await orchestrator.stop();
	});

	test("compacted because its context was too long, it goes on with fleet, tasks and what was told meanwhile", async () => {
		const tooLong = { error: { status: 400, message: "prompt is too long: 200000 tokens > 128000 maximum" } };
		const { model, home } = await begin(
			{
				rules: [{ ...summarizer("the summary"), hold: "summary" }],
				agents: {
					orc: [give("ada", { task: "Find the answer" }), { text: "I wait." }, tooLong],
					ada: [{ text: "The answer is 42.", hold: "answer" }],
				},
				default: { text: "here" },
			},
			{ settings: { compaction: { enabled: true, reserveTokens: 16_384, keepRecentTokens: 1 } } },
		);
		const orchestrator = start(home);
		await orchestrator.prompt("[[agent:orc]] go");
		const answer = orchestrator.prompt("[[agent:orc]] and now?");
		await orchestrator.wait((record) => record.type === "compaction_start" && record.reason === "overflow");
		model.release("answer");
		await until(async () => /ada\s.*idle/.test(await flagship(home, "status")), "ada's end", 30_000);
		const before = model.requests.length;
		model.release("summary");
		expect(await answer).toBe("here");
		const asked = model.requests.slice(before).find((request) => stateOf(request) !== undefined);
		expect(JSON.stringify(asked?.body)).toContain("the summary");
		const state = stateOf(asked ?? { body: {} });
		expect(state).toMatch(/^ ● ada {2}local {2}idle/m);
		expect(state).toMatch(/in_progress Find the answer @ada/);
		expect(state).toMatch(/^ notices {2}1 on the way into this conversation\n ★ ada finished/m);
		const told = () => model.requests.some((request) => lastSaid(request).includes("ada finished"));
		await until(told, "the notice in the conversation");
		expect(stateOf(model.requests.at(-1) ?? { body: {} })).not.toContain("notices");
		await orchestrator.stop();
	});

	test("with the hub away a request does not wait, and one line says so", async () => {
		const model = await makeModel({ script: { default: { text: "fine" } } });
		const home = makeHome({
			model,
			env: { FLAGSHIP_SET: "gates.workLog=off", VERS_INFRA_URL: "http://127.0.0.1:9", VERS_AUTH_TOKEN: "t" },
		});
		const orchestrator = start(home);
		await orchestrator.prompt("one");
		await until(
			async () => {
				await orchestrator.prompt("more");
				return stateOf(model.requests.at(-1) ?? { body: {} })?.split("\n").length === 4;
			},
			"one line",
			30_000,
		);
		const state = stateOf(model.requests.at(-1) ?? { body: {} }) ?? "";
		expect(state).toContain(" tasks  not known  (The hub at http://127.0.0.1:9 does not answer.)");
		await orchestrator.stop();
	});

	test("the provider's cache ends before the state", async () => {
		const { model, home } = await begin({
			agents: { orc: [give("ada"), { text: "made" }] },
			default: { text: "fine" },
		});
		const first = start(home);
		await first.prompt("[[agent:orc]] go");
		await first.stop();
		const bodies: string[] = [];
		const server = createServer((request, response) => {
			request.setEncoding("utf8");
			let body = "";
			request.on("data", (text: string) => {
				body += text;
			});
			request.on("end", () => {
				bodies.push(body);
				response.writeHead(400, { "content-type": "application/json" });
				response.end('{"type":"error","error":{"type":"invalid_request_error","message":"no"}}');
			});
		});
		afterAll(() => server.close());
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		const address = server.address();
		const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
		const models = JSON.parse(readFileSync(join(home.agent, "models.json"), "utf8"));
		models.providers.claude = { ...models.providers.fake, baseUrl: url, api: "anthropic-messages" };
		writeFileSync(join(home.agent, "models.json"), JSON.stringify(models));
		await printPi(pi, home, "what now?", { args: ["-e", PACKAGE, "--model", "claude/fake"] });
		const { messages } = JSON.parse(bodies[0] ?? "{}");
		expect(messages.map((message: unknown) => /cache_control/.test(JSON.stringify(message)))).toEqual([true, false]);
		expect(JSON.stringify(messages[0])).toContain("what now?");
		expect(JSON.stringify(messages[1])).toContain(STATE_TAG);
		expect(model.requests.length).toBeGreaterThan(0);
	});

	/** Lasts until `ahead` is moved. */
	const night = async (script: Script) => {
		const { model, home, of } = await begin(script);
		const folder = daemonHome(home);
		let ahead = 0;
		const hub = await machineHub(folder);
		await machineHost(folder, () => ahead);
		const world = realWorld();
		const admin = createClient({ world, version: "0.1.0", resolve: () => ({ url: hub.address, token: hub.token }) });
		afterAll(() => admin.close());
		const sleep = () => {
			ahead += 9 * HOUR;
		};
		return { model, home, of, admin, sleep };
	};

	const worked: Script = {
		agents: {
			orc: [give("ada", { task: "Find the answer" }), { text: "I wait." }, { text: "heard" }],
			ada: { after: { text: "The answer is 42.", usage: { prompt: 400_000, completion: 5_000 } } },
		},
		default: { text: "good morning" },
	};

	const HEAD = / brief {2}1 done {4}\$\d+\.\d\d {4}away 9h00m/;

	test("the first prompt after a night shows what was done and spent, once; the model sees it as well", async () => {
		const { home, of, admin, model, sleep } = await night(worked);
		const evening = start(home);
		evening.send({ type: "prompt", message: "[[agent:orc]] go" });
		await until(() => of("orc").length >= 3, "the notice", 40_000);
		await evening.wait("agent_settled");
		const { tasks } = await admin.call(board.list, {});
		await admin.call(review.approve, { taskId: tasks[0]?.id ?? "" });
		sleep();
		const from = evening.records.length;
		await evening.prompt("[[agent:morning]] good morning");
		const shown = await evening.wait((record) => briefIn(record) !== undefined, from);
		const brief = briefIn(shown) ?? "";
		expect(brief).toMatch(HEAD);
		expect(brief).toContain(` ✓ ${tasks[0]?.id} Find the answer  @ada`);
		// 400,000 tokens at 1 dollar a million, 5,000 at 2.
		expect(brief).toMatch(/^ \$ ada \$0\.41/m);
		const morning = model.requests.filter(({ key }) => key === "morning");
		expect(JSON.stringify(morning[0]?.body)).toContain("brief  1 done");
		const again = evening.records.length;
		await evening.prompt("and now?");
		expect(evening.records.slice(again).map(briefIn).filter(Boolean)).toEqual([]);
		// Asked for, it still tells of the night.
		await evening.get("prompt", { message: "/brief" });
		expect(briefIn(await evening.wait((record) => briefIn(record) !== undefined, again))).toMatch(/ {4}away 9h/);
		await evening.stop();

		sleep();
		await admin.call(board.create, { title: "Ask a person", assignee: "cap", status: "in_review" });
		const printed = await printPi(pi, home, "hello", { args: ["-e", PACKAGE] });
		expect(printed.stderr).toMatch(/ brief {2}1 needs you {4}\$\d+\.\d\d {4}away 9h/);
		expect(printed.stderr).toMatch(new RegExp(` \\? ${ULID} Ask a person  @cap  waits for review`));
		expect(printed.stdout).toBe("good morning\n");
		expect(await flagship(home, "brief")).toMatch(/^ brief {2}1 needs you/);
		await flagship(home, "lt", "destroy", "ada");
	});

	test.skipIf(missingTmux() !== undefined)("in the terminal it is on the screen", { timeout: 120_000 }, async () => {
		const { home, of, admin, sleep } = await night(worked);
		const evening = start(home);
		evening.send({ type: "prompt", message: "[[agent:orc]] go" });
		await until(() => of("orc").length >= 3, "the notice", 40_000);
		await evening.wait("agent_settled");
		await evening.stop();
		const { tasks } = await admin.call(board.list, {});
		await admin.call(review.approve, { taskId: tasks[0]?.id ?? "" });
		sleep();
		const terminal = new Terminal(pi, home);
		await terminal.shows("fleet: 1 idle");
		terminal.type("good morning");
		await terminal.shows(HEAD);
		await terminal.shows(`✓ ${tasks[0]?.id} Find the answer`);
		terminal.end();
		await flagship(home, "lt", "destroy", "ada");
	});
});

const lastSaid = (request: { readonly last: string } | undefined): string => request?.last ?? "";

/** What the command prints. Not synchronously: hub and host may live in this process. */
async function flagship(home: Home, ...words: string[]): Promise<string> {
	const command = [join(PACKAGE, "bin", "flagship.mjs"), ...words];
	const { code, stdout, stderr } = await realWorld().spawn.run(process.execPath, command, {
		cwd: home.work,
		env: home.env,
	});
	expect(code, stderr).toBe(0);
	return stdout;
}

/** The brief in a record of pi, however it came: with the prompt, or by itself. */
function briefIn(record: PiRecord): string | undefined {
	const message: unknown = record.type === "message_start" ? record.message : undefined;
	if (Reflect.get(Object(message), "customType") !== "flagship-brief") return undefined;
	return String(Reflect.get(Object(message), "content"));
}
