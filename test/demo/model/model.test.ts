import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { Reading } from "../../../src/demo/model/choose.ts";
import { describeRequest } from "../../../src/demo/model/request.ts";
import { spawn } from "../../../src/world/spawn.ts";
import { makeFolder } from "../../support/folder.ts";
import { makeModel, type Script, summarizer } from "../../support/model.ts";
import { until } from "../../support/until.ts";

type Message = { role: string; content: unknown };

/** What the tests read of an answer, whole or in pieces. */
interface Delta {
	readonly content?: string | null;
	readonly reasoning_content?: string;
	readonly tool_calls?: readonly { readonly index?: number; readonly function: { readonly arguments: string } }[];
}
interface Completion {
	readonly choices: readonly {
		readonly message: Delta;
		readonly delta: Delta;
		readonly finish_reason: string | null;
	}[];
	readonly usage?: unknown;
}
const completion = async (response: Response): Promise<Completion> => JSON.parse(await response.text());

const user = (content: string): Message => ({ role: "user", content });
const assistant = (content: string): Message => ({ role: "assistant", content });

const model = await makeModel();

function ask(messages: readonly Message[], more: object = {}): Promise<Response> {
	const body = JSON.stringify({ model: "fake", messages, ...more });
	return fetch(`${model.url}/chat/completions`, { method: "POST", body, signal: AbortSignal.timeout(10_000) });
}

/** The text of a whole answer under a fresh script. */
async function texts(script: Script, ...requests: readonly (readonly Message[])[]): Promise<unknown[]> {
	model.setScript(script);
	const answers: unknown[] = [];
	for (const messages of requests) {
		const answer = await completion(await ask(messages));
		answers.push(answer.choices[0]?.message.content);
	}
	return answers;
}

/** The records of a streamed answer, without the mark of its end. */
async function stream(
	messages: readonly Message[],
	more: object = {},
): Promise<{ records: Completion[]; done: boolean }> {
	const text = await (await ask(messages, { stream: true, ...more })).text();
	const lines = text.split("\n\n").filter((line) => line !== "");
	const done = lines.at(-1) === "data: [DONE]";
	return { records: lines.filter((line) => line !== "data: [DONE]").map((line) => JSON.parse(line.slice(6))), done };
}

describe("choosing a step", () => {
	test("without a script it echoes", async () => {
		expect(await texts({}, [user("hello")])).toEqual(["echo: hello"]);
	});

	test("an agent's steps follow one another, repeat, and end in its last word", async () => {
		const script: Script = {
			agents: { a: { steps: [{ text: "1" }, { text: "2", repeat: 2 }], after: { text: "end" } } },
		};
		const turn = [user("[[agent:a]] go")];
		expect(await texts(script, turn, turn, turn, turn, turn)).toEqual(["1", "2", "2", "end", "end"]);
	});

	test("a step that repeats forever hides those after it", async () => {
		const script: Script = { agents: { a: [{ text: "1" }, { text: "on", repeat: "forever" }, { text: "never" }] } };
		const turn = [user("[[agent:a]]")];
		expect(await texts(script, turn, turn, turn)).toEqual(["1", "on", "on"]);
	});

	test("by turns the place follows from the conversation alone", async () => {
		const script: Script = { agents: { a: { cursor: "turns", steps: [{ text: "first" }, { text: "second" }] } } };
		const begun = [user("[[agent:a]]"), assistant("first"), user("and?")];
		expect(await texts(script, begun, begun, [user("[[agent:a]]")])).toEqual(["second", "second", "first"]);
	});

	test("the last marker names the agent, then the model id, then the star", () => {
		const known = { fake: [] };
		expect(describeRequest({ model: "fake", messages: [user("[[agent:a]] [[agent:b]]")] }, known).key).toBe("b");
		expect(describeRequest({ model: "fake", messages: [user("x")] }, known).key).toBe("fake");
		expect(describeRequest({ model: "other", messages: [user("x")] }, known).key).toBe("*");
	});

	test("a rule comes first, is not used up, and leaves an agent's steps alone", async () => {
		const script: Script = {
			rules: [summarizer("in short"), { user: "/^pin+g$/i", text: "pong ${n}" }],
			agents: { a: [{ text: "1" }, { text: "2" }] },
		};
		const summary = [{ role: "system", content: "You are a context summarization assistant." }, user("[[agent:a]]")];
		const turn = [user("[[agent:a]]")];
		const said = await texts(script, turn, summary, summary, turn, [user("PINNG")]);
		expect(said.slice(0, 4)).toEqual(["1", "in short", "in short", "2"]);
		expect(said[4]).toMatch(/^pong \d+$/);
	});

	test("a rule may look at the last message alone, whoever said it", async () => {
		const script: Script = { rules: [{ last: "not logged", text: "I log" }], default: { text: "else" } };
		const result = { role: "tool", tool_call_id: "c", content: "Logged." };
		expect(await texts(script, [user("not logged")], [user("not logged"), result])).toEqual(["I log", "else"]);
	});

	test("an answer may hold what a pattern finds in the conversation", async () => {
		const script: Script = { default: { text: "<${/task (\\w{3})/}> <${/nothing (\\w)/}>" } };
		const result = { role: "tool", tool_call_id: "c", content: "ada has task 01B." };
		expect(await texts(script, [user("task 01A"), result])).toEqual(["<01B> <>"]);
	});

	test("every pattern of a rule must fit", () => {
		const reading = new Reading({
			rules: [{ key: "a", system: "S", any: "tool!", text: "x" }],
			default: { text: "d" },
		});
		const messages = [
			{ role: "system", content: "S" },
			user("[[agent:a]]"),
			{ role: "tool", content: [{ text: "tool!" }] },
		];
		expect(reading.choose(describeRequest({ messages })).from).toBe("rule");
		expect(reading.choose(describeRequest({ messages: messages.slice(0, 2) })).from).toBe("default");
	});
});

describe("answering", () => {
	test("a stream carries thinking, text and tool calls in chunks, and usage at its end", async () => {
		const call = { name: "bash", arguments: { command: "echo ${last}" } };
		model.setScript({
			default: {
				thinking: "hm",
				text: "héllo 👋👋",
				toolCalls: [call],
				chunkChars: 7,
				usage: { prompt: 9, cached: 4 },
			},
		});
		const { records, done } = await stream([user("all")]);
		const deltas = records.flatMap((record) => record.choices.map((choice) => choice.delta));
		expect(deltas.map((delta) => delta.reasoning_content ?? "").join("")).toBe("hm");
		expect(deltas.map((delta) => delta.content ?? "").join("")).toBe("héllo 👋👋");
		const calls = deltas.flatMap((delta) => delta.tool_calls ?? []);
		expect(calls[0]).toMatchObject({ index: 0, type: "function", function: { name: "bash", arguments: "" } });
		expect(JSON.parse(calls.map((each) => each.function.arguments).join(""))).toEqual({ command: "echo all" });
		expect(records.at(-2)?.choices[0]?.finish_reason).toBe("tool_calls");
		expect(records.at(-1)?.usage).toMatchObject({ prompt_tokens: 9, prompt_tokens_details: { cached_tokens: 4 } });
		expect(done).toBe(true);
	});

	test("usage is left out for who does not want it", async () => {
		model.setScript({});
		const { records } = await stream([user("x")], { stream_options: { include_usage: false } });
		expect(records.every((record) => record.usage === undefined)).toBe(true);
	});

	test("an error has its status, its type and its patience", async () => {
		model.setScript({ default: { error: { status: 429, message: "slow down", retryAfter: 3 } } });
		const answer = await ask([user("x")]);
		expect(answer.status).toBe(429);
		expect(answer.headers.get("retry-after")).toBe("3");
		expect(await answer.json()).toEqual({ error: { message: "slow down", type: "rate_limit_error", code: null } });
	});

	test("a cut stream breaks after its text, a hanging one sends headers only", async () => {
		model.setScript({ agents: { cut: [{ text: "half", cut: true }], hang: [{ hang: true }] } });
		await expect(stream([user("[[agent:cut]]")])).rejects.toThrow();
		const cancel = new AbortController();
		const body = JSON.stringify({ model: "fake", stream: true, messages: [user("[[agent:hang]]")] });
		const answer = await fetch(`${model.url}/chat/completions`, { method: "POST", body, signal: cancel.signal });
		expect(answer.status).toBe(200);
		cancel.abort();
		await expect(answer.text()).rejects.toThrow();
	});

	test("broken arguments are sent as they are", async () => {
		model.setScript({ default: { toolCalls: [{ name: "x", arguments: '{"a":"trunc' }] } });
		const answer = await completion(await ask([user("x")]));
		expect(answer.choices[0]?.message.tool_calls?.[0]?.function.arguments).toBe('{"a":"trunc');
	});

	test("what is no request is refused, and the server goes on", async () => {
		const broken = await fetch(`${model.url}/chat/completions`, { method: "POST", body: "{" });
		expect(broken.status).toBe(400);
		expect((await fetch(`${model.url}/nothing`)).status).toBe(404);
		expect(await texts({}, [user("still here")])).toEqual(["echo: still here"]);
	});
});

test("the log holds a line for each request, with what answered and whether it was as expected", async () => {
	const log = join(makeFolder(), "requests.jsonl");
	const logged = await makeModel({ log, keep: 2, script: { agents: { "*": [{ text: "a", expect: "yes" }] } } });
	for (const content of ["oh yes", "no", "more"]) {
		const body = JSON.stringify({ model: "m", messages: [user(content)], tools: [{ function: { name: "bash" } }] });
		await (await fetch(`${logged.url}/chat/completions`, { method: "POST", body })).text();
	}
	const lines = readFileSync(log, "utf8").trimEnd().split("\n");
	expect(lines.map((line) => JSON.parse(line).from)).toEqual(["*#0", "echo", "echo"]);
	expect(JSON.parse(lines[0] ?? "")).toMatchObject({
		n: 1,
		expectOk: true,
		tools: ["bash"],
		roles: "user",
		last: "oh yes",
	});
	expect(logged.requests.map((request) => request.last)).toEqual(["no", "more"]);
});

test("a held step answers once it is released, and only answers that went out whole are counted", async () => {
	const fresh = await makeModel({
		script: {
			agents: {
				a: [
					{ hold: "later", text: "now" },
					{ cut: true, text: "x" },
				],
			},
		},
	});
	const say = async (stream: boolean): Promise<string> => {
		const body = JSON.stringify({ model: "a", messages: [user("x")], stream });
		return (await fetch(`${fresh.url}/chat/completions`, { method: "POST", body })).text();
	};
	const held = say(false);
	await until(() => fresh.requests.length === 1, "the request");
	expect(fresh.spent).toBe(0);
	fresh.release("later");
	expect(JSON.parse(await held).choices[0].message.content).toBe("now");
	const spent = fresh.requests[0]?.usage?.total_tokens;
	expect(fresh.spent).toBe(spent);
	await expect(say(true)).rejects.toThrow();
	expect(fresh.spent).toBe(spent);
});

test("as a program it says where it listens, takes another script, and ends on SIGTERM", async () => {
	const folder = makeFolder();
	const script = join(folder, "script.json");
	writeFileSync(script, JSON.stringify({ default: { text: "one" } }));
	const program = fileURLToPath(new URL("../../../src/demo/model/main.ts", import.meta.url));
	const stdout = join(folder, "out");
	const args = [program, "--script", script];
	const child = spawn.detached({
		command: process.execPath,
		args,
		cwd: folder,
		env: {},
		stdin: null,
		stdout,
		stderr: null,
	});
	try {
		const { url } = await until(() => JSON.parse(readFileSync(stdout, "utf8")), "the ready line");
		const say = async (): Promise<unknown> => {
			const body = JSON.stringify({ messages: [user("x")] });
			const answer = await completion(await fetch(`${url}/chat/completions`, { method: "POST", body }));
			return answer.choices[0]?.message.content;
		};
		expect(await say()).toBe("one");
		await fetch(new URL("/__script", url), { method: "POST", body: JSON.stringify({ default: { text: "two" } }) });
		expect(await say()).toBe("two");
		spawn.kill(child, "SIGTERM");
		await until(() => !spawn.alive(child), "its end");
	} finally {
		spawn.kill(child, "SIGKILL");
	}
});
