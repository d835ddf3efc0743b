/** The steer ladder through real pi: nobody says hard, and it lands all the same. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, expect, test } from "vitest";
import type { Message } from "../../src/contract/lieutenants.ts";
import { type Home, makeHome } from "../support/home.ts";
import { TestHost } from "../support/host.ts";
import { makeModel, type Rule, type Step, summarizer } from "../support/model.ts";
import { describeEachPi } from "../support/pi.ts";
import { until } from "../support/until.ts";

const hosts: TestHost[] = [];
afterEach(() => {
	for (const host of hosts.splice(0)) host.end();
});

const sleep: Step = { toolCalls: [{ name: "bash", arguments: { command: "sleep 60" } }] };
const read: Step = { toolCalls: [{ name: "read", arguments: { path: "a.txt" } }], delayMs: 200 };
const hang: Step = { hang: true };
const HARDENED = "not consumed in 3 s, so it was made hard";

/** What its host keeps for the hub of answers that were cut off. */
function estimates(home: Home): readonly unknown[] {
	const store = new DatabaseSync(join(home.flagship, "host", "host.db"), { readOnly: true });
	try {
		const rows = store.prepare("select input from spool where operation = 'usage.estimate'").all();
		return rows.map(({ input }) => JSON.parse(String(input)));
	} finally {
		store.close();
	}
}

await describeEachPi("a steer lands", (pi) => {
	/** A lieutenant in the middle of its first steps. */
	const begin = async (agent: object, more: { rules?: readonly Rule[]; settings?: Record<string, unknown> } = {}) => {
		const { rules = [], settings = {} } = more;
		const model = await makeModel({ script: { agents: { ada: agent }, rules } });
		const home = makeHome({ model, settings });
		mkdirSync(home.flagship, { recursive: true, mode: 0o700 });
		writeFileSync(join(home.flagship, "settings.json"), JSON.stringify({ bounds: { steerSeconds: 3 } }));
		writeFileSync(join(home.work, "a.txt"), "words\n");
		const host = new TestHost(home, pi);
		hosts.push(host);
		await host.start();
		const { id } = await host.create({ name: "ada" });
		await host.send("ada", "first-words");
		await until(() => model.requests.length > 0, "the first request", 30_000);
		const steer = async (text: string): Promise<string> => (await host.send("ada", text, { mode: "steer" })).message.id;
		const ended = async (steerId: string): Promise<Message | undefined> =>
			(await host.quiet("ada", 50_000)).find((message) => message.id === steerId);
		return { home, host, id, model, steer, ended };
	};

	test("while bash sleeps, made hard under its own id; and two at once", async () => {
		const { host, steer, ended } = await begin({ steps: [sleep], after: { text: "steered" } });
		await until(async () => (await host.status("ada"))?.tool !== undefined, "ada in a tool", 20_000);
		const [one, two] = [await steer("steer-one"), await steer("steer-two")];
		expect(await ended(one)).toMatchObject({ receipt: "consumed", mode: "steer", because: HARDENED });
		expect(await ended(two)).toMatchObject({ receipt: "consumed", mode: "steer" });
	});

	test("in a tool loop, by itself", async () => {
		const { steer, ended } = await begin({ steps: [{ ...read, repeat: 8 }], after: { text: "steered" } });
		expect(await ended(await steer("steer-one"))).toMatchObject({ receipt: "consumed" });
	});

	test("hard, in a pi that is frozen: by the one that takes its place", async () => {
		const { home, host, id, ended } = await begin({ steps: [sleep], after: { text: "steered" } });
		await until(async () => (await host.status("ada"))?.tool !== undefined, "ada in a tool", 20_000);
		const life = JSON.parse(readFileSync(join(home.flagship, "lieutenants", id, "life.json"), "utf8"));
		process.kill(life.process.pid, "SIGSTOP");
		const { message } = await host.send("ada", "steer-one", { mode: "steer", hard: true });
		expect((await ended(message.id))?.receipt).toBe("consumed");
		expect((await host.status("ada"))?.lives).toBe(2);
	});

	test("answered with a long tool, which goes on: it is consumed, and neither made hard nor stopped", async () => {
		const { host, steer, ended } = await begin(
			{ steps: [{ ...read, repeat: 40 }], after: { text: "never" } },
			{ rules: [{ last: "steer-one", ...sleep }] },
		);
		const message = await ended(await steer("steer-one"));
		expect(message).toMatchObject({ receipt: "consumed" });
		expect(message?.because).toBeUndefined();
		expect((await host.status("ada"))?.tool).toBe("bash sleep 60");
	});

	test("in a stream that hangs", async () => {
		const { steer, ended } = await begin({ steps: [hang], after: { text: "steered" } });
		expect(await ended(await steer("steer-one"))).toMatchObject({ receipt: "consumed", because: HARDENED });
	});

	/** Its second request fills the context, so that pi compacts before the third; the summary waits to be let go. */
	const compacting = async () => {
		const filling: Step = { ...read, usage: { prompt: 120_000 } };
		const on = await begin(
			{ steps: [read, filling], after: { text: "steered" } },
			{
				rules: [{ ...summarizer("the summary"), hold: "summary" }],
				settings: { compaction: { enabled: true, reserveTokens: 16_384, keepRecentTokens: 1 } },
			},
		);
		await until(() => on.model.requests.some(({ from }) => from === "rule"), "the compaction", 20_000);
		return on;
	};

	test("in a compaction, by itself once that is over", async () => {
		const { model, steer, ended } = await compacting();
		const [one, two] = [await steer("steer-one"), await steer("steer-two")];
		model.release("summary");
		for (const id of [one, two]) expect(await ended(id)).toMatchObject({ receipt: "consumed", attempts: 1 });
	});

	test("in a compaction that hangs", async () => {
		const { home, host, model, steer, ended } = await compacting();
		const one = await steer("steer-one");
		await until(async () => (await host.messages("ada")).find(({ id }) => id === one)?.because, "the hard steer");
		model.release("summary");
		expect(await ended(one)).toMatchObject({ receipt: "consumed", because: HARDENED });
		// What the summary took stands in no session: it is estimated.
		expect(estimates(home)).toMatchObject([{ request: expect.stringMatching(/^summary after /), cutBy: "abort" }]);
	});

	const failing: Step = { error: { status: 429, message: "429 rate limit exceeded" } };

	test("in the pause before a retry, by itself when that is short", async () => {
		const { steer, ended } = await begin(
			{ steps: [failing], after: { text: "steered" } },
			{ settings: { retry: { baseDelayMs: 1_500 } } },
		);
		const [one, two] = [await steer("steer-one"), await steer("steer-two")];
		for (const id of [one, two]) expect(await ended(id)).toMatchObject({ receipt: "consumed" });
	});

	test("in the pause before a retry that is long", async () => {
		const { steer, ended } = await begin(
			{ steps: [failing], after: { text: "steered" } },
			{ settings: { retry: { baseDelayMs: 600_000, maxAgentDelayMs: 600_000 } } },
		);
		const [one, two] = [await steer("steer-one"), await steer("steer-two")];
		expect(await ended(one)).toMatchObject({ receipt: "consumed", because: HARDENED });
		expect(await ended(two)).toMatchObject({ receipt: "consumed" });
	});

	test("or its lieutenant is stopped and reported, and the steer says that it is lost", async () => {
		const { home, host, id, steer, ended } = await begin({ steps: [], after: hang });
		const lost = await steer("steer-one");
		const row = await host.state("ada", "stopped", 40_000);
		expect(row.reason).toMatch(/^a steer not consumed in 6 s, 0 files → report r\w{3}$/);
		expect((await ended(lost))?.receipt).toBe("lost");
		expect(readdirSync(join(home.flagship, "lieutenants", id, "reports"))).toHaveLength(1);
		await until(() => host.notices.some((notice) => notice.type === "limit"), "the notice");
	});

	test("or that, where every compaction hangs", async () => {
		const { host, steer, ended } = await compacting();
		const lost = await steer("steer-one");
		expect((await host.state("ada", "stopped", 40_000)).reason).toMatch(/^a steer not consumed in 6 s, /);
		expect((await ended(lost))?.receipt).toBe("lost");
	});
});
